"""What a manager asks, from SQL. Every function takes the tickets the reader may see and a period; nothing is written.

Durations are seconds of real time from opening, in percentiles: a mean hides the tickets that hurt.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Aggregate,
    Avg,
    Case,
    Count,
    F,
    FloatField,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Extract, TruncDate

from tickets.models import Csat, Ticket
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

Tickets = QuerySet[Ticket]


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

    def within(self, column: str) -> Q:
        return Q(**{f"{column}__gte": self.start, f"{column}__lt": self.end})


class Percentiles(Aggregate):
    """percentile_cont of a duration: [p50, p90] in seconds."""

    name = "percentiles"
    template = "percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM %(expressions)s))"


def lasted(column: str) -> Any:
    """From opening to `column`."""
    return Percentiles(F(column) - F("opened_at"), output_field=ArrayField(FloatField()))


def durations(tickets: Tickets, column: str, period: Period) -> tuple[float | None, float | None, int]:
    """(p50, p90, how many) of the tickets whose `column` lies in the period."""
    found = counted(tickets).filter(period.within(column)).aggregate(percentiles=lasted(column), n=Count("pk"))
    p50, p90 = found["percentiles"] or (None, None)
    return p50, p90, found["n"]


def durations_by_day(tickets: Tickets, column: str, period: Period) -> list[dict[str, Any]]:
    """[{day, p50, p90, n}] for the days on which anything happened."""
    rows = (
        counted(tickets)
        .filter(period.within(column))
        .annotate(day=TruncDate(column))
        .values("day")
        .annotate(percentiles=lasted(column), n=Count("pk"))
        .order_by("day")
    )
    return [{"day": r["day"], "p50": r["percentiles"][0], "p90": r["percentiles"][1], "n": r["n"]} for r in rows]


def counted(tickets: Tickets) -> Tickets:
    """Without what leaves the statistics: cancelled and merged."""
    return tickets.exclude(status=Status.CANCELLED)


def by_day(tickets: Tickets, column: str, period: Period) -> dict[Any, int]:
    """How many tickets had `column` on each day."""
    rows = tickets.filter(period.within(column)).annotate(day=TruncDate(column)).values("day").annotate(n=Count("pk"))
    return {row["day"]: row["n"] for row in rows.order_by("day")}


def arrivals(tickets: Tickets, period: Period) -> int:
    return tickets.filter(period.within("opened_at")).count()


def confirmed(tickets: Tickets, period: Period) -> tuple[int, int]:
    """(closed because a person confirmed or checked the fix, closed at all) in the period."""
    found = tickets.filter(period.within("closed_at"), status=Status.CLOSED).aggregate(
        all=Count("pk"), by_person=Count("pk", filter=Q(verification__in=["requester", "qa"]))
    )
    return found["by_person"], found["all"]


def backlog(tickets: Tickets, now: datetime) -> list[dict[str, Any]]:
    """Open tickets by team and age: [{team, name, ages: [n, …], total}], largest first."""
    whens = [
        When(opened_at__gt=now - timedelta(days=end), then=Value(place))
        for place, (_, _, end) in enumerate(AGES)
        if end is not None
    ]
    age = Case(*whens, default=Value(len(AGES) - 1), output_field=IntegerField())
    rows = (
        tickets.filter(status__in=[s.value for s in OPEN])
        .annotate(age=age)
        .values("team", "team__name", "age")
        .annotate(n=Count("pk"))
    )
    teams: dict[int, dict[str, Any]] = {}
    for row in rows:
        team = teams.setdefault(row["team"], {"team": row["team"], "name": row["team__name"], "ages": [0] * len(AGES)})
        team["ages"][row["age"]] = row["n"]
    for team in teams.values():
        team["total"] = sum(team["ages"])
    return sorted(teams.values(), key=lambda team: (-team["total"], team["name"]))


def hours(tickets: Tickets, period: Period) -> list[list[int]]:
    """Arrivals by weekday (Monday first) and hour."""
    grid = [[0] * 24 for _ in range(7)]
    rows = (
        tickets.filter(period.within("opened_at"))
        .annotate(weekday=Extract("opened_at", "iso_week_day"), hour=Extract("opened_at", "hour"))
        .values("weekday", "hour")
        .annotate(n=Count("pk"))
    )
    for row in rows:
        grid[row["weekday"] - 1][row["hour"]] = row["n"]
    return grid


def ratings(tickets: Tickets, period: Period) -> dict[str, Any]:
    """{average, n, good (4 and 5), scores: {1: n, …, 5: n}} of the ratings given in the period."""
    found = Csat.objects.filter(period.within("at"), ticket__in=tickets).aggregate(
        average=Avg("score"),
        n=Count("pk"),
        **{f"s{score}": Count("pk", filter=Q(score=score)) for score in range(1, 6)},
    )
    scores = {score: found[f"s{score}"] for score in range(1, 6)}
    return {"average": found["average"], "n": found["n"], "good": scores[4] + scores[5], "scores": scores}
