"""Targets in working days: how much working time lies before the same time of the nth working day after, or its close.

Pure: neither Django nor Celery. A working day is a local date on which a window opens. The first one is the date of the
start if that is a working day, else the next; from there `days` working days are counted on. Said in working time, so
that pauses move it as they move every target.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sla import hours
from sla.hours import Calendar

# A calendar that opens on no date within so many has no working day to count.
REACH = 3 * 366


def seconds_of(calendar: Calendar, start: datetime, days: int, *, end_of_day: bool = False) -> int | None:
    """Seconds of working time from `start`; None when there are no such days."""
    zone = ZoneInfo(calendar.tz)
    local = start.astimezone(zone)
    first = working_day(calendar, local.date())
    last = first and count_on(calendar, first, days)
    if first is None or last is None:
        return None
    if end_of_day:
        close = midnight(last + timedelta(days=1), zone)
        return hours.between(calendar, start, close)
    at = local.time() if first == local.date() else time()  # no time of day to keep: from opening to opening
    return hours.between(calendar, start, datetime.combine(last, at, zone).astimezone(UTC))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local date begins."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def working_day(calendar: Calendar, day: date) -> date | None:
    """This date, or the first after it on which a window opens."""
    for number in range(REACH):
        found = day + timedelta(days=number)
        if calendar.table.opens_on(found):
            return found
    return None


def count_on(calendar: Calendar, day: date, days: int) -> date | None:
    """The date that many working days later."""
    found: date | None = day
    for _ in range(days):
        found = working_day(calendar, found + timedelta(days=1)) if found else None
    return found
