"""What can happen to one clock. Changes the row in memory only; sla/follow.py and sla/sweep.py load and save.

Whatever is written beside the spans (elapsed, due, warning, next firing) is worked out anew from spans, calendar and
target after every change, so nothing drifts and every deadline can be explained.
"""

from datetime import datetime, timedelta

from sla import spans
from sla.models import Breach, Clock, Firing, Obligation, Stage, State
from sla.rulebook import Rule, Terms
from tickets.models import Ticket
from tickets.states import LABELS, Status

# Answered exactly at the due instant is met. It is late once more than the target is used: a microsecond more, which,
# for a target that ends at closing time, passes only when the desk opens again.
MORE = 0.000_001
CHANGING = (
    "severity", "policy_id", "policy_version", "reason", "target", "calendar_id", "calendar_version", "state", "counts",
    "stopped_at", "spans", "changes", "elapsed", "warn_at", "due_at", "warned_at", "breached_at", "settled_at", "stage",
    "arming", "fires_at", "trouble",
)  # fmt: skip


def start(ticket: Ticket, obligation: str, rule: Rule, *, at: datetime, cause: str, cycle: int = 1) -> Clock:
    """A clock that runs from `at`, not yet saved."""
    clock = Clock(ticket=ticket, obligation=obligation, cycle=cycle, started_at=at)
    clock.spans = [spans.begin(spans.RUNNING, at=at, cause=cause)]
    adopt(clock, ticket, rule, at=at, why="")
    return clock


def terms_of(clock: Clock, rule: Rule | None) -> Terms | None:
    """What the policy holds this clock to; None when it promises nothing of the kind."""
    return rule.terms.get((clock.severity, clock.obligation)) if rule else None


def adopt(clock: Clock, ticket: Ticket, rule: Rule, *, at: datetime, why: str) -> None:
    """Hold an unfinished clock to the policy and severity in force; time used stays used, and is counted anew from the
    start. A warning is armed again only when the new target moves it into the future."""
    terms = rule.terms.get((ticket.severity, clock.obligation))
    calendar = (terms.calendar, terms.calendar_version) if terms else (None, 0)
    before = (clock.policy_id, clock.policy_version, clock.severity, clock.calendar_id, clock.calendar_version)
    if before == (rule.pk, rule.version, ticket.severity, *calendar):
        return
    old = {"target": clock.target, "due": clock.due_at and clock.due_at.isoformat(), "elapsed": clock.elapsed}
    clock.policy_id, clock.policy_version, clock.reason = rule.pk, rule.version, f"{rule.name}: {rule.because}"[:200]
    clock.severity, clock.target = ticket.severity, terms.target if terms else None
    clock.calendar_id, clock.calendar_version = calendar
    plan(clock, terms)
    if clock.warned_at and clock.warn_at and clock.warn_at > at and not clock.breached_at:
        clock.arming, clock.warned_at = clock.arming + 1, None
        plan(clock, terms)
    if why:
        new = {"target": clock.target, "due": clock.due_at and clock.due_at.isoformat()}
        clock.changes = [*clock.changes, {"at": at.isoformat(), "why": why, "from": old, "to": new}]


def plan(clock: Clock, terms: Terms | None) -> None:
    """Work out elapsed, due, warning and next firing from the spans."""
    clock.warn_at = clock.due_at = clock.fires_at = None
    clock.stage = ""
    clock.elapsed = 0
    if terms is None:
        return
    clock.elapsed = spans.used(terms.hours, clock.spans).total_seconds()
    if clock.state != State.RUNNING:
        return
    clock.warn_at = spans.instant(terms.hours, clock.spans, terms.warn)
    clock.due_at = spans.instant(terms.hours, clock.spans, terms.target)
    if clock.breached_at is None and clock.due_at is not None:
        clock.stage = Stage.DUE if clock.warned_at else Stage.WARN
        clock.fires_at = late_at(clock, terms) if clock.warned_at else clock.warn_at


def late_at(clock: Clock, terms: Terms) -> datetime | None:
    """The first instant at which a running clock has used more than its target."""
    return spans.instant(terms.hours, clock.spans, terms.target + MORE)


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
    clock.stage, clock.fires_at = "", None
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


def warn(clock: Clock, terms: Terms, *, now: datetime) -> Firing:
    """The warning of a clock whose warning is due."""
    clock.warned_at = clock.warn_at
    clock.stage, clock.fires_at = Stage.DUE, late_at(clock, terms)
    return fired(clock, Stage.WARN, due=clock.warn_at or now, now=now)


def fired(clock: Clock, stage: Stage, *, due: datetime, now: datetime) -> Firing:
    """The row that says a stage has fired."""
    return Firing(clock_id=clock.pk, stage=stage, arming=clock.arming, due_at=due, fired_at=now)


def fit(clock: Clock, status: str, rule: Rule, *, at: datetime, actor: spans.Actor | None) -> Breach | None:
    """Let the clock run, pause, stop or leave as the ticket's status asks. Finished clocks stay as they are, but that a
    reopened ticket's resolve clock goes on."""
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
    if done and resolve:
        return stop(clock, terms, at=at, cause=label, actor=actor)
    if clock.state == State.STOPPED:
        clock.stopped_at, clock.settled_at = None, clock.breached_at
    paused = status in rule.pauses.get(clock.obligation, ())
    kind = spans.CLOSED if done else spans.PAUSED if paused else spans.RUNNING
    clock.spans = spans.turn(clock.spans, kind, at=at, cause=label, actor=actor)
    clock.state = State.RUNNING if kind == spans.RUNNING else State.PAUSED
    plan(clock, terms)
    return None
