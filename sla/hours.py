"""Working-time arithmetic: which instants are working time, how many seconds lie between two, when n have passed.

Pure: neither Django nor Celery. An instant counts when its reading on the calendar's own wall clock lies in an opening
window [open, close) and its local date is not closed. What is counted is real elapsed time: the lost hour of spring
counts nothing, the doubled hour of autumn counts twice. A target that ends exactly at closing time is due right then.

Each calendar keeps a table per year of its open stretches in UTC with running totals, so a question is a few binary
searches however long the span. Instants before 1900 or after 2199 are taken as those edges.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sla import calendar_fields
from sla.calendar_fields import DAY, WEEKDAYS, Problem, Window, as_text, closed_on

_SECOND = 1_000_000  # instants are whole microseconds since 1970, so nothing is ever rounded in between
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_MICROSECOND = timedelta(microseconds=1)


class CalendarError(ValueError):
    """A calendar that cannot be read; `.problems` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in problems))
        self.problems = problems


@dataclass(frozen=True)
class Calendar:
    """When a desk works. `hours` holds seven tuples of (opens, closes) in seconds after local midnight, Monday first;
    a window whose end passes 24:00 runs into the next date. A holiday closes its local date and nothing but that: the
    tail of the evening before too, not the tail that its own evening has on the next date. An override replaces the
    windows that begin on one date; an empty one closes the date like a holiday."""

    tz: str
    hours: tuple[tuple[Window, ...], ...]
    holidays: frozenset[date] = frozenset()
    holidays_yearly: frozenset[tuple[int, int]] = frozenset()
    overrides: tuple[tuple[date, tuple[Window, ...]], ...] = ()

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "Calendar":
        """The calendar that `raw` describes; equal ones share one object and its tables. Raises CalendarError."""
        return _from_json(json.dumps(raw, default=str))

    @classmethod
    def always(cls) -> "Calendar":
        """Around the clock, every day."""
        return cls(tz="UTC", hours=(((0, DAY),),) * 7)

    def to_dict(self) -> dict[str, Any]:
        """The description that `from_dict` reads back."""
        return {
            "tz": self.tz,
            "hours": {day: _texts(windows) for day, windows in zip(WEEKDAYS, self.hours, strict=True) if windows},
            "holidays": [day.isoformat() for day in sorted(self.holidays)],
            "holidays_yearly": [f"{month:02}-{day:02}" for month, day in sorted(self.holidays_yearly)],
            "overrides": {day.isoformat(): _texts(windows) for day, windows in self.overrides},
        }

    @cached_property
    def table(self) -> "_Table":
        """The open stretches of each year asked for so far."""
        return _Table(self)


def problems(raw: object) -> list[Problem]:
    """Whatever must be put right before `raw` is saved as a calendar, as (field, message); empty when all is well."""
    found = calendar_fields.read(raw)
    return found.errors + found.warnings


def add(calendar: Calendar, start: datetime, seconds: float) -> datetime | None:
    """The earliest instant by which `seconds` of working time have passed since `start`, in UTC; None when the calendar
    never gives that much. Negative seconds count back, to the latest instant from which so much passes to `start`."""
    table, begin, amount = calendar.table, _micros(start), round(seconds * _SECOND)
    if table.empty:
        return None
    if amount == 0:
        return start.astimezone(UTC)
    found = _forward(table, begin, amount) if amount > 0 else _backward(table, begin, -amount)
    return None if found is None else _EPOCH + timedelta(microseconds=found)


def elapsed(calendar: Calendar, begin: datetime, end: datetime) -> timedelta:
    """Working time between two instants, exact to the microsecond; negative when `end` comes first.
    Sum spans with this and round once, at the end."""
    return timedelta(microseconds=_elapsed(calendar.table, _micros(begin), _micros(end)))


def between(calendar: Calendar, begin: datetime, end: datetime) -> int:
    """Whole seconds of working time between two instants, a begun second left out; negative when `end` comes first."""
    amount = _elapsed(calendar.table, _micros(begin), _micros(end))
    return amount // _SECOND if amount >= 0 else -(-amount // _SECOND)


def is_working(calendar: Calendar, at: datetime) -> bool:
    """Is `at` working time?"""
    instant = _micros(at)
    stretch = calendar.table.year(_year_of(instant))
    index = bisect_right(stretch.opens, instant) - 1
    return index >= 0 and instant < stretch.closes[index]


def next_change(calendar: Calendar, after: datetime) -> datetime | None:
    """The first instant after `after` at which working time begins or ends, in UTC; None when it never does again."""
    instant, working = _micros(after), is_working(calendar, after)
    if calendar.table.empty:
        return None
    for number in range(_year_of(instant), _LAST_YEAR + 1):
        year = calendar.table.year(number)
        if working:
            index = bisect_right(year.closes, instant)
            joined = bool(year.opens) and year.opens[0] == _new_year(number)
            if number > _year_of(instant) and not joined:
                return _EPOCH + timedelta(microseconds=_new_year(number))
            if year.closes[index] < _new_year(number + 1):
                return _EPOCH + timedelta(microseconds=year.closes[index])
        else:
            index = bisect_right(year.opens, instant)
            if index < len(year.opens):
                return _EPOCH + timedelta(microseconds=year.opens[index])
    return None


class _Year(NamedTuple):
    """Open stretches of one UTC year in microseconds since 1970, cut at its ends. `before[i]` is the working time of
    the year before stretch i, and its last item the whole year's."""

    opens: list[int]
    closes: list[int]
    before: list[int]

    def worked(self, instant: int) -> int:
        """Working time from the start of the year to `instant`, which lies in it."""
        index = bisect_right(self.opens, instant)
        if index == 0:
            return 0
        return self.before[index - 1] + min(instant, self.closes[index - 1]) - self.opens[index - 1]


