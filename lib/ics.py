"""Calendar files (iCalendar, RFC 5545) as plain occurrences: what happens between two dates, each day of a series by
itself. Reads what strangers publish, so size, number and recurrence are limited, and time is.

Recurrence is worked out by recurring-ical-events; a rule that could keep it busy for ever is refused before it sees it.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

MAX_BYTES = 512 * 1024
MAX_EVENTS = 2_000
MAX_OCCURRENCES = 1_000
SECONDS = 2.0  # of a processor, for working out series; one more may be under way
EARLIEST, LATEST = 1900, 2199
ASKED = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "WKST"}
# Whatever a library makes of a file that was written to break it. Nothing else is done within the try.
BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, ArithmeticError, RecursionError)


class UnreadableCalendar(ValueError):
    """The file is not one that can be read; the message says why, to whoever chose it."""


@dataclass(frozen=True)
class Occurrence:
    """From `begin` to `end` (excluded): dates for whole days, else instants of the zone asked for. `yearly` is the
    (month, day) of a whole day that comes back every year, for ever."""

    title: str
    begin: date
    end: date
    yearly: tuple[int, int] | None = None

    @property
    def is_whole_days(self) -> bool:
        return not isinstance(self.begin, datetime)


@dataclass
class Reading:
    """What a file holds. `left_out`: what could not be used, in words."""

    occurrences: list[Occurrence] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def read(raw: bytes, *, first: date, last: date, zone: ZoneInfo) -> Reading:
    """What happens from `first` to `last`, both included, in the order of time. Raises UnreadableCalendar."""
    if len(raw) > MAX_BYTES:
        raise UnreadableCalendar(f"The file is larger than {MAX_BYTES // 1024} KB.")
    found, until = Reading(), time.thread_time() + SECONDS
    for series in series_of(parsed(raw)):
        title = title_of(series[0])
        if time.thread_time() > until or len(found.occurrences) >= MAX_OCCURRENCES:
            found.left_out.append("The rest: the file holds too much. Import it in parts.")
            break
        try:
            found.occurrences += occurrences(series, first, last, zone)
        except UnreadableCalendar as problem:
            found.left_out.append(f"{title}: {problem}")
        except BROKEN:
            found.left_out.append(f"{title}: it cannot be read.")
    del found.occurrences[MAX_OCCURRENCES:]
    found.occurrences.sort(key=lambda one: (one.begin.isoformat()[:10], one.title))
    return found


def parsed(raw: bytes) -> list[Any]:
    """The events of the file, with what they need of it."""
    try:
        calendars = [one for one in icalendar.Calendar.from_ical(raw, multiple=True) if one.name == "VCALENDAR"]
        events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    except BROKEN:
        raise UnreadableCalendar("This is not a calendar file (.ics) that can be read.") from None
    if not calendars:
        raise UnreadableCalendar("This is not a calendar file (.ics).")
    if len(events) > MAX_EVENTS:
        raise UnreadableCalendar(f"The file has more than {MAX_EVENTS} events. Import it in parts.")
    return events


def series_of(events: list[Any]) -> Iterator[list[Any]]:
    """Events of one name (UID) belong together: changed and cancelled days of a series."""
    groups: dict[str, list[Any]] = {}
    for number, event in enumerate(events):
        groups.setdefault(str(event.get("UID") or number), []).append(event)
    yield from groups.values()


def occurrences(series: list[Any], first: date, last: date, zone: ZoneInfo) -> Iterator[Occurrence]:
    """One series between two dates. Raises UnreadableCalendar, or one of BROKEN."""
    for event in series:
        check(event)
    if len(series) == 1 and (yearly := yearly_of(series[0])):
        begin = series[0].start
        yield Occurrence(title_of(series[0]), begin, begin + timedelta(days=1), yearly)
        return
    whole = icalendar.Calendar()
    for event in series:
        whole.add_component(event)
    for event in recurring_ical_events.of(whole).between(first, last + timedelta(days=1)):
        if str(event.get("STATUS", "")).upper() != "CANCELLED":
            yield Occurrence(title_of(event), local(event.start, zone), local(event.end, zone))


def check(event: Any) -> None:
    """Refuse what recurs in a way that no holiday does, and that may never end being worked out."""
    start = event.start
    if not EARLIEST <= start.year <= LATEST:
        raise UnreadableCalendar("its date is out of reach.")
    if event.end - start > timedelta(days=31):
        raise UnreadableCalendar("it lasts longer than a month.")
    rules = event.get("RRULE") or []
    for rule in rules if isinstance(rules, list) else [rules]:
        frequency = str((rule.get("FREQ") or [""])[0]).upper()
        often = frequency in ("DAILY", "WEEKLY")
        if not often and frequency not in ("MONTHLY", "YEARLY"):
            raise UnreadableCalendar("it recurs more than once a day.")
        if not ASKED.issuperset(rule) or any(number < 1 for number in rule.get("INTERVAL", [])):
            raise UnreadableCalendar("it recurs in a way that is not understood.")
        if often and ("BYMONTHDAY" in rule or "BYSETPOS" in rule):
            raise UnreadableCalendar("it recurs in a way that is not understood.")


def yearly_of(event: Any) -> tuple[int, int] | None:
    """(month, day) of a whole day that comes back every year without end or exception."""
    rule, start = event.get("RRULE"), event.start
    if isinstance(start, datetime) or not isinstance(rule, icalendar.vRecur) or event.get("EXDATE"):
        return None
    plain = {"FREQ": ["YEARLY"], "INTERVAL": [1], "BYMONTH": [start.month], "BYMONTHDAY": [start.day]}
    known = all(list(value) == plain.get(name) for name, value in rule.items() if name != "WKST")
    return (start.month, start.day) if known and event.end - start == timedelta(days=1) else None


def local(moment: date, zone: ZoneInfo) -> date:
    """A date as it is; an instant in the zone asked for, which also is that of one that names none."""
    if not isinstance(moment, datetime):
        return moment
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def title_of(event: Any) -> str:
    """Its title on one line, short."""
    return " ".join(str(event.get("SUMMARY") or "Without a title").split())[:80]
