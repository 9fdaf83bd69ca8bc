"""The ticket's news, as its clocks hear it: in the verb's own transaction, so that the two never disagree."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from accounts.models import User
from lib import rows
from sla import clocks, deeds, rulebook
from sla.models import Breach, Clock, Obligation, State
from sla.rulebook import Rule, Rulebook
from sla.spans import Actor
from tickets.events import follows, record
from tickets.models import Event, Kind, Ticket
from tickets.states import DONE

KINDS = frozenset(
    {
        Kind.OPENED, Kind.RECEIVED, Kind.REPLIED, Kind.ACKNOWLEDGED, Kind.ASSIGNED, Kind.STATUS_CHANGED, Kind.RESOLVED,
        Kind.CLOSED, Kind.REOPENED, Kind.CANCELLED, Kind.MERGED, Kind.UNMERGED, Kind.WOKEN, Kind.SEVERITY_CHANGED,
        Kind.DETAILS_CHANGED,
    }
)  # fmt: skip


@follows(kinds=KINDS)
def follow(events: Sequence[Event]) -> None:
    """Bring the clocks in line with what has just happened to their tickets: however many there are, one statement
    reads their clocks, one writes them."""
    by_ticket: dict[int, list[Event]] = {}
    for event in events:
        by_ticket.setdefault(event.ticket_id, []).append(event)
    book = rulebook.current()
    ledgers = {pk: Ledger(lines[0].ticket, book, now=lines[-1].at) for pk, lines in by_ticket.items()}
    load(ledger for pk, ledger in ledgers.items() if by_ticket[pk][0].kind != Kind.OPENED)
    for pk, ledger in ledgers.items():
        ledger.live(by_ticket[pk])
    save(ledgers.values())


def who(line: Event) -> Actor | None:
    """Who did it, as spans keep it."""
    return (line.actor.pk, str(line.actor)) if line.actor else None


class Ledger:
    """The clocks of one locked ticket while a verb is under way."""

    def __init__(self, ticket: Ticket, book: Rulebook, *, now: datetime) -> None:
        self.ticket, self.book, self.now = ticket, book, now
        self.clocks: list[Clock] = []
        self.breaches: list[Breach] = []
        self.before: dict[int, tuple[Any, ...]] = {}
        self.rechoose = False
        self.why = ""
        self.depth = 1

    def live(self, lines: Sequence[Event]) -> None:
        """What the ticket went through, as its clocks live through it."""
        self.depth = max(line.depth for line in lines) + 1
        if lines[0].kind == Kind.OPENED:
            self.open(at=lines[0].at, opener=lines[0].actor)
        for line in lines:
            self.hear(line)
        self.fit(actor=who(lines[-1]))

    def rule(self, clock: Clock | None = None) -> Rule | None:
        """The clock's policy if it is still in use, else the one chosen for the ticket."""
        kept = None if clock is None or self.rechoose else self.book.by_pk.get(clock.policy_id)
        return kept or self.book.choose(self.ticket)

    def open(self, *, at: datetime, opener: User | None = None) -> None:
        """The clocks every ticket begins with. Nobody waits for an answer where nobody asked: no response clock."""
        rule = self.rule()
        if rule is None:
            return
        asked = self.ticket.requester_id is not None
        by_desk = opener is not None and opener.is_desk and opener.pk != self.ticket.requester_id
        wanted = [Obligation.ACKNOWLEDGE, Obligation.RESOLVE]
        if asked and (rule.times_desk_opened or not by_desk):
            wanted.insert(1, Obligation.FIRST_RESPONSE)
        if asked and rule.any_message and not by_desk:
            wanted.append(Obligation.NEXT_RESPONSE)
        for obligation in wanted:
            self.clocks.append(clocks.start(self.ticket, obligation, rule, at=at, cause="Opened"))

    def hear(self, line: Event) -> None:
        """Answers and questions move the cycles of next response and update; other lines say why targets change."""
        answered = line.kind == Kind.REPLIED or (line.kind == Kind.RESOLVED and line.message_id)
        if line.kind == Kind.RECEIVED:
            self.ask(at=line.at)
        elif answered and line.actor_id is not None:
            for clock in self.clocks:
                if clock.obligation in (Obligation.NEXT_RESPONSE, Obligation.UPDATE):
                    self.stop(clock, at=line.at, cause="Answered", actor=who(line))
            self.inform(at=line.at)
        elif line.kind == Kind.REOPENED and self.ticket.first_responded_at is not None:
            self.inform(at=line.at)
        elif line.kind == Kind.SEVERITY_CHANGED:
            self.why = f"severity P{line.data.get('from')} to P{line.data.get('to')}: {line.data.get('reason', '')}"
        elif line.kind == Kind.DETAILS_CHANGED:
            self.rechoose, self.why = True, "details changed"

    def ask(self, *, at: datetime) -> None:
        """The requester wrote: the oldest unanswered message starts a cycle, no later one moves it. Before the first
        answer that clock runs alone, unless the policy owes an answer to every message."""
        rule = self.rule()
        if rule is not None and (rule.any_message or self.ticket.first_responded_at is not None):
            self.next_cycle(Obligation.NEXT_RESPONSE, rule, at=at, cause="The requester wrote")

    def inform(self, *, at: datetime) -> None:
        """From one public message of the desk to the next, while the ticket is open."""
        rule = self.rule()
        if rule is not None and rule.promises(Obligation.UPDATE) and self.ticket.status not in DONE:
            self.next_cycle(Obligation.UPDATE, rule, at=at, cause="The requester was informed")

    def next_cycle(self, obligation: str, rule: Rule, *, at: datetime, cause: str) -> None:
        """Start one, unless one is under way."""
        cycles = [clock for clock in self.clocks if clock.obligation == obligation]
        if any(clock.is_unfinished for clock in cycles):
            return
        cycle = max((clock.cycle for clock in cycles), default=0) + 1
        self.clocks.append(clocks.start(self.ticket, obligation, rule, at=at, cause=cause, cycle=cycle))

    def stop(self, clock: Clock, *, at: datetime, cause: str, actor: Actor | None) -> None:
        """Stop it if it has not stopped yet."""
        if clock.is_unfinished:
            self.keep(clocks.stop(clock, self.terms(clock), at=max(at, clock.started_at), cause=cause, actor=actor))

    def terms(self, clock: Clock) -> rulebook.Terms | None:
        """What the clock is held to now; takes over an edit of its policy or calendar on the way."""
        rule = self.rule(clock)
        if rule is not None:
            clocks.adopt(clock, self.ticket, rule, at=self.now, why=self.why or "policy or calendar changed")
        return clocks.terms_of(clock, rule)

    def keep(self, breach: Breach | None) -> None:
        if breach is not None:
            self.breaches.append(breach)

    def fit(self, *, actor: Actor | None) -> None:
        """Whatever the ticket says of itself: noted, answered, and its status."""
        given = {
            Obligation.ACKNOWLEDGE: (self.ticket.acknowledged_at, "Acknowledged"),
            Obligation.FIRST_RESPONSE: (self.ticket.first_responded_at, "Answered"),
        }
        for clock in self.clocks:  # a cycle that starts on the way is asked as well
            at, cause = given.get(Obligation(clock.obligation), (None, ""))
            if at is not None:
                self.stop(clock, at=at, cause=cause, actor=actor)
            if clock.state == State.STOPPED and not self.goes_on(clock):
                clock.counts = self.ticket.status != "cancelled"
                continue
            self.terms(clock)
            rule = self.rule(clock)
            if rule is not None:
                self.keep(clocks.fit(clock, self.ticket.status, rule, at=self.now, actor=actor))

    def goes_on(self, clock: Clock) -> bool:
        """Whether a clock that stopped runs again: the last resolve clock of a ticket that is open again, unless its
        policy has a new one start instead."""
        if clock.obligation != Obligation.RESOLVE or self.ticket.status in DONE:
            return False
        if any(other.obligation == clock.obligation and other.cycle > clock.cycle for other in self.clocks):
            return False
        rule = self.rule()
        if rule is None or not rule.resets:
            return True
        self.next_cycle(Obligation.RESOLVE, rule, at=self.now, cause="Reopened")
        return False

    def announce(self) -> None:
        """A line of history for every breach found on the way."""
        for breach in self.breaches:
            rule = self.rule(breach.clock)
            data = told(breach, breach.clock) | deeds.notices_at_deadline(clocks.terms_of(breach.clock, rule))
            record(self.ticket, Kind.BREACHED, at=breach.due_at, depth=self.depth, data=data)


