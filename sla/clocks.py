"""What can happen to one clock. Changes the row in memory only; sla/follow.py and sla/sweep.py load and save.

Whatever is written beside the spans (elapsed, due, warning, next firing) is worked out anew from spans, calendar and
target after every change, so nothing drifts and every deadline can be explained.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sla import spans, stages
from sla.models import Breach, Clock, Obligation, State
from sla.rulebook import Rule, Terms
from tickets.models import Ticket
from tickets.states import LABELS, Status

CHANGING = (
    "severity", "policy_id", "policy_version", "reason", "target", "calendar_id", "calendar_version", "state", "counts",
    "stopped_at", "spans", "changes", "pressed_at", "elapsed", "warn_at", "due_at", "breached_at", "settled_at",
    "fired", "fires_at", "trouble",
)  # fmt: skip
PRESSED = 0.8  # of a target: a new one after that is shown to managers, as it may hide a miss


def start(ticket: Ticket, obligation: str, rule: Rule, *, at: datetime, cause: str, cycle: int = 1) -> Clock:
    """A clock that runs from `at`, not yet saved."""
    clock = Clock(ticket=ticket, obligation=obligation, cycle=cycle, started_at=at)
    clock.spans = [spans.begin(spans.RUNNING, at=at, cause=cause)]
    adopt(clock, ticket, rule, at=at, why="")
    return clock


def terms_of(clock: Clock, rule: Rule | None) -> Terms | None:
    """What the policy holds this clock to; None when it promises nothing of the kind."""
    terms = rule.terms.get((clock.severity, clock.obligation)) if rule else None
    return replace(terms, target=clock.target or terms.target) if terms and terms.days else terms


def adopt(clock: Clock, ticket: Ticket, rule: Rule, *, at: datetime, why: str) -> None:
    """Hold an unfinished clock to the policy and severity in force; time used stays used, and is counted anew from the
    start, or does not count at all where the policy says so. A stage is armed again only when the new target moves it
    into the future."""
    terms = rule.terms.get((ticket.severity, clock.obligation))
    calendar = (terms.calendar, terms.calendar_version) if terms else (None, 0)
    before = (clock.policy_id, clock.policy_version, clock.severity, clock.calendar_id, clock.calendar_version)
    if before == (rule.pk, rule.version, ticket.severity, *calendar):
        return
    old = {"target": clock.target, "due": clock.due_at and clock.due_at.isoformat(), "elapsed": clock.elapsed}
    target = terms.target_from(spans.counted_from(clock.spans, clock.started_at)) if terms else None
    if why and target != clock.target and is_pressed(clock, rule, terms, at=at):
        clock.pressed_at = at
    if rule.from_change and why and (target, *calendar) != (clock.target, *before[3:]):
        clock.spans = spans.afresh(clock.spans, at=at, cause=why)
        target = terms.target_from(at) if terms else None
    if clock.policy_id != rule.pk or rule.contract:
        clock.reason = f"{rule.name}: {rule.because}"[:200]
    clock.policy_id, clock.policy_version = rule.pk, rule.version
    clock.severity, clock.target = ticket.severity, target
    clock.calendar_id, clock.calendar_version = calendar
    terms = terms_of(clock, rule)
    if clock.fired and terms is not None:
        stages.rearm(clock, terms, at=at)
    plan(clock, terms)
    if why:
        new = {"target": clock.target, "due": clock.due_at and clock.due_at.isoformat()}
        clock.changes = [*clock.changes, {"at": at.isoformat(), "why": why, "from": old, "to": new}]


def is_pressed(clock: Clock, rule: Rule, new: Terms | None, *, at: datetime) -> bool:
    """Whether most of the target in force so far is used, and no breach is on record. Counted in the hours in force so
    far, as long as the policy still knows that calendar."""
    if not clock.target or clock.breached_at is not None:
        return False
    same = next((terms for terms in rule.terms.values() if terms.calendar == clock.calendar_id), new)
    return same is not None and spans.used(same.hours, clock.spans, now=at).total_seconds() >= PRESSED * clock.target


def plan(clock: Clock, terms: Terms | None) -> None:
    """Work out elapsed, due, warning and next firing from the spans."""
    clock.warn_at = clock.due_at = clock.fires_at = None
    clock.elapsed = 0
    if terms is None:
        return
    clock.elapsed = spans.used(terms.hours, clock.spans).total_seconds()
    if clock.state == State.RUNNING:
        clock.due_at = spans.instant(terms.hours, clock.spans, terms.target)
        if clock.due_at is not None:
            clock.warn_at, clock.fires_at = stages.upcoming(clock, terms)


def stop(clock: Clock, terms: Terms | None, *, at: datetime, cause: str, actor: spans.Actor | None) -> Breach | None:
    """The obligation is met, or was missed and nobody had seen it yet: then the breach is returned.

    A resolve clock stops provisionally: its spans go on as closed time, so that reopening continues it.
    """
    if clock.obligation == Obligation.RESOLVE:
        clock.spans = spans.turn(clock.spans, spans.CLOSED, at=at, cause=cause, actor=actor)
    else:
        clock.spans = spans.end(clock.spans, at=at)
    clock.state, clock.stopped_at = State.STOPPED, at
    clock.settled_at = clock.breached_at or at
    plan(clock, terms)
    return breach(clock, terms, now=at)


def breach(clock: Clock, terms: Terms | None, *, now: datetime) -> Breach | None:
    """The breach row of a clock that has used more than its target, dated when it fell due; None when it has not, or
    when its breach is on record already."""
    if terms is None or clock.breached_at is not None:
        return None
    used = spans.used(terms.hours, clock.spans, now=now)
    if used <= timedelta(seconds=terms.target):
        return None
    due = clock.due_at or spans.instant(terms.hours, clock.spans, terms.target) or now
    clock.breached_at = clock.settled_at = due
    return Breach(
        clock=clock,
        ticket_id=clock.ticket_id,
        obligation=clock.obligation,
        cycle=clock.cycle,
        severity=clock.severity,
        target=terms.target,
        due_at=due,
        elapsed=used.total_seconds(),
        over_by=used.total_seconds() - terms.target,
        noticed_at=now,
        policy_id=clock.policy_id,
        policy_version=clock.policy_version,
        calendar_id=terms.calendar,
        calendar_version=terms.calendar_version,
    )


def fit(clock: Clock, status: str, rule: Rule, *, at: datetime, actor: spans.Actor | None) -> Breach | None:
    """Let the clock run, pause, stop or leave as the ticket's status asks. Finished clocks stay as they are, but that a
    reopened ticket's resolve clock goes on; where the policy starts a new one instead, it is not asked here."""
    terms = terms_of(clock, rule)
    label = LABELS[Status(status)]
    if status == Status.CANCELLED:
        clock.counts = False
        if clock.is_unfinished:
            clock.spans = spans.turn(clock.spans, spans.CLOSED, at=at, cause=label, actor=actor)
            clock.state = State.CANCELLED
            plan(clock, terms)
        return None
    clock.counts = True
    done = status in (Status.RESOLVED, Status.CLOSED)
    resolve = clock.obligation == Obligation.RESOLVE
    if clock.state == State.STOPPED and (done or not resolve):
        return None
    if done and clock.obligation in (Obligation.RESOLVE, Obligation.UPDATE):
        return stop(clock, terms, at=at, cause=label, actor=actor)
    if clock.state == State.STOPPED:
        clock.stopped_at, clock.settled_at = None, clock.breached_at
    paused = status in rule.pauses.get(clock.obligation, ())
    kind = spans.CLOSED if done else spans.PAUSED if paused else spans.RUNNING
    clock.spans = spans.turn(clock.spans, kind, at=at, cause=label, actor=actor)
    clock.state = State.RUNNING if kind == spans.RUNNING else State.PAUSED
    plan(clock, terms)
    return None
