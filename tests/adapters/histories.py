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
from sla.models import Clock, Obligation, State  # noqa: E402
from sla.rulebook import Mark, Rule, Rulebook, Terms, usual_day  # noqa: E402
from sla.stages import Reached  # noqa: E402
from sla.sweep import things_due  # noqa: E402
from tickets.models import Event, Kind, Ticket  # noqa: E402
from tickets.states import Status  # noqa: E402

NAMES = {
    "first_response": Obligation.FIRST_RESPONSE,
    "next_response": Obligation.NEXT_RESPONSE,
    "update": Obligation.UPDATE,
    "resolution": Obligation.RESOLVE,
}
STATUSES = {
    "new": Status.NEW, "open": Status.DIAGNOSING, "pending": Status.WAITING, "on_hold": Status.ON_HOLD,
    "resolved": Status.RESOLVED, "closed": Status.CLOSED, "cancelled": Status.CANCELLED, "merged": Status.CANCELLED,
    "deleted": Status.CANCELLED, "spam": Status.CANCELLED, "acknowledged": Status.ACKNOWLEDGED,
    "in_progress": Status.DIAGNOSING, "waiting": Status.WAITING, "hold": Status.ON_HOLD, "solved": Status.RESOLVED,
    "merge": Status.CANCELLED, "delete": Status.CANCELLED, "cancel": Status.CANCELLED,
}  # fmt: skip
# Switches of a policy, the value that a policy without it has, and all that are offered.
OFFERED = {
    "next_response_scope": ("after_first_response", "any_customer_message"),
    "reopen": ("continue", "reset", "new_cycle"),
    "on_target_change": ("from_creation", "carry_elapsed", "from_change"),
}


TARGETS = {"targets", "targets_by_priority", "target_days", "end_of_working_day"}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def severity_of(name: str | None) -> int:
    return int(name[1:]) if name and name[1:].isdigit() and 1 <= int(name[1:]) <= 4 else 3


def rule_of(policy: dict[str, Any], calendar: dict[str, Any], version: int, stages: list[dict[str, Any]]) -> Rule:
    """The policy as the clocks read it; the same targets at every severity unless the policy tells them apart."""
    by_severity = {severity_of(name): targets for name, targets in policy.get("targets_by_priority", {}).items()}
    hours = Calendar.from_dict(calendar)
    terms = {}
    for severity in range(1, 5):
        targets = by_severity.get(severity, {}) if by_severity else policy.get("targets") or {}
        days = policy.get("target_days") or {}
        for name in {*targets, *days}:
            if name not in NAMES:
                raise NotImplementedError(name)
            if targets.get(name) is not None or days.get(name):
                terms[severity, str(NAMES[name])] = Terms(
                    target=targets.get(name) or days[name] * usual_day(hours),
                    hours=hours,
                    calendar=1,
                    calendar_version=version,
                    days=days.get(name) or 0,
                    end_of_day=bool(policy.get("end_of_working_day")),
                    stages=tuple(mark(n, s) for n, s in enumerate(stages) if s["clock"] == name),
                )
    paused = frozenset(str(STATUSES[state]) for state in policy.get("pause_states", ["pending"]))
    pausing = policy.get("pause_clocks")
    pausing = list(NAMES) if pausing is None else pausing
    pauses = {str(NAMES[name]): paused for name in pausing if name in NAMES}
    return Rule(
        1, "Policy", version, None, None, "", pauses, terms,
        resets=policy.get("reopen", "continue") != "continue",
        from_change=policy.get("on_target_change") == "from_change",
        any_message=policy.get("next_response_scope") == "any_customer_message",
    )  # fmt: skip


def mark(number: int, stage: dict[str, Any]) -> Mark:
    """A stage as the clocks read it, known by its place in the list."""
    every = int(stage.get("repeat_s") or 0)
    times = stage.get("max_repeats")
    return Mark(
        pk=number,
        percent=stage.get("pct"),
        offset=int(stage.get("offset_s") or 0),
        every=every,
        times=0 if not every else 1000 if times is None else int(times),
    )


