"""What a file or a country's list of holidays would change of a calendar: proposals, of which somebody approves some.

Pure. A proposal travels through the page as text and is read back as warily as anything else that is posted; what it
then makes of the calendar is checked like every edit.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from lib.ics import Occurrence
from sla import calendar_fields
from sla.calendar_fields import DAY, Fields, Window, as_text, closed_on

CLOSED, YEARLY, HOURS = "closed", "yearly", "hours"
MOST = 500

Definition = dict[str, Any]
Names = dict[str, str]


@dataclass(frozen=True)
class Proposal:
    """To close a date (YYYY-MM-DD), a date of every year (MM-DD), or to give a date hours of its own."""

    kind: str
    day: str
    name: str
    windows: tuple[tuple[str, str], ...] = ()

    @property
    def value(self) -> str:
        """As a tick box carries it; `read` reads it back."""
        return json.dumps([self.kind, self.day, self.name, self.windows])

    @property
    def is_likely(self) -> bool:
        """Whole days are holidays; an hour may be anything, so somebody has to tick it."""
        return self.kind != HOURS

    @property
    def text(self) -> str:
        """What it would do, in words."""
        if self.kind == HOURS:
            return "Open " + ", ".join("–".join(window) for window in self.windows)
        return "Closed every year" if self.kind == YEARLY else "Closed"


def read(values: Iterable[str]) -> list[Proposal]:
    """The approved ones. What is no proposal is left out: the page offers none such."""
    found = []
    for value in list(values)[:MOST]:
        try:
            kind, day, name, windows = json.loads(value)
            pairs = tuple((str(opens), str(closes)) for opens, closes in windows)
        except (ValueError, TypeError, RecursionError):
            continue
        if kind in (CLOSED, YEARLY, HOURS) and isinstance(day, str) and isinstance(name, str):
            found.append(Proposal(kind, day, name[:100], pairs))
    return found


def propose(definition: Definition, occurrences: Iterable[Occurrence]) -> list[Proposal]:
    """What the occurrences would change, by date; without what is closed already or outside the hours. Several of one
    date are one proposal: a whole day wins, hours are cut by each."""
    fields = calendar_fields.read(definition)
    overrides, found = dict(fields.overrides), dict[str, Proposal]()
    for occurrence in occurrences:
        for one, rest in of(occurrence, fields, overrides):
            same = found.get(one.day)
            if same and same.kind == CLOSED:
                continue
            name = f"{same.name}, {one.name}"[:100] if same and one.kind == HOURS else one.name
            found[one.day] = Proposal(one.kind, one.day, name, one.windows)
            if rest is not None:
                overrides[date.fromisoformat(one.day)] = rest
    return sorted(found.values(), key=lambda one: (one.kind != YEARLY, one.day))[:MOST]


def of(
    occurrence: Occurrence, fields: Fields, overrides: Mapping[date, tuple[Window, ...]]
) -> Iterator[tuple[Proposal, tuple[Window, ...] | None]]:
    """The proposals of one occurrence, each with what it leaves of the date's windows when it takes some of them."""
    if occurrence.yearly:
        if occurrence.yearly not in fields.holidays_yearly:
            yield Proposal(YEARLY, "{:02}-{:02}".format(*occurrence.yearly), occurrence.title), None
        return
    begin, end = occurrence.begin, occurrence.end
    last = end if not isinstance(end, datetime) else end + timedelta(days=1)
    for number in range((as_date(last) - as_date(begin)).days):
        day = as_date(begin) + timedelta(days=number)
        if closed_on(day, fields.holidays, fields.holidays_yearly):
            continue
        if not isinstance(begin, datetime) or not isinstance(end, datetime):
            yield Proposal(CLOSED, day.isoformat(), occurrence.title), None
            continue
        own = overrides.get(day, fields.hours[day.weekday()])
        rest = tuple(left_of(own, second_of(begin, day), second_of(end, day)))
        if rest != own:
            texts = tuple((as_text(opens), as_text(closes)) for opens, closes in rest)
            yield Proposal(HOURS if rest else CLOSED, day.isoformat(), occurrence.title, texts), rest


def as_date(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def second_of(moment: datetime, day: date) -> int:
    """By the wall clock, in seconds after midnight of `day`; before it 0, two days later at most."""
    whole = (moment.date() - day).days * DAY + moment.hour * 3600 + moment.minute * 60 + moment.second
    return min(max(whole, 0), 2 * DAY)


def left_of(windows: Iterable[Window], begin: int, end: int) -> Iterator[Window]:
    """What is left of windows without [begin, end)."""
    for opens, closes in windows:
        if opens < min(begin, closes):
            yield opens, min(begin, closes)
        if max(end, opens) < closes:
            yield max(end, opens), closes


def applied(definition: Definition, names: Mapping[str, str], approved: Iterable[Proposal]) -> tuple[Definition, Names]:
    """The calendar with what was approved. To close a date takes its own hours away."""
    dated, yearly = set(definition["holidays"]), set(definition["holidays_yearly"])
    overrides, called = dict(definition["overrides"]), dict(names)
    for one in approved:
        if one.name:
            called[one.day] = one.name
        if one.kind == HOURS:
            overrides[one.day] = [list(window) for window in one.windows]
        else:
            (yearly if one.kind == YEARLY else dated).add(one.day)
            overrides.pop(one.day, None)
    return {
        **definition, "holidays": sorted(dated), "holidays_yearly": sorted(yearly), "overrides": overrides
    }, called  # fmt: skip
