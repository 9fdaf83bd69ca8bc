"""Promises kept, as managers are judged by them. From SQL; reports format it.

A unit is one clock cycle with a target. It belongs to the period in which it stopped or fell due unmet, whichever came
first (or, when asked so, in which its ticket was resolved or opened: Basis). Met ÷ (met + breached); an open clock that
is over counts as breached at once; running, paused and cancelled ones stand beside. Missing numbers are zeros;
percentages are None where nothing was decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db.models import Count, IntegerField, Q, QuerySet, TextChoices, Value

from sla.models import Clock, Obligation, State
from tickets.models import Severity

ALL = Count("*")  # never Count("pk"): the indexes that answer do not hold it
NONE = Value(0, output_field=IntegerField())


class Share:
    """Met and breached, and what part of both was met."""

    met: int
    breached: int

    @property
    def decided(self) -> int:
        return self.met + self.breached

    @property
    def percent(self) -> float | None:
        """Share of promises kept, 0–100."""
        return 100 * self.met / self.decided if self.decided else None


@dataclass(frozen=True)
class Score(Share):
    """How one obligation fared at one severity. `open_over`: those of `breached` that are still not met."""

    obligation: str
    severity: int
    met: int
    breached: int
    open_over: int


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


class Basis(TextChoices):
    """Which clocks belong to a period."""

    DECIDED = "decided", "decided in the period"
    RESOLVED = "resolved", "of tickets resolved in the period"
    OPENED = "opened", "of tickets opened in the period"


# By what clocks can be told apart -> the column that does.
GROUPS = {
    "severity": "severity",
    "team": "ticket__team",
    "site": "ticket__site",
    "organisation": "ticket__organisation",
}


@dataclass(frozen=True)
class Tally(Share):
    """How one obligation fared in one group (its key; None: tickets without one). `late`: those of `breached` that are
    still not met. Running, paused and cancelled ones stand beside and count for nothing."""

    obligation: str
    group: int | None
    met: int = 0
    breached: int = 0
    late: int = 0
    running: int = 0
    paused: int = 0
    cancelled: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Both together, in the group of the first."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in NUMBERS}
        return Tally(self.obligation, self.group, **sums)


NUMBERS = [field.name for field in fields(Tally) if field.type is int]


@dataclass(frozen=True)
class Window:
    """[begin, end) as `basis` understands it, looked at from `now`; `about` narrows it to what somebody may see."""

    begin: datetime
    end: datetime
    now: datetime
    basis: Basis = Basis.DECIDED
    about: Q = Q()

    @property
    def until(self) -> datetime:
        """Nothing is decided before it has happened."""
        return min(self.end, self.now)

    @property
    def over(self) -> Q:
        """Missed: on record, or due and not yet seen by the sweep. One that fell due at closing time is not over before
        the desk opens again, which is what the sweep waits for."""
        return Q(breached_at__isnull=False) | Q(state=State.RUNNING, due_at__lt=self.now, fires_at__lt=self.now)

    @property
    def tickets(self) -> Q:
        """For the bases that go by the ticket: clocks of the tickets of this window."""
        column = "ticket__resolved_at" if self.basis == Basis.RESOLVED else "ticket__opened_at"
        return Q(**{f"{column}__gte": self.begin, f"{column}__lt": self.end})

    @property
    def clocks(self) -> "QuerySet[Clock]":
        """Those that count in this window: met or missed."""
        clocks = counted(self.about)
        if self.basis == Basis.DECIDED:
            return clocks.filter(settled(self.begin, self.until))
        return clocks.filter(self.tickets).filter(Q(state=State.STOPPED) | self.over)

    @property
    def missed(self) -> "QuerySet[Clock]":
        if self.basis != Basis.DECIDED:
            return self.clocks.filter(self.over)
        seen = Q(settled_at__gte=self.begin, settled_at__lt=self.until, breached_at__isnull=False)
        return counted(self.about).filter(seen | unseen(self.begin, self.until))

    @property
    def pressed(self) -> "QuerySet[Clock]":
        """Those given a new target in [begin, end) when most of the one before was used."""
        return Clock.objects.filter(self.about, pressed_at__gte=self.begin, pressed_at__lt=self.end)

    @property
    def parts(self) -> "list[tuple[QuerySet[Clock], dict[str, Any]]]":
        """All that a tally speaks of, in parts with an index each, and what each part counts (COUNTED). Undecided ones
        of a window by decision are those that began before its end and stand so now; cancelled ones began within it."""
        every, counts, over = Clock.objects.filter(self.about, target__isnull=False), Q(counts=True), self.over
        undecided = {
            "running": Count("state", filter=counts & Q(state=State.RUNNING) & ~over),
            "paused": Count("state", filter=counts & Q(state=State.PAUSED) & ~over),
        }
        if self.basis != Basis.DECIDED:
            sums = {
                "decided": Count("state", filter=counts & (Q(state=State.STOPPED) | over)),
                "breached": Count("state", filter=counts & over),
                "late": Count("state", filter=counts & over & ~Q(state=State.STOPPED)),
                "cancelled": Count("state", filter=~counts),
            }
            return [(every.filter(self.tickets), sums | undecided)]
        within = every.filter(counts, settled_at__gte=self.begin, settled_at__lt=self.until)
        still = Count("state", filter=~Q(state=State.STOPPED))
        return [
            (within.filter(obligation__in=Obligation.values, severity__in=Severity.values), {"decided": ALL}),
            (within.filter(breached_at__isnull=False), {"breached": ALL, "late": still}),
            (every.filter(unseen(self.begin, self.until), counts), {"decided": ALL, "breached": ALL, "late": ALL}),
            (
                every.filter(counts, state__in=(State.RUNNING, State.PAUSED), settled_at=None, started_at__lt=self.end),
                undecided,
            ),
            (every.filter(~counts, started_at__gte=self.begin, started_at__lt=self.end), {"cancelled": ALL}),
        ]


COUNTED = ("decided", "breached", "late", "running", "paused", "cancelled")


def tally(window: Window, by: str) -> list[Tally]:
    """A row for every obligation and group that has a clock, in no order: one statement. `by` is a key of GROUPS."""
    first, *others = [
        part.order_by()
        .values("obligation", GROUPS[by])
        .annotate(**{f"n_{name}": sums.get(name, NONE) for name in COUNTED})
        .values_list("obligation", GROUPS[by], *(f"n_{name}" for name in COUNTED))
        for part, sums in window.parts
    ]
    found: dict[tuple[str, int | None], list[int]] = {}
    for obligation, group, *numbers in first.union(*others, all=True) if others else first:
        sums = found.setdefault((obligation, group), [0] * len(COUNTED))
        found[obligation, group] = [a + b for a, b in zip(sums, numbers, strict=True)]
    return [
        Tally(obligation, group, decided - breached, breached, *beside)
        for (obligation, group), (decided, breached, *beside) in found.items()
        if decided or any(beside)
    ]


def kept_throughout(window: Window) -> tuple[int, int]:
    """(tickets whose every next response of this window was in time, tickets with one at all): one statement."""
    cycles = window.clocks.filter(obligation=Obligation.NEXT_RESPONSE).order_by().values("ticket")
    found = cycles.annotate(missed=Count("state", filter=window.over)).aggregate(
        n=Count("*"), kept=Count("ticket", filter=Q(missed=0))
    )
    return found["kept"], found["n"]
