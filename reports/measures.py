"""What a manager asks, from SQL. Every function takes the tickets the reader may see and a period; nothing is written.

Durations are seconds of real time from opening, in percentiles: a mean hides the tickets that hurt. Each statement is
answered by one index alone (tickets/models/ticket.py says which), and counts by the hour in UTC, from which the days of
any reader's time zone are made.
"""

import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from django.db.models import (
    Aggregate,
    BinaryField,
    Case,
    Count,
    DateTimeField,
    F,
    Func,
    IntegerField,
    Q,
    Value,
    When,
)
from django.utils import timezone

from reports.scope import Scope, Tickets
from tickets.models import Csat
from tickets.states import OPEN, Status

PERIODS = (7, 30, 90)
FIRST_RESPONSE, RESOLUTION = "first_responded_at", "resolved_at"
# (label, from days, to days)
AGES: list[tuple[str, int, int | None]] = [
    ("under a day", 0, 1),
    ("1–3 days", 1, 3),
    ("3–7 days", 3, 7),
    ("1–4 weeks", 7, 28),
    ("older", 28, None),
]
ALL = Count("*")  # never Count("pk"): the indexes that answer do not hold it


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` (included) to `end` (excluded), `days` long."""

    days: int
    start: datetime
    end: datetime

    @classmethod
    def last(cls, days: int, now: datetime) -> "Period":
        return cls(days, now - timedelta(days=days), now)

    @property
    def before(self) -> "Period":
        """The period of the same length that ended when this one began."""
        return Period(self.days, self.start - timedelta(days=self.days), self.start)

    @property
    def dates(self) -> list[date]:
        """The last `days` dates of the reader's zone, today included."""
        today = timezone.localtime(self.end).date()
        return [today - timedelta(days=back) for back in range(self.days - 1, -1, -1)]

    def within(self, column: str) -> Q:
        return Q(**{f"{column}__gte": self.start, f"{column}__lt": self.end})

    def slot(self, column: str) -> Func:
        """The hour that `column` lies in; the quarter of an hour in zones that are not whole hours from UTC."""
        zone = timezone.get_current_timezone()
        odd = any(
            (at.astimezone(zone).utcoffset() or timedelta()) % timedelta(hours=1) for at in (self.start, self.end)
        )
        width = "15 minutes" if odd else "1 hour"
        return Func(
            Value(width),
            F(column),
            template="date_bin(%(expressions)s, timestamptz '2000-01-01 00:00+00')",
            output_field=DateTimeField(),
        )


class Packed(Aggregate):
    """The seconds of a duration of each row, as one string of float8: to sort in Python costs less than in SQL."""

    template = "string_agg(float8send(date_part('epoch', %(expressions)s)), ''::bytea)"
    output_field = BinaryField()


def unpacked(packed: bytes | memoryview | None) -> "array[float]":
    """The numbers of a Packed."""
    values = array("d", bytes(packed or b""))
    if sys.byteorder == "little":
        values.byteswap()
    return values


def percentile(ordered: Sequence[float], part: float) -> float | None:
    """As percentile_cont: between the two nearest of the sorted values, in proportion. None when there are none."""
    if not ordered:
        return None
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles in seconds, None when `n` is 0."""

    p50: float | None
    p90: float | None
    n: int

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        ordered = sorted(values)
        return cls(percentile(ordered, 0.5), percentile(ordered, 0.9), len(ordered))


def counted(tickets: Tickets) -> Tickets:
    """Without what leaves the statistics: cancelled and merged."""
    return tickets.exclude(status=Status.CANCELLED)


def durations(tickets: Tickets, column: str, period: Period) -> dict[date, list[float]]:
    """Seconds from opening to `column`, of the tickets whose `column` lies in the period, by the reader's date."""
    rows = (
        counted(tickets)
        .filter(period.within(column))
        .order_by()
        .values(slot=period.slot(column))
        .annotate(seconds=Packed(F(column) - F("opened_at")))
        .values_list("slot", "seconds")
    )
    zone = timezone.get_current_timezone()
    days: dict[date, list[float]] = {}
    for slot, seconds in rows:
        days.setdefault(slot.astimezone(zone).date(), []).extend(unpacked(seconds))
    return days


def together(days: dict[date, list[float]]) -> Spread:
    """The percentiles of all days at once."""
    return Spread.of(chain.from_iterable(days.values()))


def spread(tickets: Tickets, column: str, period: Period) -> Spread:
    """Percentiles of the seconds from opening to `column`, of the tickets whose `column` lies in the period."""
    found = counted(tickets).filter(period.within(column)).aggregate(seconds=Packed(F(column) - F("opened_at")))
    return Spread.of(unpacked(found["seconds"]))


def arrived(tickets: Tickets, period: Period) -> int:
    return tickets.filter(period.within("opened_at")).count()


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many tickets were opened on each date, and in each hour of the week (Monday first), of the reader's zone."""

    days: "Counter[date]"
    week: list[list[int]]

    @property
    def n(self) -> int:
        return self.days.total()


def arrivals(tickets: Tickets, period: Period) -> Arrivals:
    rows = (
        tickets.filter(period.within("opened_at"))
        .order_by()
        .values(slot=period.slot("opened_at"))
        .annotate(n=ALL)
        .values_list("slot", "n")
    )
    zone = timezone.get_current_timezone()
    found = Arrivals(Counter(), [[0] * 24 for _ in range(7)])
    for slot, n in rows:
        local = slot.astimezone(zone)
        found.days[local.date()] += n
        found.week[local.weekday()][local.hour] += n
    return found


def confirmed(tickets: Tickets, period: Period) -> tuple[int, int]:
    """(closed because a person confirmed or checked the fix, closed at all) in the period."""
    found = tickets.filter(period.within("closed_at"), status=Status.CLOSED).aggregate(
        all=ALL, by_person=Count("verification", filter=Q(verification__in=["requester", "qa"]))
    )
    return found["by_person"], found["all"]


def backlog(tickets: Tickets, now: datetime) -> dict[int, list[int]]:
    """Open tickets by team and age: {team: [n, …]}."""
    whens = [
        When(opened_at__gt=now - timedelta(days=end), then=Value(place))
        for place, (_, _, end) in enumerate(AGES)
        if end is not None
    ]
    age = Case(*whens, default=Value(len(AGES) - 1), output_field=IntegerField())
    rows = tickets.filter(status__in=[s.value for s in OPEN]).order_by().values("team", age=age).annotate(n=ALL)
    teams: dict[int, list[int]] = {}
    for row in rows:
        teams.setdefault(row["team"], [0] * len(AGES))[row["age"]] = row["n"]
    return teams


def ratings(scope: Scope, period: Period) -> dict[str, Any]:
    """{average, n, good (4 and 5), scores: {1: n, …, 5: n}} of the ratings given in the period."""
    rows = Csat.objects.filter(scope.about, period.within("at")).order_by().values("score").annotate(n=ALL)
    scores = dict.fromkeys(range(1, 6), 0) | dict(rows.values_list("score", "n"))
    n = sum(scores.values())
    average = sum(score * times for score, times in scores.items()) / n if n else None
    return {"average": average, "n": n, "good": scores[4] + scores[5], "scores": scores}
