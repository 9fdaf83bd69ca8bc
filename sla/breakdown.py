"""How a deadline adds up: a clock's spans cut by its calendar, piece by piece, each with the total so far.

The pieces follow each other without gaps from the clock's start to its deadline (or to now, or to its end, whichever
comes last), and what is counted in them until the deadline is the target, to the microsecond.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sla import hours, preview, spans
from sla.calendar_fields import closed_on
from sla.models import Clock, State

COUNTED, SHUT = "counted", "shut"  # parts of a running span; a span of another kind is one piece of that kind
LONGEST = 120  # pieces told one by one
WIDTH = 1_000  # units of the picture


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one kind. `seconds`: of working time that count, `total`: with all before; `ahead`: still to come;
    `over`: after the deadline. `x` and `width` are its place in the picture."""

    begin: datetime
    end: datetime
    kind: str
    why: str
    seconds: float
    by: str = ""
    total: float = 0
    ahead: bool = False
    over: bool = False
    x: float = 0
    width: float = 0


def pieces(clock: Clock, calendar: hours.Calendar, names: Mapping[str, str], now: datetime) -> list[Piece]:
    """Every piece of a clock's life. `names`: what is celebrated on closed dates (ISO date or MM-DD)."""
    due = clock.breached_at or clock.due_at
    last = ending(clock, due, now)
    found: list[Piece] = []
    for span in clock.spans:
        begin = datetime.fromisoformat(span["from"])
        end = min(datetime.fromisoformat(span["to"]) if span["to"] else last, last)
        if end <= begin:
            continue
        if span["kind"] == spans.RUNNING:
            found += counted(calendar, names, begin, end, cuts=[at for at in (now, due) if at is not None])
        else:
            found.append(Piece(begin, end, span["kind"], span["cause"], 0, by=span.get("by", "")))
    return placed(found, now=now, due=due)


def ending(clock: Clock, due: datetime | None, now: datetime) -> datetime:
    """Until when there is something to tell: a running clock also of what is to come, a finished one until it ended."""
    if clock.state == State.RUNNING:
        return max(due, now) if due is not None else now
    if clock.stopped_at is not None:
        return clock.stopped_at
    if clock.state == State.CANCELLED and clock.spans and clock.spans[-1]["to"] is None:
        return datetime.fromisoformat(clock.spans[-1]["from"])
    return now


def counted(
    calendar: hours.Calendar, names: Mapping[str, str], begin: datetime, end: datetime, *, cuts: Iterable[datetime]
) -> list[Piece]:
    """A running span by local dates, cut at these instants too; neighbours that say the same are one."""
    edges = sorted({begin, *(at for at in cuts if begin < at < end)}) + [end]
    found: list[Piece] = []
    for start, stop in zip(edges, edges[1:], strict=False):
        joined: list[Piece] = []
        for piece in by_day(calendar, names, start, stop):
            before = joined[-1] if joined else None
            if before and (before.kind, before.why) == (piece.kind, piece.why) and is_plain(before) and is_plain(piece):
                joined[-1] = replace(before, end=piece.end, seconds=before.seconds + piece.seconds)
            else:
                joined.append(piece)
        found += joined
    return found


def is_plain(piece: Piece) -> bool:
    """All of it counts, or none of it."""
    return piece.kind == SHUT or piece.seconds == (piece.end - piece.begin).total_seconds()


def by_day(calendar: hours.Calendar, names: Mapping[str, str], begin: datetime, end: datetime) -> Iterator[Piece]:
    """One piece for each local date between two instants."""
    zone, at = ZoneInfo(calendar.tz), begin.astimezone(UTC)
    while at < end:
        day = at.astimezone(zone).date()
        # Compared in UTC: two readings of one zone would be compared by the wall clock.
        midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        until = min(midnight, end.astimezone(UTC))
        seconds = hours.elapsed(calendar, at, until).total_seconds()
        if seconds == (until - at).total_seconds():
            yield Piece(at, until, COUNTED, "Working time", seconds)
        elif seconds:
            open_at = preview.stretches(calendar, at, until)
            told = ", ".join(preview.words(opens, closes, midnight, zone) for opens, closes in open_at)
            yield Piece(at, until, COUNTED, told, seconds)
        else:
            yield Piece(at, until, SHUT, why_shut(calendar, names, at.astimezone(zone), midnight), 0)
        at = until


def why_shut(calendar: hours.Calendar, names: Mapping[str, str], local: datetime, midnight: datetime) -> str:
    """Why nothing counts on the rest of a local date."""
    day = local.date()
    if closed_on(day, calendar.holidays, calendar.holidays_yearly):
        return names.get(day.isoformat()) or names.get(f"{day:%m-%d}") or "Holiday"
    whole = hours.elapsed(calendar, datetime.combine(day, time(), local.tzinfo).astimezone(UTC), midnight)
    return "Outside working hours" if whole else "Closed all day"


def placed(found: Sequence[Piece], *, now: datetime, due: datetime | None) -> list[Piece]:
    """The pieces with their totals, and their places in a picture whose width is the time they take."""
    if not found:
        return []
    first, whole = found[0].begin, (found[-1].end - found[0].begin).total_seconds()
    total, done = 0.0, []
    for piece in found:
        total += piece.seconds
        done.append(
            replace(
                piece,
                total=total,
                ahead=piece.begin >= now,
                over=due is not None and piece.begin >= due,
                x=round(WIDTH * (piece.begin - first).total_seconds() / whole, 2),
                width=round(WIDTH * (piece.end - piece.begin).total_seconds() / whole, 2),
            )
        )
    return done


def shortened(found: Sequence[Piece], longest: int = LONGEST) -> list[Piece]:
    """The pieces for a table: of very many, those in the middle as one that says how many they are."""
    if len(found) <= longest:
        return list(found)
    head, middle, tail = found[: longest // 2], found[longest // 2 : -longest // 2], found[-longest // 2 :]
    seconds = sum(piece.seconds for piece in middle)
    why = f"{len(middle)} more stretches"
    return [*head, replace(middle[-1], begin=middle[0].begin, kind=COUNTED, why=why, by="", seconds=seconds), *tail]


def merged(found: Sequence[Piece], thinnest: float = 0.4) -> list[Piece]:
    """The bars of the picture: neighbours of one look are one, and what is too thin to see joins the bar before it."""
    bars: list[Piece] = []
    for piece in found:
        before = bars[-1] if bars else None
        same = before and (before.kind, before.ahead, before.over) == (piece.kind, piece.ahead, piece.over)
        if before and (same or piece.width < thinnest):
            bars[-1] = replace(before, end=piece.end, width=round(piece.x + piece.width - before.x, 2))
        else:
            bars.append(piece)
    return bars


def place(found: Sequence[Piece], at: datetime | None) -> float | None:
    """Where an instant is in the picture; None when it is outside."""
    if at is None or not found or not found[0].begin <= at <= found[-1].end:
        return None
    whole = (found[-1].end - found[0].begin).total_seconds()
    return round(WIDTH * (at - found[0].begin).total_seconds() / whole, 2)
