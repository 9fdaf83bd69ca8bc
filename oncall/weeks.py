"""A rota week by week, as its pages show it: for each local date who is on call, and where nobody is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from accounts.models import User
from oncall import burden
from oncall import rota as pure
from oncall.reading import Loaded
from oncall.rota import DAY, Shift, Span

WEEKS = 8


@dataclass(frozen=True)
class Part:
    """Some of a date. `times` by the rota's clock, "" for all of it; `user` None: nobody."""

    user: User | None
    hue: int
    times: str


@dataclass(frozen=True)
class Day:
    date: date
    parts: list[Part]
    is_past: bool
    is_today: bool


@dataclass(frozen=True)
class Carried:
    """What one person carries of the weeks shown; `share` in percent of the most that anybody does."""

    user: User
    hue: int
    load: burden.Load
    share: int


@dataclass(frozen=True)
class View:
    """The weeks from the Monday before `now`, or of `first`; gaps and load count from now on, and so do the shifts, of
    which the one under way keeps its beginning."""

    weeks: list[list[Day]]
    gaps: list[Span]
    carried: list[Carried]
    shifts: list[Shift]
    begin: datetime
    end: datetime

    @property
    def missing(self) -> float:
        """Seconds of all gaps."""
        return sum((gap.end - gap.begin).total_seconds() for gap in self.gaps)


def view(loaded: Loaded, now: datetime, *, first: date | None = None, weeks: int = WEEKS) -> View:
    """`weeks` weeks, from the one of `first` (else of now) on."""
    zone = loaded.rota.zone
    today = now.astimezone(zone).date()
    shown = first or today
    monday = datetime.combine(shown - timedelta(days=shown.weekday()), time(0))
    begin, end = pure.instant(zone, monday), pure.instant(zone, monday + weeks * 7 * DAY)
    found = pure.shifts(loaded.rota, begin, end)
    hues = colours(loaded)
    dates = enumerate(by_day(found, zone, monday, weeks))
    days = [day_of(loaded, inside, monday + n * DAY, today, hues) for n, inside in dates]
    since = max(begin, min(now, end))
    ahead = [shift._replace(begin=max(shift.begin, since)) for shift in found if shift.end > since]
    return View(
        weeks=[days[n : n + 7] for n in range(0, len(days), 7)],
        gaps=pure.uncovered(ahead, since, end),
        carried=carried(loaded, ahead, hues),
        shifts=[shift for shift in found if shift.end > since],
        begin=begin,
        end=end,
    )


def colours(loaded: Loaded) -> dict[int, int]:
    """A hue for each person, far from its neighbour's; after twelve they come again. Names are always beside it."""
    return {key: number * 5 % 12 for number, key in enumerate(sorted(loaded.people))}


def by_day(shifts: Sequence[Shift], zone: ZoneInfo, monday: datetime, weeks: int) -> list[list[Shift]]:
    """For each local date what there is of the shifts, which are in order."""
    found, place = [], 0
    for number in range(weeks * 7):
        begin, end = pure.instant(zone, monday + number * DAY), pure.instant(zone, monday + (number + 1) * DAY)
        while place < len(shifts) and shifts[place].end <= begin:
            place += 1
        ahead = takewhile(lambda shift: shift.begin < end, islice(shifts, place, None))  # noqa: B023 - used at once
        found.append([Shift(max(shift.begin, begin), min(shift.end, end), shift.person) for shift in ahead])
    return found


def day_of(loaded: Loaded, inside: Sequence[Shift], wall: datetime, today: date, hues: dict[int, int]) -> Day:
    """One local date, with its shifts and what they leave."""
    zone = loaded.rota.zone
    begin, end = pure.instant(zone, wall), pure.instant(zone, wall + DAY)
    spans: list[tuple[datetime, datetime, int | None]] = [*inside]
    spans += [(gap.begin, gap.end, None) for gap in pure.uncovered(inside, begin, end)]
    parts = [
        Part(
            user=None if key is None else loaded.people[key],
            hue=0 if key is None else hues[key],
            times="" if (start, stop) == (begin, end) else f"{clock(loaded, start)}–{clock(loaded, stop, end)}",
        )
        for start, stop, key in sorted(spans, key=lambda span: span[0])
    ]
    return Day(wall.date(), parts, wall.date() < today, wall.date() == today)


def clock(loaded: Loaded, moment: datetime, midnight: datetime | None = None) -> str:
    """HH:MM by the rota's clock; the end of the date is 24:00."""
    return "24:00" if moment == midnight else f"{moment.astimezone(loaded.rota.zone):%H:%M}"


def carried(loaded: Loaded, shifts: Sequence[Shift], hues: dict[int, int]) -> list[Carried]:
    """Everybody of the rota, whoever carries most first; those with nothing are last."""
    loads = burden.load(shifts, loaded.rota.zone)
    most = max((load.hours for load in loads.values()), default=0) or 1
    rows = [
        Carried(user, hues[key], load := loads.get(key, burden.Load()), round(100 * load.hours / most))
        for key, user in loaded.people.items()
        if user.is_desk or key in loads
    ]
    return sorted(rows, key=lambda row: (-row.load.hours, str(row.user)))
