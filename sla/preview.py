"""The next days of a calendar, as its editor shows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sla import hours
from sla.models import Calendar


@dataclass(frozen=True)
class Day:
    """A local date: when the desk is open, for how many seconds, and what is celebrated."""

    date: date
    windows: tuple[str, ...]
    seconds: int
    holiday: str


def days(calendar: Calendar, first: date, count: int = 14) -> Iterator[Day]:
    """The dates from `first` on. Raises hours.CalendarError."""
    table, zone = calendar.as_hours(), ZoneInfo(calendar.zone)
    yearly = {str(day) for day in calendar.yearly}
    for number in range(count):
        day = first + timedelta(days=number)
        begin, end = (datetime.combine(day + timedelta(days=n), time(), zone) for n in (0, 1))
        text = day.isoformat()
        closed = text in calendar.holidays or f"{day:%m-%d}" in yearly
        yield Day(
            date=day,
            windows=tuple(stretches(table, begin, end, zone)),
            seconds=hours.between(table, begin, end),
            holiday=calendar.holiday_names.get(text, "Closed") if closed else "",
        )


def stretches(table: hours.Calendar, begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[str]:
    """ "09:00–17:00" for each open stretch between two instants."""
    at: datetime | None = begin
    while at is not None and at < end:
        after = hours.next_change(table, at)
        if hours.is_working(table, at):
            stop = end if after is None or after >= end else after
            closes = "24:00" if stop == end else f"{stop.astimezone(zone):%H:%M}"
            yield f"{at.astimezone(zone):%H:%M}–{closes}"
        at = after
