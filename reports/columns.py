"""Columns of instants, read whole: a period holds tens of thousands, which Python cuts and sorts for less than SQL
groups them, and into the days and hours of any time zone.

An instant is a number here: microseconds since 2000, as PostgreSQL keeps and sends it (timestamptz_send in
src/backend/utils/adt/timestamp.c).
"""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

from django.db.models import Aggregate, BinaryField

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
HOUR = 3600 * SECOND


class Packed(Aggregate):
    """The instants of a column, one after the other in one string: Packed(column, by), in ascending order of `by`."""

    template = "string_agg(timestamptz_send(%(expressions)s))"
    arg_joiner = "), ''::bytea ORDER BY ("
    arity = 2
    output_field = BinaryField()


def number(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(microseconds=1)


def numbers(packed: bytes | memoryview | None) -> list[int]:
    """The instants of a Packed."""
    found = array("q", bytes(packed or b""))
    if sys.byteorder == "little":
        found.byteswap()
    return found.tolist()


def place(instants: Sequence[int], start: datetime) -> int:
    """How many of ascending instants lie before `start`."""
    return bisect_left(instants, number(start))


def cut(instants: Sequence[int], edges: Sequence[int]) -> list[slice]:
    """Where ascending instants fall: one slice between each two edges."""
    places = [bisect_left(instants, edge) for edge in edges]
    return [slice(a, b) for a, b in zip(places, places[1:], strict=False)]


def midnights(days: Sequence[date], zone: tzinfo) -> list[int]:
    """The beginnings of these days, and the end of the last."""
    begins = [datetime(day.year, day.month, day.day, tzinfo=zone) for day in (*days, days[-1] + timedelta(days=1))]
    return [number(begin) for begin in begins]


def hours(day: date, zone: tzinfo) -> list[int]:
    """The beginnings of a day's 24 hours by the clock, and its end. One of them is empty, and one twice as long, on the
    days when clocks are changed."""
    begin, end = midnights([day], zone)
    if end - begin == 24 * HOUR:
        return list(range(begin, end + HOUR, HOUR))
    return [number(datetime(day.year, day.month, day.day, hour, tzinfo=zone)) for hour in range(24)] + [end]
