"""Ticket histories through the product's own clocks, in memory: what a follower would hold, without a database.

A history is {"calendar", "policy", "events"}; what the product does not offer yet raises NotImplementedError.
"""

import os
from dataclasses import replace
from datetime import datetime
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
django.setup()

from accounts.models import User  # noqa: E402 - models can be imported only once Django is set up
from sla import clocks, spans  # noqa: E402
from sla.follow import Ledger, soonest  # noqa: E402
from sla.hours import Calendar  # noqa: E402
from sla.models import Breach, Clock, Obligation, Stage, State  # noqa: E402
from sla.rulebook import Rule, Rulebook, Terms  # noqa: E402
from tickets.models import Event, Kind, Ticket  # noqa: E402
from tickets.states import Status  # noqa: E402

NAMES = {
    "first_response": Obligation.FIRST_RESPONSE,
    "next_response": Obligation.NEXT_RESPONSE,
    "resolution": Obligation.RESOLVE,
}
STATUSES = {
    "new": Status.NEW, "open": Status.DIAGNOSING, "pending": Status.WAITING, "on_hold": Status.ON_HOLD,
    "resolved": Status.RESOLVED, "closed": Status.CLOSED, "cancelled": Status.CANCELLED, "merged": Status.CANCELLED,
    "deleted": Status.CANCELLED, "spam": Status.CANCELLED,
}  # fmt: skip
OFFERED = {"next_response_scope": "after_first_response", "reopen": "continue", "on_target_change": "from_creation"}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def severity_of(name: str | None) -> int:
    return int(name[1:]) if name and name[1:].isdigit() and 1 <= int(name[1:]) <= 4 else 3


def rule_of(policy: dict[str, Any], calendar: dict[str, Any], version: int, percent: float) -> Rule:
    """The policy as the clocks read it; the same targets at every severity unless the policy tells them apart."""
    by_severity = {severity_of(name): targets for name, targets in policy.get("targets_by_priority", {}).items()}
    hours = Calendar.from_dict(calendar)
    terms = {}
    for severity in range(1, 5):
        targets = by_severity.get(severity, {}) if by_severity else policy.get("targets") or {}
        for name, seconds in targets.items():
            if seconds is None:
                continue
            if name not in NAMES:
                raise NotImplementedError(name)
            terms[severity, str(NAMES[name])] = Terms(seconds, seconds * percent / 100, hours, 1, version)
    paused = frozenset(str(STATUSES[state]) for state in policy.get("pause_states", ["pending"]))
    pausing = policy.get("pause_clocks") or list(NAMES)
    pauses = {str(NAMES[name]): paused for name in pausing if name in NAMES}
    return Rule(1, "Policy", version, None, None, "", pauses, terms)


