"""Where the time went: how long each tier had the tickets, what was handed up and bounced, what the first line solved.

Times are working time, as the tiers' budgets count it (sla/tiers.py). Nothing is written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import BoolOr
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, Sum

from accounts.models import Team
from accounts.models.team import Tier
from reports.measures import Period
from reports.scope import Scope
from sla.models import TierStay
from tickets.models import Handover, HandoverState
from tickets.states import Status


@dataclass(frozen=True, slots=True)
class TierTime:
    """Of one tier: tickets that left it in the period, seconds each had spent there, and how many were over budget
    of those that had one. `share` is its part of all the time, 0 to 1."""

    tier: int
    n: int
    p50: float
    p90: float
    total: float
    over: int
    budgeted: int
    share: float = 0.0

    @property
    def label(self) -> str:
        return str(Tier(self.tier).label) if self.tier in Tier.values else f"L{self.tier}"

    @property
    def over_percent(self) -> float | None:
        return 100 * self.over / self.budgeted if self.budgeted else None


@dataclass(slots=True)
class TeamHandovers:
    """Of one team, handovers sent in the period: as sender, and as receiver."""

    team: str
    sent: int = 0
    sent_back: int = 0
    received: int = 0
    accepted: int = 0
    bounced: int = 0
    waiting: int = 0

    @property
    def bounce_rate(self) -> float | None:
        """Percent bounced of what it answered."""
        answered = self.accepted + self.bounced
        return 100 * self.bounced / answered if answered else None

    @property
    def sent_back_rate(self) -> float | None:
        """Percent that came back of what it sent."""
        return 100 * self.sent_back / self.sent if self.sent else None


def times(scope: Scope, period: Period) -> list[TierTime]:
    """By tier: one statement. A ticket that was with a tier twice in the period counts once, with both times."""
    stays = TierStay.objects.filter(scope.about, period.within("left_at")).exclude(ticket__status=Status.CANCELLED)
    each = stays.order_by().values("tier", "ticket").annotate(took=Sum("used"), missed=BoolOr("over"))
    sql, params = each.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tier, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY took),"  # noqa: S608 - written by the ORM
            " percentile_cont(0.9) WITHIN GROUP (ORDER BY took), sum(took), count(*) FILTER (WHERE missed),"
            f" count(missed) FROM ({sql}) AS each GROUP BY tier ORDER BY tier",
            params,
        )
        found = [TierTime(*row) for row in cursor.fetchall()]
    whole = sum(row.total for row in found)
    return [shared(row, whole) for row in found]


def shared(row: TierTime, whole: float) -> TierTime:
    """The same with its part of the whole."""
    part = row.total / whole if whole else 0.0
    return TierTime(row.tier, row.n, row.p50, row.p90, row.total, row.over, row.budgeted, part)


def handovers(scope: Scope, period: Period) -> list[TeamHandovers]:
    """By team, those with most bounces first: three statements."""
    rows = Handover.objects.filter(scope.about, period.within("sent_at")).order_by()
    bounced = Count("pk", filter=Q(state=HandoverState.BOUNCED))
    received = rows.values("to_team").annotate(
        received=Count("pk"),
        accepted=Count("pk", filter=Q(state=HandoverState.ACCEPTED)),
        bounced=bounced,
        waiting=Count("pk", filter=Q(state=HandoverState.PENDING)),
    )
    sent = rows.values("from_team").annotate(sent=Count("pk"), sent_back=bounced)
    found: dict[int, dict[str, Any]] = {}
    counted: list[dict[str, Any]] = [{**row} for row in received] + [{**row} for row in sent]
    for row in counted:
        team = row.pop("to_team", None) or row.pop("from_team")
        found.setdefault(team, {}).update(row)
    names: Iterable[tuple[int, str]] = Team.objects.filter(pk__in=found).values_list("pk", "name")
    teams = [TeamHandovers(team=name, **found[pk]) for pk, name in names]
    return sorted(teams, key=lambda row: (-row.bounced, -row.received, row.team))


def solved_at_first(scope: Scope, period: Period) -> tuple[int, int]:
    """(solved without ever going above L1, solved at all) of tickets resolved in the period: one statement."""
    above = TierStay.objects.filter(ticket=OuterRef("pk"), tier__gt=Tier.L1)
    solved = scope.tickets.filter(period.within("resolved_at"), status__in=[Status.RESOLVED, Status.CLOSED])
    found = solved.annotate(above=Exists(above)).aggregate(
        all=Count("pk"), first=Count("pk", filter=Q(above=False, tier__lte=Tier.L1))
    )
    return found["first"], found["all"]
