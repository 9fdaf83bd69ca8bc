"""Who is on call at an instant, from when to when, and where nobody is.

Pure: neither Django nor Celery. A rota is layers of rotations, a later one above the earlier ones, and overrides above
them all, later ones first. A hand-over is a wall-clock time in the rota's zone, and a turn runs from one hand-over to
the next: a day's turn has 23, 24 or 25 hours. A local time that the clocks skip becomes the first instant after the
gap; of a doubled one the first counts. People are opaque keys; None is a turn that nobody takes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lib.wallclock import instant
from sla.hours import Calendar, is_working, next_change

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHORTEST, LONGEST = HOUR, timedelta(days=366)
FIRST_YEAR, LAST_YEAR = 1970, 2199
MAX_PEOPLE = 100
HORIZONS = (timedelta(days=8), timedelta(days=60), timedelta(days=400))

Person = int


class RotaError(ValueError):
    """A rota that cannot be; `field` names what must change."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class Shift(NamedTuple):
    """On call from `begin` to `end` (excluded), both in UTC."""

    begin: datetime
    end: datetime
    person: Person


class Span(NamedTuple):
    """From `begin` to `end` (excluded), both in UTC."""

    begin: datetime
    end: datetime


# A stretch of one layer; without a person it lets the layers below show through.
Stretch = tuple[datetime, datetime, Person | None]


@dataclass(frozen=True, slots=True)
class Layer:
    """People who take turns of `every`, from the hand-over `first` on: a wall-clock time without a zone. `until` ends
    it, also by the wall clock; `hours` are the only times at which it counts. Raises RotaError."""

    people: tuple[Person | None, ...]
    first: datetime
    every: timedelta
    until: datetime | None = None
    hours: Calendar | None = None

    def __post_init__(self) -> None:
        if not SHORTEST <= self.every <= LONGEST or self.every % SHORTEST:
            raise RotaError("A turn lasts whole hours: one at least, 366 days at most.", field="length")
        if not FIRST_YEAR <= self.first.year <= LAST_YEAR:
            raise RotaError(f"Give a date between {FIRST_YEAR} and {LAST_YEAR}.", field="first_day")
        if self.until is not None and self.until <= self.first:
            raise RotaError("It ends before it begins.", field="last_day")


@dataclass(frozen=True, slots=True)
class Override:
    """This person instead of whoever would be, between two instants. Raises RotaError."""

    begin: datetime
    end: datetime
    person: Person | None

    def __post_init__(self) -> None:
        if self.end <= self.begin:
            raise RotaError("It ends before it begins.", field="ends_at")


@dataclass(frozen=True, slots=True)
class Rota:
    """Layers from the lowest to the highest, overrides from the oldest to the newest."""

    zone: ZoneInfo
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()


def zone_named(name: object) -> ZoneInfo:
    """The time zone of that IANA name. Raises RotaError."""
    try:
        return ZoneInfo(name)  # type: ignore[arg-type]  # what a wrong type raises is caught below
    except (KeyError, ValueError, TypeError, AttributeError, OSError):
        said = f"Unknown time zone “{str(name)[:60]}”. Use a name like Europe/Berlin."
        raise RotaError(said, field="zone") from None


def hand_over(zone: ZoneInfo, layer: Layer, turn: int) -> datetime:
    """When that turn of the layer begins, in UTC; 0 is the first."""
    return instant(zone, layer.first + turn * layer.every)


def who(rota: Rota, at: datetime) -> Person | None:
    """Who is on call at `at`; None when nobody is."""
    for override in reversed(rota.overrides):
        if override.person is not None and override.begin <= at < override.end:
            return override.person
    for layer in reversed(rota.layers):
        found = _on_layer(rota.zone, layer, at)
        if found is not None:
            return found
    return None


def shifts(rota: Rota, begin: datetime, end: datetime) -> list[Shift]:
    """Who is on call between two instants, in the order of time; what one person has in a row is one shift."""
    strata = [list(_stretches(rota.zone, layer, begin, end)) for layer in rota.layers]
    strata += [[(o.begin, o.end, o.person)] for o in rota.overrides if o.begin < end and o.end > begin]
    found: list[Shift] = []
    for first, last, person in _laid_over(strata, begin, end):
        if person is None:
            continue
        if found and found[-1].end == first and found[-1].person == person:
            found[-1] = found[-1]._replace(end=last)
        else:
            found.append(Shift(first, last, person))
    return found


def gaps(rota: Rota, begin: datetime, end: datetime) -> list[Span]:
    """When nobody is on call between two instants."""
    return uncovered(shifts(rota, begin, end), begin, end)


