"""What stages do. Notices go into the line of history, and `notifications` tells people; everything else is a verb of
the ticket, carried out in the sweep's transaction. One that is refused becomes a line too, and stops no other.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Team
from sla.durations import written
from sla.models import Act, Clock
from sla.rulebook import Mark, Terms
from tickets.actions.assignment import change_team
from tickets.actions.filing import change_severity
from tickets.errors import Refused
from tickets.events import record, working_on
from tickets.models import Kind, Severity, Ticket

log = logging.getLogger(__name__)
VIA = "sla"
NOTICES = {
    Act.NOTIFY_ASSIGNEE: "assignee",
    Act.NOTIFY_TEAM: "team",
    Act.NOTIFY_MANAGER: "manager",
    Act.NOTIFY_FOLLOWERS: "followers",
    Act.NOTIFY_CONTACTS: "contacts",
}


@dataclass(frozen=True)
class Order:
    """One action to be carried out on a ticket, and why, in words."""

    ticket: Ticket
    obligation: str
    action: Mapping[str, Any]
    reason: str


def words(stage: Mark, repetition: int = 0) -> str:
    """ "75 % of the time used", "2h after the deadline, again (3)"."""
    if stage.percent is not None and stage.percent != 100:
        text = f"{stage.percent} % of the time used"
    elif not stage.offset:
        text = "the deadline"
    else:
        side = "before" if stage.offset < 0 else "after"
        text = f"{written(abs(stage.offset), around_the_clock=True)} {side} the deadline"
    return f"{text}, again ({repetition})" if repetition else text


def notices(stages: Iterable[Mark]) -> list[str]:
    """Whom these stages tell, each once."""
    found = (NOTICES.get(action["do"]) for stage in stages for action in stage.actions)
    return list(dict.fromkeys(whom for whom in found if whom))


def notices_at_deadline(terms: Terms | None) -> dict[str, list[str]]:
    """Whom a breach tells that no sweep has seen: {"notify": …}; nothing where the policy is not known any more."""
    if terms is None:
        return {}
    return {"notify": notices(s for s in terms.stages if s.seconds(terms.target) == terms.target)}


def orders(clock: Clock, stage: Mark, repetition: int) -> list[Order]:
    """What is left to do of a stage besides telling people."""
    reason = f"{clock.label}: {words(stage, repetition)}"
    todo = [action for action in stage.actions if action["do"] not in NOTICES]
    return [Order(clock.ticket, clock.obligation, action, reason) for action in todo]


def carry_out(given: Iterable[Order], *, at: datetime) -> None:
    """Each in a savepoint of its own, in order. The tickets are locked already."""
    for order in given:
        try:
            with transaction.atomic():
                DEEDS[Act(order.action["do"])](order, at)
        except Refused as refused:
            note(order, at, refused=refused.message)
        except Exception as error:  # whatever one action meets, the others and the sweep go on; the line says so
            log.exception("stage of #%s could not do %s", order.ticket.pk, order.action)
            note(order, at, refused=f"{type(error).__name__}: {error}"[:300])


def note(order: Order, at: datetime, **facts: Any) -> None:
    """A line of history about an action."""
    with working_on(order.ticket.pk, at=at) as locked:
        data = {"obligation": order.obligation, "stage": order.reason, "do": order.action.get("do"), **facts}
        record(locked, Kind.ESCALATED, at=locked.now, via=VIA, data=data)


def hand_to_team(order: Order, at: datetime) -> None:
    team = Team.objects.filter(pk=order.action.get("team") or 0).first()
    if team is None:
        raise Refused("The team that it should go to is gone.")
    change_team(ticket=order.ticket, to=team, at=at, actor=None, via=VIA, reason=order.reason)


def raise_severity(order: Order, at: datetime) -> None:
    """Never above P1: there it stays, without a line."""
    severity = Ticket.objects.values_list("severity", flat=True).get(pk=order.ticket.pk)
    if severity > Severity.P1:
        change_severity(
            ticket=order.ticket, to=severity - 1, reason=order.reason, at=at, actor=None, via=VIA
        )  # fmt: skip


def raise_tier(order: Order, at: datetime) -> None:
    """To the team that the stage names, else to the only team of the next tier that there is."""
    if order.action.get("team"):
        return hand_to_team(order, at)
    tier = Ticket.objects.values_list("tier", flat=True).get(pk=order.ticket.pk)
    teams = list(Team.objects.filter(tier=tier + 1, restricted=False)[:2])
    if len(teams) != 1:
        raise Refused(f"Tier {tier + 1} has {'no' if not teams else 'more than one'} team: name one in the policy.")
    change_team(ticket=order.ticket, to=teams[0], at=at, actor=None, via=VIA, reason=order.reason)
    return None


def start_ladder(order: Order, at: datetime) -> None:
    note(order, at)


DEEDS = {
    Act.CHANGE_TEAM: hand_to_team,
    Act.RAISE_SEVERITY: raise_severity,
    Act.RAISE_TIER: raise_tier,
    Act.START_LADDER: start_ladder,
}
