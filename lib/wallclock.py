"""From a wall clock to an instant. Pure."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY, _SECOND, _NOTHING = timedelta(days=1), timedelta(seconds=1), timedelta()


def instant(zone: ZoneInfo, wall: datetime) -> datetime:
    """When the zone's clocks first show `wall` (which names no zone), in UTC; when they skip it, the first instant
    after the gap."""
    steady = _steady(zone, wall.toordinal())
    if steady is not None:
        return (wall - steady).replace(tzinfo=UTC)
    before = _offset(zone, wall)
    after = _offset(zone, wall.replace(fold=1))
    if before >= after:  # ordinary, or doubled: the earlier of the two
        return (wall - before).replace(tzinfo=UTC)
    early, late = (wall - after).replace(tzinfo=UTC), (wall - before).replace(tzinfo=UTC)
    while late - early > _SECOND:  # the clocks jump between the two, at a whole second
        middle = early + (late - early) // 2
        middle = middle.replace(microsecond=0) if middle.replace(microsecond=0) > early else middle
        if middle.astimezone(zone).utcoffset() == after:
            late = middle
        else:
            early = middle
    return late.replace(microsecond=0)


@lru_cache(maxsize=4096)
def _steady(zone: ZoneInfo, day: int) -> timedelta | None:
    """The offset of that whole date; None when the clocks change on it. Remembered: a year asks for it thousands of
    times."""
    midnight = datetime.fromordinal(day)
    offset = _offset(zone, midnight)
    return offset if offset == _offset(zone, midnight + DAY) == _offset(zone, midnight.replace(fold=1)) else None


def _offset(zone: ZoneInfo, wall: datetime) -> timedelta:
    return zone.utcoffset(wall) or _NOTHING