def load(ledgers: Iterable[Ledger]) -> None:
    """Read the clocks of these tickets: one statement, or none."""
    by_ticket = {ledger.ticket.pk: ledger for ledger in ledgers}
    if not by_ticket:
        return
    for clock in Clock.objects.filter(ticket__in=list(by_ticket)).order_by("id"):
        ledger = by_ticket[clock.ticket_id]
        clock.ticket = ledger.ticket
        ledger.clocks.append(clock)
        ledger.before[clock.pk] = facts(clock)


def save(ledgers: Collection[Ledger]) -> None:
    """Write what changed: at most one statement each for new clocks, changed ones and breaches. The soonest deadline
    goes into the ticket, for whoever writes that."""
    every = [(ledger, clock) for ledger in ledgers for clock in ledger.clocks]
    write([clock for ledger, clock in every if clock.pk and facts(clock) != ledger.before[clock.pk]])
    rows.insert([clock for _, clock in every if clock.pk is None])
    rows.insert([breach for ledger in ledgers for breach in ledger.breaches])
    for ledger in ledgers:
        ledger.ticket.next_due_at = soonest(ledger.clocks)  # written with its version by tickets.events.keep
        ledger.announce()


def facts(clock: Clock) -> tuple[Any, ...]:
    """All that can change of a clock."""
    return tuple(getattr(clock, name) for name in clocks.CHANGING)


def write(changed: list[Clock]) -> None:
    """Save changed clocks: one statement (an insert that meets its own row and updates it)."""
    if changed:
        Clock.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["id"], update_fields=list(clocks.CHANGING)
        )


def soonest(all_clocks: list[Clock]) -> datetime | None:
    """The soonest running deadline; None when none runs."""
    return min((clock.due_at for clock in all_clocks if clock.due_at is not None), default=None)


def told(breach: Breach, clock: Clock) -> dict[str, Any]:
    """What the timeline keeps of a breach: seconds and ISO instants."""
    return {
        "clock": breach.clock_id,
        "obligation": breach.obligation,
        "cycle": breach.cycle,
        "severity": breach.severity,
        "target": breach.target,
        "due": breach.due_at.isoformat(),
        "elapsed": breach.elapsed,
        "over_by": breach.over_by,
        "noticed": breach.noticed_at.isoformat(),
        "policy": clock.reason,
        "policy_version": breach.policy_version,
    }
