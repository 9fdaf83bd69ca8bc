"""What a manager asks, from SQL. Every function takes the tickets the reader may see and a period; nothing is written.

Durations are real time from opening, in percentiles: a mean hides the tickets that hurt. Each statement is answered by
one index alone (tickets/models/ticket.py says which).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import chain
from operator import add
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.utils import timezone

from reports import columns
from reports.columns import SECOND, Packed
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
    def doubled(self) -> "Period":
        """This one and the one before it."""
        return Period(2 * self.days, self.before.start, self.end)

    @property
    def dates(self) -> list[date]:
        """The dates of the reader's zone that the period touches: `days` and one."""
        first, last = timezone.localtime(self.start).date(), timezone.localtime(self.end).date()
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def within(self, column: str) -> Q:
        return Q(**{f"{column}__gte": self.start, f"{column}__lt": self.end})


def zone() -> tzinfo:
    """The reader's time zone."""
    return timezone.get_current_timezone()


def percentile(ordered: Sequence[float], part: float) -> float | None:
    """As percentile_cont: between the two nearest of the sorted values, in proportion. None of nothing."""
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
    def of(cls, ordered: Sequence[float]) -> "Spread":
        return cls(percentile(ordered, 0.5), percentile(ordered, 0.9), len(ordered))


@dataclass(frozen=True, slots=True)
class Durations:
    """From opening to some instant: of the whole period, of each date that it touches, and of the period before."""

    all: Spread
    days: dict[date, Spread]
    before: Spread


def counted(tickets: Tickets) -> Tickets:
    """Without what leaves the statistics: cancelled and merged."""
    return tickets.exclude(status=Status.CANCELLED)


def durations(tickets: Tickets, column: str, period: Period) -> Durations:
    """From opening to `column`, of the tickets whose `column` lies in the period, or in the one before."""
    found = counted(tickets).filter(period.doubled.within(column)).aggregate(
        at=Packed(column, column), opened=Packed("opened_at", column)
    )  # fmt: skip
    at = columns.numbers(found["at"])
    took = [(end - begin) / SECOND for end, begin in zip(at, columns.numbers(found["opened"]), strict=True)]
    edges = [columns.number(period.start), *columns.midnights(period.dates, zone())[1:]]
    days = [sorted(took[part]) for part in columns.cut(at, edges)]
    return Durations(
        all=Spread.of(sorted(chain.from_iterable(days))),  # sorted runs: half the work
        days={day: Spread.of(ordered) for day, ordered in zip(period.dates, days, strict=True)},
        before=Spread.of(sorted(took[: columns.place(at, period.start)])),
    )


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many tickets were opened: in all, on each date and in each hour of the week (Monday first) of the reader's
    zone, and in the period before."""

    all: int
    days: dict[date, int]
    week: list[list[int]]
    before: int


def arrivals(tickets: Tickets, period: Period) -> Arrivals:
    found = tickets.filter(period.doubled.within("opened_at")).aggregate(at=Packed("opened_at", "opened_at"))
    both = columns.numbers(found["at"])
    before = columns.place(both, period.start)
    opened = both[before:]
    week, days = [[0] * 24 for _ in range(7)], {}
    for day in period.dates:
        parts = columns.cut(opened, columns.hours(day, zone()))
        counts = [part.stop - part.start for part in parts]
        days[day] = sum(counts)
        week[day.weekday()] = list(map(add, week[day.weekday()], counts))
    return Arrivals(len(opened), days, week, before)


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
