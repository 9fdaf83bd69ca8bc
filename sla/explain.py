"""A clock in words: where it stands, and the spans that add up to its deadline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from lib.templatetags.ui import human_seconds, working_time
from sla import breakdown, hours, spans
from sla.breakdown import Piece
from sla.durations import spoken
from sla.models import CalendarVersion, Clock, State

KINDS = {
    spans.RUNNING: "Counted",
    spans.PAUSED: "Paused",
    spans.CLOSED: "Closed",
    spans.EARLIER: "Not counted, as the target changed later",
}


@dataclass(frozen=True)
class Step:
    """One span: what happened, who did it, and how much working time it used (seconds)."""

    begin: datetime
    end: datetime | None
    kind: str
    cause: str
    by: str
    seconds: float


@dataclass(frozen=True)
class Standing:
    """A clock as the ticket's page shows it. `due` and `warn` only while it runs."""

    clock: Clock
    state: str
    text: str
    due: datetime | None
    warn: datetime | None
    target: str
    steps: Sequence[Step]
    used: float

    @property
    def left(self) -> float:
        """Seconds of working time left; negative when over."""
        return (self.clock.target or 0) - self.used


def standing(clock: Clock, now: datetime, calendar: hours.Calendar | None = None) -> Standing:
    """Everything about one clock with a target. The calendar comes with the clock (select_related)."""
    calendar = calendar or calendar_of(clock)
    steps = [step(span, calendar, now) for span in clock.spans]
    used = sum(one.seconds for one in steps) if clock.is_unfinished else clock.elapsed
    state, text = verdict(clock, used, now)
    running = clock.state == State.RUNNING
    always = bool(clock.calendar and clock.calendar.is_always)
    return Standing(
        clock=clock,
        state=state,
        text=text,
        due=clock.due_at if running else None,
        warn=clock.warn_at if running else None,
        target=spoken(clock.target or 0, around_the_clock=always),
        steps=steps,
        used=used,
    )


@dataclass(frozen=True)
class Explained:
    """A clock with every piece of its life: `pieces` for the table, `bars` for the picture, where `now_x` and `due_x`
    are places in it (None: outside)."""

    standing: Standing
    pieces: Sequence[Piece]
    bars: Sequence[Piece]
    now_x: float | None
    due_x: float | None

    @property
    def fell_due(self) -> datetime | None:
        """Its deadline, whether or not that has passed."""
        return self.standing.clock.breached_at or self.standing.clock.due_at

    @property
    def changes(self) -> list[dict[str, Any]]:
        """Each new target: {at, why, old, new}, the last two the deadlines before and after, or None."""
        return [
            {
                "at": datetime.fromisoformat(change["at"]),
                "why": change["why"],
                "old": change["from"]["due"] and datetime.fromisoformat(change["from"]["due"]),
                "new": change["to"]["due"] and datetime.fromisoformat(change["to"]["due"]),
            }
            for change in self.standing.clock.changes
        ]


def explained(clocks: "QuerySet[Clock]", now: datetime) -> list[Explained]:
    """Each clock with its pieces: two statements, however many clocks. Clocks come with their calendars."""
    rows = list(clocks)
    kept = versions_of(rows)
    return [explain(clock, calendar_of(clock, kept), now) for clock in rows]


def explain(clock: Clock, calendar: hours.Calendar, now: datetime) -> Explained:
    """One clock in the calendar that it was held to."""
    names = clock.calendar.holiday_names if clock.calendar else {}
    told = standing(clock, now, calendar)
    found = breakdown.pieces(clock, calendar, names, now)
    marks = [breakdown.place(found, at) for at in (now, clock.breached_at or clock.due_at)]
    return Explained(told, breakdown.shortened(found), breakdown.merged(found), *marks)


def versions_of(clocks: Sequence[Clock]) -> dict[tuple[int, int], CalendarVersion]:
    """The versions of calendars that these clocks were held to, where changed since: at most one statement."""
    old = {
        (clock.calendar_id, clock.calendar_version)
        for clock in clocks
        if clock.calendar and clock.calendar.version != clock.calendar_version
    }
    if not old:
        return {}
    rows = CalendarVersion.objects.filter(
        calendar__in={pk for pk, _ in old}, version__in={version for _, version in old}
    )
    return {(row.calendar_id, row.version): row for row in rows}


def calendar_of(clock: Clock, kept: Mapping[tuple[int, int], CalendarVersion] | None = None) -> hours.Calendar:
    """The calendar in the version that the clock was held to; `kept`: versions read already."""
    calendar = clock.calendar
    if calendar is None:
        return hours.Calendar.always()
    if calendar.version == clock.calendar_version:
        return calendar.as_hours()
    found = (versions_of([clock]) if kept is None else kept).get((calendar.pk, clock.calendar_version))
    return found.as_hours() if found else calendar.as_hours()


def step(span: spans.Span, calendar: hours.Calendar, now: datetime) -> Step:
    """One span in words and numbers."""
    begin = datetime.fromisoformat(span["from"])
    end = datetime.fromisoformat(span["to"]) if span["to"] else None
    counted = span["kind"] == spans.RUNNING and (end or now) > begin
    seconds = hours.elapsed(calendar, begin, end or now).total_seconds() if counted else 0.0
    return Step(begin, end, KINDS[span["kind"]], span["cause"], span.get("by", ""), seconds)


def verdict(clock: Clock, used: float, now: datetime) -> tuple[str, str]:
    """(the chip's state, its text)."""
    left = (clock.target or 0) - used
    if clock.state == State.CANCELLED:
        return "none", "Cancelled"
    if clock.state == State.STOPPED:
        if clock.breached_at is None:
            return "met", f"Met in {working_time(used)}"
        return "breached", f"Missed by {working_time(left)}" if left < 0 else "Missed"
    if clock.state == State.PAUSED:
        over = "over" if left < 0 else "left"
        return ("breached" if clock.breached_at else "paused"), f"Paused, {working_time(left)} {over}"
    if clock.due_at is None:
        return "none", "No working time"
    seconds = (clock.due_at - now).total_seconds()
    if seconds < 0:
        return "breached", f"{human_seconds(seconds)} overdue"
    warned = clock.warn_at is not None and clock.warn_at <= now
    return ("risk" if warned else "ok"), f"{human_seconds(seconds)} left"
