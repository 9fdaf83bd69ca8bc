"""Promises kept, as managers are judged by them. From SQL; reports format it.

A unit is one clock cycle with a target. It belongs to the period in which it stopped or fell due unmet, whichever came
first. Met ÷ (met + breached); an open clock that is over counts as breached at once; running, paused and cancelled ones
stand beside. Missing numbers are zeros; percentages are None where nothing was decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from sla.models import Clock, Obligation, State
from tickets.models import Severity, Ticket


@dataclass(frozen=True)
class Score:
    """How one obligation fared at one severity. `open_over`: those of `breached` that are still not met."""

    obligation: str
    severity: int
    met: int
    breached: int
    open_over: int

    @property
    def decided(self) -> int:
        return self.met + self.breached

    @property
    def percent(self) -> float | None:
        """Share of promises kept, 0–100."""
        return 100 * self.met / self.decided if self.decided else None


def settled(begin: datetime, end: datetime) -> Q:
    """Clocks decided in [begin, end): stopped, breached, or over and not yet seen by the sweep."""
    unseen = Q(breached_at=None, fires_at__lt=end, due_at__gte=begin, due_at__lt=end)
    return Q(settled_at__gte=begin, settled_at__lt=end) | unseen


def counted(tickets: "QuerySet[Ticket] | None" = None) -> "QuerySet[Clock]":
    """Clocks that count: with a target, of tickets not cancelled; of `tickets` (those somebody may see) when given."""
    clocks = Clock.objects.filter(counts=True, target__isnull=False)
    return clocks if tickets is None else clocks.filter(ticket__in=tickets)


def compliance(
    *, begin: datetime, end: datetime, now: datetime, tickets: "QuerySet[Ticket] | None" = None
) -> Sequence[Score]:
    """One score per obligation and severity, in that order, for [begin, end): one statement."""
    until = min(end, now)
    over = Q(breached_at__isnull=False) | Q(state=State.RUNNING, breached_at=None)
    rows = (
        counted(tickets)
        .filter(settled(begin, until))
        .values("obligation", "severity")
        .annotate(
            met=Count("pk", filter=Q(state=State.STOPPED, breached_at=None)),
            breached=Count("pk", filter=over),
            open_over=Count("pk", filter=over & ~Q(state=State.STOPPED)),
        )
        .order_by()
    )
    found = {(row["obligation"], row["severity"]): (row["met"], row["breached"], row["open_over"]) for row in rows}
    return [
        Score(obligation, severity, *found.get((obligation, severity), (0, 0, 0)))
        for obligation in Obligation.values
        for severity in Severity.values
    ]


def undecided(tickets: "QuerySet[Ticket] | None" = None) -> dict[str, int]:
    """What stands beside the percentage now: how many run, pause, or left with a cancelled ticket."""
    clocks = Clock.objects.filter(target__isnull=False)
    if tickets is not None:
        clocks = clocks.filter(ticket__in=tickets)
    return clocks.aggregate(
        running=Count("pk", filter=Q(state=State.RUNNING, counts=True, breached_at=None)),
        paused=Count("pk", filter=Q(state=State.PAUSED, counts=True, breached_at=None)),
        cancelled=Count("pk", filter=Q(counts=False)),
    )
