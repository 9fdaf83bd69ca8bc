"""A calendar as its editor shows it: the week as a picture, and the days to come, also as an edit would have them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sla import hours
from sla.calendar_fields import DAY, Window

COMING = 30  # days
UNIT = 300  # seconds to a unit of the picture: a day is 288 wide


@dataclass(frozen=True)
class Bar:
    """An open stretch of a day's picture, in its units."""

    x: float
    width: float


@dataclass(frozen=True)
class Day:
    """A local date: when the desk is open, for how many seconds, what is celebrated, and what it was before an edit."""

    date: date
    windows: tuple[str, ...]
    bars: tuple[Bar, ...]
    seconds: int
    holiday: str
    before: str = ""


def days(definition: dict[str, Any], names: Mapping[str, str], first: date, count: int = COMING) -> Iterator[Day]:
    """The dates from `first` on. Raises hours.CalendarError."""
    table, zone = hours.Calendar.from_dict(definition), ZoneInfo(definition["tz"])
    for number in range(count):
        day = first + timedelta(days=number)
        begin, end = (datetime.combine(day + timedelta(days=n), time(), zone) for n in (0, 1))
        found = list(stretches(table, begin, end))
        closed = hours.closed_on(day, table.holidays, table.holidays_yearly)
        yield Day(
            date=day,
            windows=tuple(words(opens, closes, end, zone) for opens, closes in found),
            bars=tuple(bar(wall(opens, zone), DAY if closes >= end else wall(closes, zone)) for opens, closes in found),
            seconds=hours.between(table, begin, end),
            holiday=names.get(day.isoformat()) or names.get(f"{day:%m-%d}") or ("Closed" if closed else ""),
        )


def compared(after: Sequence[Day], before: Sequence[Day]) -> list[Day]:
    """The days of an edit, each that it changes with what it was."""
    return [
        Day(**{**vars(new), "before": ", ".join(old.windows) or "closed"}) if new.windows != old.windows else new
        for new, old in zip(after, before, strict=True)
    ]


def stretches(table: hours.Calendar, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Each open stretch between two instants."""
    at: datetime | None = begin
    while at is not None and at < end:
        after = hours.next_change(table, at)
        if hours.is_working(table, at):
            yield at, end if after is None else min(after, end)
        at = after


def words(opens: datetime, closes: datetime, end: datetime, zone: ZoneInfo) -> str:
    """ "09:00–17:00"."""
    return f"{opens.astimezone(zone):%H:%M}–{'24:00' if closes >= end else f'{closes.astimezone(zone):%H:%M}'}"


def wall(at: datetime, zone: ZoneInfo) -> int:
    """Seconds after midnight by the wall clock."""
    local = at.astimezone(zone)
    return local.hour * 3600 + local.minute * 60 + local.second


def bar(opens: int, closes: int) -> Bar:
    return Bar(opens / UNIT, (closes - opens) / UNIT)


def week(windows: Sequence[Sequence[Window]]) -> list[list[Bar]]:
    """The bars of Monday to Sunday; what runs past midnight goes on the next morning, from Sunday to Monday too."""
    bars: list[list[Bar]] = [[bar(opens, min(closes, DAY)) for opens, closes in day] for day in windows]
    for number, day in enumerate(windows):
        bars[(number + 1) % 7] += [bar(0, closes - DAY) for _, closes in day if closes > DAY]
    return bars
