"""What would have been: tickets of the last months live their history again, under the policies in force and under a
draft, in memory. Both by the same road, so that the difference is the draft's alone.

A ticket is taken with the site, kind and customer that it has now; everything else happens again when it happened.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import QuerySet

from sla import spans
from sla.follow import KINDS, Ledger
from sla.models import Clock, Obligation
from sla.rulebook import Rulebook
from tickets.models import Event, Kind, Severity, Ticket
from tickets.states import Status

DAYS = 90
SECONDS = 4.0  # of looking; the newest tickets come first
CHUNK = 200
FLIPPED = 50  # tickets shown one by one

MET, MISSED, OPEN = "met", "missed", "open"
Key = tuple[str, int]  # obligation and cycle


@dataclass(frozen=True)
class Line:
    """One obligation at one severity: how it fared, and how it would have."""

    obligation: str
    severity: int
    met: int
    missed: int
    would_meet: int
    would_miss: int

    @property
    def label(self) -> str:
        return str(Obligation(self.obligation).label)

    @property
    def percent(self) -> float | None:
        """Share of promises kept, 0–100; None when nothing was decided."""
        return 100 * self.met / (self.met + self.missed) if self.met + self.missed else None

    @property
    def would(self) -> float | None:
        decided = self.would_meet + self.would_miss
        return 100 * self.would_meet / decided if decided else None


@dataclass(frozen=True)
class Flip:
    """A ticket whose obligation would have ended otherwise; "" where there would be, or was, no such clock."""

    ticket: Ticket
    obligation: str
    before: str
    after: str


@dataclass
class Verdict:
    """The newest `looked` of `there` tickets lived again; `touched` of them come under another rule by the draft."""

    since: datetime
    there: int = 0
    looked: int = 0
    touched: int = 0
    lines: list[Line] = field(default_factory=list)
    flips: list[Flip] = field(default_factory=list)
    flipped: int = 0

    @property
    def is_part(self) -> bool:
        return self.looked < self.there


def compare(now: Rulebook, draft: Rulebook, *, at: datetime, seconds: float = SECONDS) -> Verdict:
    """Live the last DAYS days again for at most so many seconds, under both rulebooks."""
    verdict, until = Verdict(since=at - timedelta(days=DAYS)), time.monotonic() + seconds
    tickets = Ticket.objects.filter(opened_at__gte=verdict.since, opened_at__lte=at)
    verdict.there = tickets.count()
    sums: Counter[tuple[str, int, str, str]] = Counter()
    for ticket, lines in histories(tickets.order_by("-opened_at", "-pk")):
        verdict.looked += 1
        if now.choose(ticket) != draft.choose(ticket):
            verdict.touched += 1
            weigh(ticket, outcomes(ticket, lines, now, at), outcomes(ticket, lines, draft, at), sums, verdict)
        if time.monotonic() > until:
            break
    verdict.lines = [line for line in lines_of(sums) if line.met + line.missed + line.would_meet + line.would_miss]
    return verdict


def histories(tickets: "QuerySet[Ticket]") -> Iterator[tuple[Ticket, list[Event]]]:
    """Each ticket with the lines its clocks hear, oldest first: two statements for CHUNK tickets."""
    first = 0
    while rows := list(tickets[first : first + CHUNK]):
        first += CHUNK
        found = Event.objects.filter(ticket__in=rows, kind__in=KINDS).select_related("actor").order_by("ticket", "id")
        by_ticket = {pk: list(lines) for pk, lines in groupby(found, key=lambda line: line.ticket_id)}
        for ticket in rows:
            yield ticket, by_ticket.get(ticket.pk, [])


def outcomes(ticket: Ticket, lines: Sequence[Event], book: Rulebook, at: datetime) -> dict[Key, tuple[int, str]]:
    """(severity, met | missed | open) of every clock with a target that counts."""
    found = {}
    for clock in live_again(ticket, lines, book):
        if clock.target is None or not clock.counts:
            continue
        found[clock.obligation, clock.cycle] = clock.severity, outcome(clock, book, at)
    return found


def outcome(clock: Clock, book: Rulebook, at: datetime) -> str:
    if clock.breached_at is not None:
        return MISSED
    if not clock.is_unfinished:
        return MET
    rule = book.by_pk[clock.policy_id]
    terms = rule.terms[clock.severity, clock.obligation]
    used = spans.used(terms.hours, clock.spans, now=at)
    return MISSED if used > timedelta(seconds=clock.target or 0) else OPEN


def live_again(ticket: Ticket, lines: Sequence[Event], book: Rulebook) -> list[Clock]:
    """The clocks of a ticket after its history, as if this rulebook had always been in force. Nothing is saved."""
    ghost = copy(ticket)
    ghost.status, ghost.acknowledged_at, ghost.first_responded_at = Status.NEW, None, None
    clocks: list[Clock] = []
    for moment, group in groupby(lines, key=lambda line: line.at):
        together = list(group)
        ledger = Ledger(ghost, book, now=moment)
        ledger.clocks = clocks
        for line in together:
            become(ghost, ticket, line)
        ledger.live(together)
    return clocks


def become(ghost: Ticket, ticket: Ticket, line: Event) -> None:
    """What a line of history made of the ticket."""
    if line.kind == Kind.OPENED:
        ghost.severity = line.data.get("severity", ticket.severity)
    elif line.kind in (Kind.STATUS_CHANGED, Kind.REOPENED):
        ghost.status = line.data.get("to", ghost.status)
    elif line.kind == Kind.ACKNOWLEDGED and ghost.status == Status.NEW:
        ghost.status = Status.ACKNOWLEDGED
    elif line.kind == Kind.SEVERITY_CHANGED:
        ghost.severity = line.data.get("to", ghost.severity)
    for name in ("acknowledged_at", "first_responded_at"):
        given = getattr(ticket, name)
        if given is not None and given <= line.at:
            setattr(ghost, name, given)


def weigh(
    ticket: Ticket, before: dict[Key, tuple[int, str]], after: dict[Key, tuple[int, str]],
    sums: Counter[tuple[str, int, str, str]], verdict: Verdict,
) -> None:  # fmt: skip
    """Count one ticket, and keep it where something would have ended otherwise."""
    for key in before.keys() | after.keys():
        old, new = before.get(key, (0, "")), after.get(key, (0, ""))
        sums[key[0], old[0], "is", old[1]] += 1
        sums[key[0], new[0], "would", new[1]] += 1
        if old[1] != new[1]:
            verdict.flipped += 1
            if len(verdict.flips) < FLIPPED:
                verdict.flips.append(Flip(ticket, Obligation(key[0]).label, old[1], new[1]))


def lines_of(sums: Counter[tuple[str, int, str, str]]) -> Iterator[Line]:
    for obligation in Obligation.values:
        for severity in Severity.values:
            numbers = [sums[obligation, severity, when, how] for when in ("is", "would") for how in (MET, MISSED)]
            yield Line(obligation, severity, *numbers)