class History:
    """A ticket that lives through events as the desk's verbs would write them down."""

    def __init__(self, story: dict[str, Any]) -> None:
        policy = dict(story.get("policy") or {})
        for key, offered in OFFERED.items():
            policy[key] = policy.get(key, story.get(key, offered[0]))
            if policy[key] not in offered:
                raise NotImplementedError(f"{key}: {policy[key]}")
        self.stages = story.get("stages") or policy.get("stages") or []
        self.policy, self.calendar, self.version = policy, story["calendar"], 1
        self.clocks: list[Clock] = []
        self.ticket = Ticket(pk=1, requester_id=1)
        self.agent = User(pk=2, name="Agent", role="agent")

    def live(self, event: dict[str, Any]) -> None:
        """One event of the history."""
        at, lines, opening = moment(event["t"]), [], event["type"] == "created"
        ticket, by_agent = self.ticket, event.get("by") == "agent"
        if opening:
            ticket.opened_at, ticket.severity = at, severity_of(event.get("priority"))
            ticket.status = STATUSES[event.get("state", "open")]
        elif event["type"] == "state" or event["type"] in STATUSES:
            ticket.status = STATUSES[event["to"] if event["type"] == "state" else event["type"]]
            lines.append(self.line(Kind.STATUS_CHANGED, at))
        elif event["type"] == "priority":
            before, ticket.severity = ticket.severity, severity_of(event["to"])
            lines.append(self.line(Kind.SEVERITY_CHANGED, at, {"from": before, "to": ticket.severity}))
        elif event["type"] == "policy":
            self.policy |= {name: event[name] for name in self.policy.keys() | TARGETS if name in event}
            self.calendar, self.version = event.get("calendar", self.calendar), self.version + 1
        elif event["type"] == "message" and event.get("public", True) and not event.get("auto"):
            if by_agent:
                ticket.first_responded_at = ticket.first_responded_at or at
                lines.append(self.line(Kind.REPLIED, at, actor=self.agent))
            elif event.get("by") == "customer":
                lines.append(self.line(Kind.RECEIVED, at))
        elif event["type"] != "message":
            raise NotImplementedError(event["type"])
        self.follow(lines, at, opening=opening, opener=self.agent if by_agent else None)

    def book(self) -> Rulebook:
        """The only policy there is, as it stands."""
        rule = rule_of(self.policy, self.calendar, self.version, self.stages)
        return Rulebook((rule,), {1: rule})

    def line(self, kind: Kind, at: datetime, data: dict[str, Any] | None = None, actor: User | None = None) -> Event:
        return Event(ticket=self.ticket, kind=kind, at=at, actor=actor, data=data or {})

    def follow(self, lines: list[Event], at: datetime, *, opening: bool, opener: User | None) -> None:
        ledger = Ledger(self.ticket, self.book(), now=at)
        ledger.clocks = self.clocks
        if opening:
            ledger.open(at=at, opener=opener)
        for line in lines:
            ledger.hear(line)
        ledger.fit(actor=None)

    def terms(self, clock: Clock) -> Terms | None:
        """What the clock was or is held to."""
        rule = rule_of(self.policy, self.calendar, self.version, self.stages)
        found = clocks.terms_of(clock, rule)
        return found and replace(found, target=clock.target or found.target)

    def instants(self) -> dict[str, str | None]:
        """When each stage is reached: of a clock that runs, else None."""
        found: dict[str, str | None] = {}
        for number, stage in enumerate(self.stages):
            cycles = [clock for clock in self.clocks if clock.obligation == NAMES[stage["clock"]]]
            terms = self.terms(cycles[-1]) if cycles and cycles[-1].state == State.RUNNING else None
            marks = {one.pk: one for one in terms.stages} if terms else {}
            at = terms and spans.instant(terms.hours, cycles[-1].spans, marks[number].seconds(terms.target))
            found[stage["id"]] = at.isoformat() if at else None
        return found

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
    return {
        "clocks": found,
        "next_due": due.isoformat() if due else None,
        "escalations": history.instants(),
    }


def run_escalations(story: dict[str, Any]) -> list[list[str]]:
    """What fires at which poll, with what the sweep itself asks of a clock."""
    history = History(story)
    events, fired = sorted(story["events"], key=lambda event: moment(event["t"])), []
    for poll in story["polls"]:
        now = moment(poll)
        while events and moment(events[0]["t"]) <= now:
            history.live(events.pop(0))
        found: list[Reached] = []
        for clock in history.clocks:
            clock.ticket = history.ticket
            if clock.fires_at is not None and clock.fires_at <= now:
                found += [one for one in things_due(clock, history.book(), now) if isinstance(one, Reached)]
        for one in sorted(found, key=lambda one: one.since):
            fired.append([poll, story["stages"][one.stage.pk]["id"]])
    return fired


__all__ = ["evaluate_ticket", "run_escalations"]
