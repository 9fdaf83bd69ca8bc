"""Read a calendar as people and the API write it: {"tz", "hours", "holidays", "holidays_yearly", "overrides"}.

Overrides are the windows of single dates; a key MM-DD stands for that date of every year, unless one has its own.

Pure: plain values in, plain values and readable problems out. `sla.hours` does the arithmetic.
"""

import re
from calendar import isleap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

DAY = 86_400
FIRST_YEAR, LAST_YEAR = 1900, 2199  # beyond which nobody asks
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KEYS = ("tz", "hours", "holidays", "holidays_yearly", "overrides")

# (opens, closes) in seconds after local midnight; closes may pass DAY, into the next date.
Window = tuple[int, int]
Problem = tuple[str, str]

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_YEARLY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass
class Fields:
    """What could be read. `errors` make it unusable, `warnings` are legal and surely not meant."""

    tz: str = "UTC"
    hours: tuple[tuple[Window, ...], ...] = ((),) * 7
    holidays: frozenset[date] = frozenset()
    holidays_yearly: frozenset[tuple[int, int]] = frozenset()
    overrides: tuple[tuple[date, tuple[Window, ...]], ...] = ()
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def read(raw: object) -> Fields:
    """Read `raw`, never raising: whatever is wrong stands in `.errors` as (field, message)."""
    found = Fields()
    if not isinstance(raw, Mapping):
        found.errors.append(("hours", "A calendar is an object with a time zone and hours."))
        return found
    found.errors += [(str(key), f"Unknown field “{key}”.") for key in raw if key not in KEYS]
    found.tz = _read_zone(raw.get("tz", "UTC"), found)
    found.hours = _read_week(raw.get("hours") or {}, found)
    found.holidays = frozenset(_read_list(raw, "holidays", _as_date, found))
    found.holidays_yearly = frozenset(_read_list(raw, "holidays_yearly", _as_yearly, found))
    found.overrides = _read_overrides(raw.get("overrides") or {}, found)
    _look_for_surprises(found)
    return found


def closed_on(day: date, holidays: frozenset[date], yearly: frozenset[tuple[int, int]]) -> bool:
    """Is the date `day` a holiday, dated or yearly?"""
    return day in holidays or (day.month, day.day) in yearly


def as_text(second: int) -> str:
    """09:00 or 09:00:30; the end of the day is 24:00, later ends are the next morning's time."""
    second = second if second <= DAY else second - DAY
    hour, minute, rest = second // 3600, second // 60 % 60, second % 60
    return f"{hour:02}:{minute:02}" + (f":{rest:02}" if rest else "")


def _read_zone(value: object, found: Fields) -> str:
    try:
        ZoneInfo(value)  # type: ignore[arg-type]  # what a wrong type raises is caught below
    except (KeyError, ValueError, TypeError, AttributeError, OSError):
        found.errors.append(("tz", f"Unknown time zone “{str(value)[:60]}”. Use a name like Europe/Berlin."))
        return "UTC"
    return str(value)


def _read_week(value: object, found: Fields) -> tuple[tuple[Window, ...], ...]:
    if not isinstance(value, Mapping):
        found.errors.append(("hours", "Hours are an object of weekdays: mon, tue, wed, thu, fri, sat, sun."))
        return ((),) * 7
    found.errors += [("hours", f"Unknown weekday “{key}”.") for key in value if key not in WEEKDAYS]
    return tuple(_read_windows(value.get(day), f"hours.{day}", found) for day in WEEKDAYS)


def _read_windows(value: object, name: str, found: Fields) -> tuple[Window, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        found.errors.append((name, 'Write windows as a list: [["09:00", "17:00"]].'))
        return ()
    windows: list[Window] = []
    for pair in value:
        opens, closes = map(_as_second, pair) if isinstance(pair, list | tuple) and len(pair) == 2 else (None, None)
        if opens is None or closes is None or opens == DAY:
            found.errors.append((name, f"“{str(pair)[:60]}” is not a window such as 09:00 to 17:00."))
            continue
        windows.append((opens, closes if closes > opens else closes + DAY))
    windows.sort()
    for (opens, closes), (after, _) in zip(windows, windows[1:], strict=False):
        if after < closes:
            found.warnings.append(
                (name, f"{as_text(opens)}–{as_text(closes)} overlaps what opens at {as_text(after)}.")
            )
    return tuple(windows)


def _as_second(value: object) -> int | None:
    if value == "24:00":
        return DAY
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0) if match else None


def _as_date(value: object) -> date:
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError(value)
    return date.fromisoformat(value)


def _as_yearly(value: object) -> tuple[int, int]:
    match = _YEARLY.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError(value)
    day = date(2000, int(match[1]), int(match[2]))  # a leap year, so that 02-29 may be a holiday
    return day.month, day.day


def _read_list(raw: Mapping[Any, Any], name: str, read_one: Callable[[object], Any], found: Fields) -> list[Any]:
    value = raw.get(name) or []
    if not isinstance(value, list | tuple | set | frozenset):
        found.errors.append((name, "Write a list of dates."))
        return []
    dates = []
    for item in value:
        try:
            dates.append(read_one(item))
        except ValueError:
            shape = "MM-DD" if name == "holidays_yearly" else "YYYY-MM-DD"
            found.errors.append((name, f"“{str(item)[:60]}” is not a date written {shape}."))
    return dates


def _read_overrides(value: object, found: Fields) -> tuple[tuple[date, tuple[Window, ...]], ...]:
    if not isinstance(value, Mapping):
        found.errors.append(("overrides", "Write an object of dates: {“2026-12-24”: [[“09:00”, “12:00”]]}."))
        return ()
    days: dict[date, tuple[Window, ...]] = {}
    yearly: dict[tuple[int, int], tuple[Window, ...]] = {}
    for key, windows in value.items():
        try:
            if isinstance(key, str) and _YEARLY.fullmatch(key):
                yearly[_as_yearly(key)] = _read_windows(windows, f"overrides.{key}", found)
            else:
                days[_as_date(key)] = _read_windows(windows, f"overrides.{key}", found)
        except ValueError:
            found.errors.append(("overrides", f"“{str(key)[:60]}” is not a date written YYYY-MM-DD, or MM-DD."))
    return tuple(sorted({**_each_year(yearly, found), **days}.items()))


def _each_year(yearly: Mapping[tuple[int, int], tuple[Window, ...]], found: Fields) -> dict[date, tuple[Window, ...]]:
    """The dates that windows of every year stand for. A dated holiday closes that year's; a yearly one contradicts."""
    days = {}
    for (month, day), windows in yearly.items():
        if windows and (month, day) in found.holidays_yearly:
            found.warnings.append(("overrides", f"{month:02}-{day:02} is also closed every year. Keep one of the two."))
        for year in range(FIRST_YEAR, LAST_YEAR + 1):
            if (month, day) != (2, 29) or isleap(year):
                days[date(year, month, day)] = windows
    return {day: windows for day, windows in days.items() if not closed_on(day, found.holidays, found.holidays_yearly)}


def _look_for_surprises(found: Fields) -> None:
    for day, windows in found.overrides:
        if windows and closed_on(day, found.holidays, found.holidays_yearly):
            found.warnings.append(
                ("overrides", f"{day} is also a holiday, and a holiday closes the whole date. Keep one of the two.")
            )
    if not found.errors and not any(found.hours) and not any(windows for _, windows in found.overrides):
        found.warnings.append(("hours", "There is no working time at all, so no deadline would ever fall due."))
