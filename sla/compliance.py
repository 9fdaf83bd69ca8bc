"""Promises kept, as managers are judged by them. From SQL; reports format it.

A unit is one clock cycle with a target. It belongs to the period in which it stopped or fell due unmet, whichever came
first. Met ÷ (met + breached); an open clock that is over counts as breached at once; running, paused and cancelled ones
stand beside. Missing numbers are zeros; percentages are None where nothing was decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, IntegerField, Q, QuerySet, Value

from sla.models import Clock, Obligation, State
from tickets.models import Severity

ALL = Count("*")  # never Count("pk"): the indexes that answer do not hold it
NONE = Value(0, output_field=IntegerField())


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


def unseen(begin: datetime, end: datetime) -> Q:
    """Clocks that fell due in [begin, end) and that the sweep has not yet seen."""
    return Q(settled_at=None, breached_at=None, fires_at__lt=end, due_at__gte=begin, due_at__lt=end)


def settled(begin: datetime, end: datetime) -> Q:
    """Clocks decided in [begin, end): stopped, breached, or over and not yet seen by the sweep."""
    return Q(settled_at__gte=begin, settled_at__lt=end) | unseen(begin, end)


def counted(about: Q | None = None) -> "QuerySet[Clock]":
    """Clocks that count: with a target, of tickets not cancelled; `about` narrows them to tickets somebody may see."""
    return Clock.objects.filter(about or Q(), counts=True, target__isnull=False)


def compliance(*, begin: datetime, end: datetime, now: datetime, about: Q | None = None) -> Sequence[Score]:
    """One score per obligation and severity, in that order, for [begin, end): one statement.

    Counted in three parts, each from an index alone: all that was settled, what of it was missed, and what is over
    though no sweep has seen it. Nearly all promises are kept, so that the second part is short and the third empty.
    """
    until = min(end, now)

    def part(clocks: "QuerySet[Clock]", **sums: Any) -> "QuerySet[Clock, Any]":
        return clocks.order_by().values("obligation", "severity").annotate(**sums).values_list(
            "obligation", "severity", *sums
        )  # fmt: skip

    clocks = counted(about)
    within = clocks.filter(settled_at__gte=begin, settled_at__lt=until)
    every = within.filter(obligation__in=Obligation.values, severity__in=Severity.values)
    still = Count("state", filter=~Q(state=State.STOPPED))
    rows = part(every, n=ALL, missed=NONE, still=NONE).union(
        part(within.filter(breached_at__isnull=False), n=NONE, missed=ALL, still=still),
        part(clocks.filter(unseen(begin, until)), n=ALL, missed=ALL, still=still),
        all=True,
    )
    found: dict[tuple[str, int], list[int]] = {}
    for obligation, severity, *numbers in rows:
        sums = found.setdefault((obligation, severity), [0, 0, 0])
        found[obligation, severity] = [a + b for a, b in zip(sums, numbers, strict=True)]
    return [
        Score(obligation, severity, n - missed, missed, still_open)
        for obligation in Obligation.values
        for severity in Severity.values
        for n, missed, still_open in [found.get((obligation, severity), (0, 0, 0))]
    ]


def undecided() -> dict[str, int]:
    """What stands beside the percentage now: how many run, pause, or left with a cancelled ticket."""
    return Clock.objects.filter(target__isnull=False).aggregate(
        running=Count("pk", filter=Q(state=State.RUNNING, counts=True, breached_at=None)),
        paused=Count("pk", filter=Q(state=State.PAUSED, counts=True, breached_at=None)),
        cancelled=Count("pk", filter=Q(counts=False)),
    )
