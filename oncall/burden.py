"""How much each person carries of a rota. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.rota import DAY, HOUR, Person, Shift, instant

NIGHT_ENDS = timedelta(hours=6)
_WEEKEND = (6, 0)  # Saturday and Sunday, as remainders of a date's ordinal: the first of year 1 was a Monday


@dataclass(slots=True)
class Load:
    """What somebody carries: time on call, nights (any part of 00:00 to 06:00), weekends (any part of one)."""

    time: timedelta = timedelta()
    nights: int = 0
    weekends: int = 0
    _nights: set[int] = field(default_factory=set, repr=False, compare=False)
    _weekends: set[int] = field(default_factory=set, repr=False, compare=False)

    @property
    def hours(self) -> float:
        return self.time / HOUR


def load(covered: Iterable[Shift], zone: ZoneInfo) -> dict[Person, Load]:
    """What each person carries. Two who share a night, or a weekend, both have it."""
    found: dict[Person, Load] = {}
    days: dict[int, tuple[datetime, datetime, datetime]] = {}  # when the local day begins, its night ends, it ends
    for shift in covered:
        mine = found.setdefault(shift.person, Load())
        mine.time += shift.end - shift.begin
        number = shift.begin.astimezone(zone).toordinal()
        while (day := days.get(number) or days.setdefault(number, _day(zone, number)))[0] < shift.end:
            if shift.begin < day[1]:
                mine._nights.add(number)
            if number % 7 in _WEEKEND and shift.begin < day[2]:
                mine._weekends.add((number - 6) // 7)
            number += 1
    for mine in found.values():
        mine.nights, mine.weekends = len(mine._nights), len(mine._weekends)
    return found


def _day(zone: ZoneInfo, number: int) -> tuple[datetime, datetime, datetime]:
    midnight = datetime.fromordinal(number)
    return instant(zone, midnight), instant(zone, midnight + NIGHT_ENDS), instant(zone, midnight + DAY)
