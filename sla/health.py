"""How the sweep of deadlines is: how late it notices, what waits for it, what it could not handle."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Min, QuerySet

from lib.templatetags.ui import human_seconds
from sla.models import Clock, Replan
from sla.sweep import RETRY

DAY = timedelta(days=1)
REACH = timedelta(days=7)  # of breaches noticed in the last day, those that fell due longer ago are left out
BEHIND = timedelta(seconds=10)
PROMISED = 2.0  # seconds of p99 from due to noticed
SHOWN = 20

# A deadline that a new target moved into the past was not noticed late: nobody could have noticed it before.
LAG = """
    SELECT count(*), percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY lag), max(lag)
    FROM (
        SELECT extract(epoch FROM b.noticed_at - b.due_at) AS lag
        FROM sla_breach b JOIN sla_clock c ON c.id = b.clock_id
        WHERE b.due_at >= %(reach)s AND b.noticed_at >= %(since)s AND b.noticed_at <= %(now)s
        AND NOT coalesce((c.changes -> -1 ->> 'at')::timestamptz BETWEEN b.due_at AND b.noticed_at, false)
    ) AS noticed
"""


@dataclass(frozen=True)
class Lag:
    """Seconds from due to noticed of the `n` breaches noticed in the last day; None without any."""

    n: int
    p50: float | None
    p99: float | None
    longest: float | None

    @property
    def was_late(self) -> bool:
        """Whether the promise was missed in the last day, as after an hour without a worker."""
        return (self.p99 or 0) > PROMISED

    @property
    def texts(self) -> dict[str, str]:
        """To the tenth of a second below a minute."""
        numbers = {"p50": self.p50, "p99": self.p99, "longest": self.longest}
        return {
            name: f"{seconds:.1f} s" if seconds is not None and seconds < 60 else human_seconds(seconds)
            for name, seconds in numbers.items()
        }


@dataclass(frozen=True)
class Waiting:
    """Clocks whose instant has passed and that no sweep has come to, and the seconds for which the oldest waits."""

    n: int
    oldest: float

    @property
    def is_behind(self) -> bool:
        return self.oldest > BEHIND.total_seconds()


def lag(now: datetime) -> Lag:
    """One statement."""
    with connection.cursor() as cursor:
        cursor.execute(LAG, {"reach": now - REACH, "since": now - DAY, "now": now})
        n, percentiles, longest = cursor.fetchone()
    p50, p99 = percentiles or (None, None)
    return Lag(n, p50, p99, None if longest is None else float(longest))


def waiting(now: datetime) -> Waiting:
    """One statement."""
    found = Clock.objects.filter(fires_at__lte=now).aggregate(n=Count("fires_at"), oldest=Min("fires_at"))
    return Waiting(found["n"], (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0)


def troubled(now: datetime) -> QuerySet[Clock]:
    """Clocks that could not be handled. They are tried again within RETRY, so the index of the sweep leads to them."""
    return Clock.objects.filter(fires_at__lte=now + RETRY).exclude(trouble="").order_by("fires_at")


def replans() -> QuerySet[Replan]:
    """What is being planned anew, and what was last."""
    return Replan.objects.select_related("asked_by").order_by("-id")[:SHOWN]
