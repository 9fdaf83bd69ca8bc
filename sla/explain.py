"""A clock in words: where it stands, and the spans that add up to its deadline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lib.templatetags.ui import human_seconds
from sla import hours, spans
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


def standing(clock: Clock, now: datetime) -> Standing:
    """Everything about one clock with a target. The calendar comes with the clock (select_related)."""
    calendar = calendar_of(clock)
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


def calendar_of(clock: Clock) -> hours.Calendar:
    """The calendar in the version that the clock was held to."""
    calendar = clock.calendar
    if calendar is None:
        return hours.Calendar.always()
    if calendar.version == clock.calendar_version:
        return calendar.as_hours()
    kept = CalendarVersion.objects.filter(calendar=calendar, version=clock.calendar_version).first()
    return kept.as_hours() if kept else calendar.as_hours()


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
            return "met", f"Met in {human_seconds(used)}"
        return "breached", f"Missed by {human_seconds(left)}" if left < 0 else "Missed"
    if clock.state == State.PAUSED:
        over = "over" if left < 0 else "left"
        return ("breached" if clock.breached_at else "paused"), f"Paused, {human_seconds(left)} {over}"
    if clock.due_at is None:
        return "none", "No working time"
    seconds = (clock.due_at - now).total_seconds()
    if seconds < 0:
        return "breached", f"{human_seconds(seconds)} overdue"
    warned = clock.warn_at is not None and clock.warn_at <= now
    return ("risk" if warned else "ok"), f"{human_seconds(seconds)} left"