class History:
    """A ticket that lives through events as the desk's verbs would write them down."""

    def __init__(self, story: dict[str, Any], percent: float = 75) -> None:
        policy = dict(story.get("policy") or {})
        for key, offered in OFFERED.items():
            if policy.get(key, story.get(key, offered)) != offered:
                raise NotImplementedError(key)
        if policy.get("target_days"):
            raise NotImplementedError("target_days")
        self.policy, self.calendar, self.percent, self.version = policy, story["calendar"], percent, 1
        self.clocks: list[Clock] = []
        self.ticket = Ticket(pk=1, requester_id=1)
        self.agent = User(pk=2, name="Agent")

    def live(self, event: dict[str, Any]) -> None:
        """One event of the history."""
        at, lines, opening = moment(event["t"]), [], event["type"] == "created"
        ticket, by_agent = self.ticket, event.get("by") == "agent"
        if opening:
            ticket.opened_at, ticket.severity = at, severity_of(event.get("priority"))
            ticket.status = STATUSES[event.get("state", "open")]
        elif event["type"] == "state":
            ticket.status = STATUSES[event["to"]]
            lines.append(self.line(Kind.STATUS_CHANGED, at))
        elif event["type"] == "priority":
            before, ticket.severity = ticket.severity, severity_of(event["to"])
            lines.append(self.line(Kind.SEVERITY_CHANGED, at, {"from": before, "to": ticket.severity}))
        elif event["type"] == "policy":
            self.policy = {**self.policy, "targets": event.get("targets", self.policy.get("targets"))}
            self.calendar, self.version = event.get("calendar", self.calendar), self.version + 1
        elif event["type"] == "message" and event.get("public", True) and not event.get("auto"):
            if by_agent:
                ticket.first_responded_at = ticket.first_responded_at or at
                lines.append(self.line(Kind.REPLIED, at, actor=self.agent))
            elif event.get("by") == "customer":
                lines.append(self.line(Kind.RECEIVED, at))
        elif event["type"] != "message":
            raise NotImplementedError(event["type"])
        self.follow(lines, at, opening=opening)

    def line(self, kind: Kind, at: datetime, data: dict[str, Any] | None = None, actor: User | None = None) -> Event:
        return Event(ticket=self.ticket, kind=kind, at=at, actor=actor, data=data or {})

    def follow(self, lines: list[Event], at: datetime, *, opening: bool) -> None:
        rule = rule_of(self.policy, self.calendar, self.version, self.percent)
        ledger = Ledger(self.ticket, Rulebook((rule,), {1: rule}), now=at)
        ledger.clocks = self.clocks
        if opening:
            ledger.open(at=at)
        for line in lines:
            ledger.hear(line)
        ledger.fit(actor=None)

    def terms(self, clock: Clock) -> Terms | None:
        """What the clock was or is held to."""
        rule = rule_of(self.policy, self.calendar, self.version, self.percent)
        found = clocks.terms_of(clock, rule)
        return found and replace(found, target=clock.target or found.target)

    def report(self, clock: Clock, at: datetime) -> dict[str, Any]:
        """One clock as plain values."""
        terms = self.terms(clock)
        if terms is None or clock.target is None:
            return {"state": "none", "due": None, "breached": False}
        live = clock.is_unfinished
        used = spans.used(terms.hours, clock.spans, now=at).total_seconds() if live else clock.elapsed
        return {
            "state": str(clock.state),
            "due": clock.due_at.isoformat() if clock.due_at else None,
            "elapsed_s": used,
            "remaining_s": clock.target - used,
            "breached": clock.breached_at is not None or used > clock.target,
            "stopped_at": clock.stopped_at.isoformat() if clock.stopped_at else None,
        }


def evaluate_ticket(story: dict[str, Any], at_iso: str) -> dict[str, Any]:
    """Where every clock of a history stands at an instant."""
    history, at = History(story), moment(at_iso)
    for event in story["events"]:
        if moment(event["t"]) <= at:
            history.live(event)
    found: dict[str, Any] = {}
    for name, obligation in NAMES.items():
        cycles = [clock for clock in history.clocks if clock.obligation == obligation]
        if cycles:
            finished = [clock.elapsed for clock in cycles if clock.state == State.STOPPED]
            worst = max(finished, default=None)
            found[name] = {**history.report(cycles[-1], at), "worst_elapsed_s": worst}
    due = soonest(history.clocks)
    return {"clocks": found, "next_due": due.isoformat() if due else None, "escalations": {}}


def run_escalations(story: dict[str, Any]) -> list[list[str]]:
    """What fires at which poll: one warning before the target and the breach itself are what the product offers."""
    warnings = [stage for stage in story["stages"] if stage.get("pct", 0) < 100]
    if any("pct" not in stage or stage.get("repeat_s") or stage["pct"] > 100 for stage in story["stages"]):
        raise NotImplementedError("offsets and repeats")
    if len(warnings) > 1 or len({stage["clock"] for stage in story["stages"]}) > 1:
        raise NotImplementedError("several warnings")
    history = History(story, percent=warnings[0]["pct"] if warnings else 75)
    ids = {Stage.WARN if stage["pct"] < 100 else Stage.DUE: stage["id"] for stage in story["stages"]}
    obligation, events, fired = NAMES[story["stages"][0]["clock"]], list(story["events"]), []
    for poll in story["polls"]:
        now = moment(poll)
        while events and moment(events[0]["t"]) <= now:
            history.live(events.pop(0))
        for clock in history.clocks:
            for stage in due_stages(history, clock, now):
                if clock.obligation == obligation and stage in ids:
                    fired.append([poll, ids[stage]])
    return fired


def due_stages(history: History, clock: Clock, now: datetime) -> list[Stage]:
    """Fire one clock up to `now`."""
    found: list[Stage] = []
    terms = history.terms(clock)
    while terms is not None and clock.fires_at is not None and clock.fires_at <= now:
        if clock.stage == Stage.WARN:
            clocks.warn(clock, terms, now=now)
            found.append(Stage.WARN)
        elif isinstance(clocks.breach(clock, terms, now=now), Breach):
            found.append(Stage.DUE)
    return found


__all__ = ["evaluate_ticket", "run_escalations"]