def uncovered(covered: Sequence[Shift], begin: datetime, end: datetime) -> list[Span]:
    """What those shifts, in order, leave of the time between two instants."""
    found, since = [], begin.astimezone(UTC)
    for shift in covered:
        if shift.begin > since:
            found.append(Span(since, shift.begin))
        since = max(since, shift.end)
    if since < end:
        found.append(Span(since, end.astimezone(UTC)))
    return found


def next_hand_over(rota: Rota, at: datetime) -> tuple[datetime, Person | None] | None:
    """When somebody else is on call, or nobody, and who; None when that is not within 400 days."""
    now, since = who(rota, at), at
    for horizon in HORIZONS:
        until = at + horizon
        covered = shifts(rota, since, until)
        for moment, person in _changes(covered, since, until):
            if person != now:
                return moment, person
        since = until
    return None


def _on_layer(zone: ZoneInfo, layer: Layer, at: datetime) -> Person | None:
    if not layer.people:
        return None
    turn = _turn(zone, layer, at)
    if turn < 0 or (person := layer.people[turn % len(layer.people)]) is None:
        return None
    if layer.until is not None and at >= instant(zone, layer.until):
        return None
    return person if layer.hours is None or is_working(layer.hours, at) else None


def _turn(zone: ZoneInfo, layer: Layer, at: datetime) -> int:
    """The turn that `at` lies in; below 0 before the first. Where clocks jump, the wall clock is a guess only."""
    turn = (at.astimezone(zone).replace(tzinfo=None, fold=0) - layer.first) // layer.every
    while hand_over(zone, layer, turn + 1) <= at:
        turn += 1
    while turn >= 0 and hand_over(zone, layer, turn) > at:
        turn -= 1
    return turn


def _stretches(zone: ZoneInfo, layer: Layer, begin: datetime, end: datetime) -> Iterator[Stretch]:
    """The turns of a layer between two instants, within its hours only."""
    turn = max(_turn(zone, layer, begin), 0)
    start, end = hand_over(zone, layer, turn), end if layer.until is None else min(end, instant(zone, layer.until))
    if not layer.people or start >= end or end <= begin:  # it ended, maybe within the turn that `begin` would lie in
        return
    open_hours = _open(layer.hours, max(start, begin), end) if layer.hours else None
    turns = _turns(zone, layer, turn, start, end)
    yield from turns if open_hours is None else _within(turns, open_hours)


def _turns(zone: ZoneInfo, layer: Layer, turn: int, start: datetime, end: datetime) -> Iterator[Stretch]:
    if len(layer.people) == 1:
        yield start, end, layer.people[0]
        return
    while start < end:
        stop = min(hand_over(zone, layer, turn + 1), end)
        if start < stop:  # a turn that lies wholly in the hour that clocks skip has no time
            yield start, stop, layer.people[turn % len(layer.people)]
        start, turn = stop, turn + 1


def _open(hours: Calendar, begin: datetime, end: datetime) -> list[Span]:
    """Working time of the calendar between two instants."""
    found, moment, opened = [], begin, is_working(hours, begin)
    while moment < end:
        change = next_change(hours, moment)
        stop = end if change is None else min(change, end)
        if opened:
            found.append(Span(moment, stop))
        moment, opened = stop, not opened
    return found


def _within(turns: Iterator[Stretch], spans: Sequence[Span]) -> Iterator[Stretch]:
    """Both in order: what the spans leave of the turns."""
    place = 0
    for start, stop, person in turns:
        while place < len(spans) and spans[place].end <= start:
            place += 1
        for span in spans[place:]:
            if span.begin >= stop:
                break
            yield max(start, span.begin), min(stop, span.end), person


def _laid_over(strata: Sequence[list[Stretch]], begin: datetime, end: datetime) -> Iterator[Stretch]:
    """Stretches between two instants: at each the highest stratum that has somebody."""
    begin, end = begin.astimezone(UTC), end.astimezone(UTC)
    edges = {begin, end}
    for stratum in strata:
        for start, stop, _ in stratum:
            edges.update((max(start, begin), min(stop, end)))
    ordered = sorted(edges)
    highest_first = list(reversed(strata))
    places = [0] * len(strata)
    for first, last in zip(ordered, ordered[1:], strict=False):
        person = None
        for number, stratum in enumerate(highest_first):
            place = places[number]
            while place < len(stratum) and stratum[place][1] <= first:
                place += 1
            places[number] = place
            if place < len(stratum) and stratum[place][0] <= first and (person := stratum[place][2]) is not None:
                break
        yield first, last, person


def _changes(covered: Sequence[Shift], begin: datetime, end: datetime) -> Iterator[tuple[datetime, Person | None]]:
    """From when on who, or nobody, is on call."""
    since = begin
    for shift in covered:
        if shift.begin > since:
            yield since, None
        yield shift.begin, shift.person
        since = shift.end
    if since < end:
        yield since, None