class _Table:
    """A calendar's years, each made when first asked for. Two threads may make the same year: they make it equal."""

    def __init__(self, calendar: Calendar) -> None:
        self.zone = ZoneInfo(calendar.tz)
        self.hours = calendar.hours
        self.holidays, self.yearly = calendar.holidays, calendar.holidays_yearly
        self.overrides = dict(calendar.overrides)
        self.empty = not any(calendar.hours) and not any(self.overrides.values())
        self.years: dict[int, _Year] = {}

    def year(self, number: int) -> _Year:
        made = self.years.get(number)
        if made is None:
            made = self.years[number] = self._make(number)
        return made

    def _make(self, number: int) -> _Year:
        opens: list[int] = []
        closes: list[int] = []
        for begin, end, offset in self._offsets(number):
            for day in range((begin + offset) // DAY, (end + offset - 1) // DAY + 1):
                shift = day * DAY - offset
                for start, stop in self._windows(date.fromordinal(_EPOCH_DAY + day)):
                    first, last = max(start + shift, begin) * _SECOND, min(stop + shift, end) * _SECOND
                    if first >= last:
                        continue
                    if closes and closes[-1] == first:
                        closes[-1] = last
                    else:
                        opens.append(first)
                        closes.append(last)
        before = [0]
        for first, last in zip(opens, closes, strict=True):
            before.append(before[-1] + last - first)
        return _Year(opens, closes, before)

    def _windows(self, day: date) -> list[Window]:
        """The windows of one local date, cut to it, in order and without overlap; the evening before reaches in."""
        if self._closed(day):
            return []
        yesterday = day - timedelta(days=1)
        found = [(start, min(stop, DAY)) for start, stop in self._own(day)]
        found += [(0, stop - DAY) for _, stop in self._own(yesterday) if stop > DAY]
        if len(found) < 2:
            return found
        found.sort()
        merged = found[:1]
        for start, stop in found[1:]:
            if start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
            else:
                merged.append((start, stop))
        return merged

    def opens_on(self, day: date) -> bool:
        """Does a window begin on this local date?"""
        return bool(self._own(day)) and not self._closed(day)

    def _own(self, day: date) -> tuple[Window, ...]:
        windows = self.overrides.get(day)
        return self.hours[day.weekday()] if windows is None else windows

    def _closed(self, day: date) -> bool:
        return closed_on(day, self.holidays, self.yearly) or self.overrides.get(day) == ()

    def _offsets(self, number: int) -> Iterator[tuple[int, int, int]]:
        """The year cut where the zone changes its offset: (begin, end, offset), seconds since 1970 and seconds."""
        begin, end = _new_year(number) // _SECOND, _new_year(number + 1) // _SECOND
        offset = self._offset(begin)
        for midnight in range(begin, end, DAY):
            later = self._offset(midnight + DAY)
            if later == offset:
                continue
            low, high = midnight, midnight + DAY
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if self._offset(middle) == offset else (low, middle)
            yield begin, high, offset
            begin, offset = high, later
        if begin < end:
            yield begin, end, offset

    def _offset(self, second: int) -> int:
        shift = datetime.fromtimestamp(second, self.zone).utcoffset()
        return shift.days * DAY + shift.seconds if shift is not None else 0


def _elapsed(table: _Table, begin: int, end: int) -> int:
    if end < begin:
        return -_elapsed(table, end, begin)
    if table.empty:
        return 0
    first, last = _year_of(begin), _year_of(end)
    amount = table.year(last).worked(end) - table.year(first).worked(begin)
    for number in range(first, last):
        amount += table.year(number).before[-1]
    return amount


def _forward(table: _Table, begin: int, amount: int) -> int | None:
    number = _year_of(begin)
    wanted = amount + table.year(number).worked(begin)
    while wanted > table.year(number).before[-1]:
        wanted -= table.year(number).before[-1]
        number += 1
        if number > _LAST_YEAR:
            return None
    year = table.year(number)
    index = bisect_left(year.before, wanted) - 1  # the stretch in which the last second passes
    return year.opens[index] + wanted - year.before[index]


def _backward(table: _Table, end: int, amount: int) -> int | None:
    number = _year_of(end)
    left = table.year(number).worked(end) - amount  # working time of the year before the instant sought
    while left < 0:
        number -= 1
        if number < _FIRST_YEAR:
            return None
        left += table.year(number).before[-1]
    year = table.year(number)
    index = bisect_right(year.before, left) - 1
    return year.opens[index] + left - year.before[index]


@lru_cache(maxsize=1024)
def _new_year(number: int) -> int:
    return (date(number, 1, 1).toordinal() - _EPOCH_DAY) * DAY * _SECOND


def _year_of(instant: int) -> int:
    return (_EPOCH + timedelta(microseconds=instant)).year


def _micros(at: datetime) -> int:
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone.")
    instant = (at - _EPOCH) // _MICROSECOND
    return min(max(instant, _new_year(_FIRST_YEAR)), _new_year(_LAST_YEAR + 1) - 1)


def _texts(windows: tuple[Window, ...]) -> list[list[str]]:
    return [[as_text(opens), as_text(closes)] for opens, closes in windows]


@lru_cache(maxsize=256)
def _from_json(text: str) -> Calendar:
    found = calendar_fields.read(json.loads(text))
    if found.errors:
        raise CalendarError(found.errors)
    return Calendar(found.tz, found.hours, found.holidays, found.holidays_yearly, found.overrides)
