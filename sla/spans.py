"""What a clock has lived through, and the two questions that follow: how much time is used, and when is it all used up.

Pure: neither Django nor Celery. A clock's life is an ordered list of spans without gaps; only running ones count. They
are kept as JSON: {"from": ISO instant, "to": ISO instant or None (still), "kind", "cause", "actor": user id or None,
"by": name}.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sla import hours
from sla.hours import Calendar

RUNNING, PAUSED, CLOSED = "running", "paused", "closed"
EARLIER = "earlier"  # ran, but under a target that a new one has replaced from its change on: does not count

Span = dict[str, Any]
Actor = tuple[int, str]  # id and name, as it was then


def begin(kind: str, *, at: datetime, cause: str, actor: Actor | None = None) -> Span:
    """A span that still lasts."""
    pk, name = actor or (None, "")
    return {"from": at.isoformat(), "to": None, "kind": kind, "cause": cause, "actor": pk, "by": name}


def turn(spans: Sequence[Span], kind: str, *, at: datetime, cause: str, actor: Actor | None = None) -> list[Span]:
    """The spans after the clock turned to `kind`; unchanged when it already was. A span of no length is dropped."""
    if spans and spans[-1]["to"] is None and spans[-1]["kind"] == kind:
        return list(spans)
    return [*end(spans, at=at), begin(kind, at=at, cause=cause, actor=actor)]


def end(spans: Sequence[Span], *, at: datetime) -> list[Span]:
    """The spans with the last one ended at `at`. A span of no length is dropped, unless it is the only one."""
    if not spans or spans[-1]["to"] is not None:
        return list(spans)
    ended = [*spans[:-1], {**spans[-1], "to": at.isoformat()}]
    return ended[:-1] if len(ended) > 1 and ended[-1]["from"] == ended[-1]["to"] else ended


def afresh(spans: Sequence[Span], *, at: datetime, cause: str) -> list[Span]:
    """The spans once all until now has ceased to count: what still lasts goes on from `at` as a span of its own."""
    last = spans[-1] if spans and spans[-1]["to"] is None else None
    before = [{**span, "kind": EARLIER} if span["kind"] == RUNNING else span for span in end(spans, at=at)]
    if last is None:
        return before
    if before and before[-1]["from"] == before[-1]["to"]:
        before.pop()
    return [*before, {**last, "from": at.isoformat(), "cause": cause}]


def counted_from(spans: Sequence[Span], otherwise: datetime) -> datetime:
    """From when the target counts: the first span that does."""
    return next((start for start, _ in running(spans)), otherwise)


def running(spans: Sequence[Span]) -> Iterator[tuple[datetime, datetime | None]]:
    """(from, to) of the spans that count; to is None for one that still lasts."""
    for span in spans:
        if span["kind"] == RUNNING:
            yield datetime.fromisoformat(span["from"]), datetime.fromisoformat(span["to"]) if span["to"] else None


def used(calendar: Calendar, spans: Sequence[Span], *, now: datetime | None = None) -> timedelta:
    """Working time used, exact; a span that still lasts counts up to `now`, or not at all without it."""
    total = timedelta()
    for start, stop in running(spans):
        stop = stop or now
        if stop is not None and stop > start:
            total += hours.elapsed(calendar, start, stop)
    return total


def instant(calendar: Calendar, spans: Sequence[Span], seconds: float) -> datetime | None:
    """The first instant at which `seconds` are used, if the last span goes on; None when they never are."""
    left = timedelta(seconds=seconds)
    for start, stop in running(spans):
        if stop is not None:
            spent = hours.elapsed(calendar, start, stop)
            if spent < left:
                left -= spent
                continue
        return hours.add(calendar, start, left.total_seconds())
    return None
