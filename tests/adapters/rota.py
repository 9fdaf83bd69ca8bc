"""Hand-overs behind a plain function of strings, for running vectors kept outside this repository."""

import re
from datetime import datetime, time, timedelta

from oncall.rota import Layer, hand_over, zone_named

EVERY = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(weeks=1)}
UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def handoffs(zone: str, handoff: str, rotation: str, first_local: str, count: int) -> list[str]:
    """The first `count` hand-overs as ISO instants in UTC.

    `handoff` is a wall-clock time, HH:MM; `rotation` is hourly, daily, weekly or a length such as 12h, 3d, 2w;
    `first_local` a date, or a date and time, on the zone's wall clock: no hand-over lies before it.
    """
    every, begins = length(rotation), datetime.fromisoformat(first_local).replace(tzinfo=None)
    first = datetime.combine(begins.date(), time.fromisoformat(handoff)) if handoff else begins
    while first < begins:
        first += min(every, timedelta(days=1))
    layer = Layer(people=(1,), first=first, every=every)
    place = zone_named(zone)
    return [hand_over(place, layer, turn).isoformat() for turn in range(count)]


def length(rotation: str) -> timedelta:
    """ "weekly", "12h", "12 hours", "3 days", "2w" as a span of the wall clock."""
    if rotation in EVERY:
        return EVERY[rotation]
    match = re.fullmatch(r"(?:every\s+)?(\d+)\s*([hdw])[a-z]*", rotation.strip().lower())
    if not match:
        raise ValueError(f"“{rotation}” is not a rotation.")
    return timedelta(**{UNITS[match[2]]: int(match[1])})
