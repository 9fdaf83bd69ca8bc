"""Promises that were not kept, one by one: by how much, and whether they still are not. And what was given a new target
late enough to look like a way out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from sla import hours, spans
from sla.compliance import Window
from sla.models import Calendar, CalendarVersion, Clock, State

CHUNK = 500
LATE_SHOWN = 20
CONTEXT = ("ticket__team", "ticket__site", "ticket__organisation")
# What a row shows, and nothing else: tickets and clocks are wide, and a file has tens of thousands.
SHOWN = (
    "obligation", "cycle", "severity", "state", "target", "elapsed", "spans", "calendar", "calendar_version", "reason",
    "policy_version", "started_at", "stopped_at", "due_at", "breached_at", "settled_at", "ticket__subject",
    "ticket__team__name", "ticket__site__name", "ticket__organisation__name",
)  # fmt: skip


@dataclass(frozen=True)
class Miss:
    """A clock with the working seconds by which its target was passed, up to now when it still runs. 0 for one whose
    breach was recorded under an earlier target."""

    clock: Clock
    over_by: float

    @property
    def at(self) -> datetime | None:
        """When it fell due."""
        return self.clock.breached_at or self.clock.due_at

    @property
    def is_open(self) -> bool:
        return self.clock.state != State.STOPPED


def listed(clocks: QuerySet[Clock]) -> QuerySet[Clock]:
    """In the order of a list: the newest first."""
    return clocks.select_related(*CONTEXT).only(*SHOWN).order_by(Coalesce("settled_at", "due_at").desc(), "-id")


def misses(clocks: Iterable[Clock], now: datetime) -> list[Miss]:
    """With what they are over by: two statements at most, for the calendars of those that still run."""
    rows = list(clocks)
    calendars = calendars_of(rows)
    return [Miss(clock, over_by(clock, calendars, now)) for clock in rows]


def over_by(clock: Clock, calendars: dict[tuple[int | None, int], hours.Calendar], now: datetime) -> float:
    used = clock.elapsed
    if clock.state == State.RUNNING:
        calendar = calendars[clock.calendar_id, clock.calendar_version]
        used = spans.used(calendar, clock.spans, now=now).total_seconds()
    return max(used - (clock.target or 0), 0.0)


@dataclass(frozen=True)
class Late:
    """A clock that was given a new target late, with the targets before and after (seconds; None: nothing promised)."""

    clock: Clock
    why: str
    before: int | None
    after: int | None


def late_targets(window: Window) -> tuple[int, list[Late]]:
    """(how many, the newest of them): two statements."""
    clocks = window.pressed
    rows = clocks.select_related("ticket", "ticket__team").order_by("-pressed_at", "-id")[:LATE_SHOWN]
    return clocks.count(), [late(clock) for clock in rows]


def late(clock: Clock) -> Late:
    at = clock.pressed_at.isoformat() if clock.pressed_at else ""
    change: dict[str, Any] = next((one for one in reversed(clock.changes) if one["at"] == at), {})
    before, after = change.get("from", {}), change.get("to", {})
    return Late(clock, change.get("why", ""), before.get("target"), after.get("target"))


def calendars_of(clocks: Sequence[Clock]) -> dict[tuple[int | None, int], hours.Calendar]:
    """(calendar, version) -> hours, of the clocks that run: in force, or as it was when the clock was held to it."""
    wanted = {(clock.calendar_id, clock.calendar_version) for clock in clocks if clock.state == State.RUNNING}
    if not wanted:
        return {}
    rows = Calendar.objects.in_bulk([pk for pk, _ in wanted if pk])
    found: dict[tuple[int | None, int], hours.Calendar] = {
        (pk, number): rows[pk].as_hours() for pk, number in wanted if pk
    }
    old = Q()
    for pk, number in found:
        if pk and rows[pk].version != number:
            old |= Q(calendar=pk, version=number)
    if old:
        found |= {(row.calendar_id, row.version): row.as_hours() for row in CalendarVersion.objects.filter(old)}
    return found


def outcome(clock: Clock) -> str:
    """met, missed, or open late: of a clock that counts in a window."""
    if clock.state == State.STOPPED:
        return "missed" if clock.breached_at else "met"
    return "open late"


HEAD = [
    "ticket", "subject", "obligation", "cycle", "severity", "team", "site", "organisation", "outcome", "target seconds",
    "used seconds", "over by seconds", "started", "stopped", "fell due", "policy", "policy version",
]  # fmt: skip


def table(window: Window, most: int) -> Iterable[list[Any]]:
    """Every clock that counts in the window, as rows of a file, streamed; HEAD names the columns."""
    clocks = listed(window.clocks)[:most].iterator(chunk_size=CHUNK)
    while chunk := list(islice(clocks, CHUNK)):
        yield from map(row, misses(chunk, window.now))


def row(miss: Miss) -> list[Any]:
    clock, ticket = miss.clock, miss.clock.ticket
    return [
        clock.ticket_id, ticket.subject, clock.obligation, clock.cycle, f"P{clock.severity}", ticket.team.name,
        ticket.site.name if ticket.site else None, ticket.organisation.name if ticket.organisation else None,
        outcome(clock), clock.target, round(clock.elapsed), round(miss.over_by), clock.started_at,
        clock.stopped_at, miss.at, clock.reason, clock.policy_version,
    ]  # fmt: skip
