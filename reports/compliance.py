"""SLA compliance as the dashboard lays it out. What counts, and when, is said in sla/compliance.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from reports.measures import Period
from reports.scope import Scope
from sla.compliance import Score, compliance, counted, settled
from sla.models import Clock, Obligation, State
from tickets.models import Severity

MISSED = Q(breached_at__isnull=False) | Q(state=State.RUNNING)
# What a link asks for → (in words, the clocks).
OUTCOMES = {
    "met": ("met", ~MISSED),
    "breached": ("missed", MISSED),
    "late": ("missed and still open", MISSED & ~Q(state=State.STOPPED)),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One obligation: its scores P1 to P4, and all of them together."""

    obligation: str
    label: str
    cells: list[Score]
    all: Score


def together(obligation: str, scores: list[Score]) -> Score:
    """Several scores as one, at severity 0."""
    sums = (sum(getattr(score, name) for score in scores) for name in ("met", "breached", "open_over"))
    return Score(obligation, 0, *sums)


def table(scope: Scope, period: Period, now: datetime) -> list[Row]:
    """A row for every obligation: one statement."""
    scores = compliance(begin=period.start, end=period.end, now=now, about=scope.about)
    rows = []
    for place, obligation in enumerate(Obligation):
        cells = list(scores[place * len(Severity) : (place + 1) * len(Severity)])
        rows.append(Row(obligation.value, str(obligation.label), cells, together(obligation.value, cells)))
    return rows


def overall(rows: list[Row]) -> Score:
    """All obligations together."""
    return together("", [row.all for row in rows])


def clocks_of(scope: Scope, period: Period) -> QuerySet[Any, Clock]:
    """The clocks that the table of this period counts."""
    return counted(scope.about).filter(settled(period.start, period.end))
