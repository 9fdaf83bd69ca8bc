"""Who has it: assignee, team, acknowledgement."""

from datetime import datetime

from accounts.models import Team, User
from tickets.actions.conversation import take_note
from tickets.errors import Refused
from tickets.events import record, working_on
from tickets.models import Handover, HandoverState, Kind, Ticket


def acknowledge(*, ticket: Ticket, at: datetime, actor: User, via: str) -> Ticket:
    """A person has taken note. Asking again changes nothing."""
    with working_on(ticket.pk, at=at) as locked:
        take_note(locked, at=locked.now, actor=actor, via=via)
    return locked


def assign(*, ticket: Ticket, to: User | None, at: datetime, actor: User | None, via: str) -> Ticket:
    """Give it to a person of the desk, or to nobody. Assigning acknowledges."""
    with working_on(ticket.pk, at=at) as locked:
        if to is not None and not to.is_desk:
            raise Refused(f"{to} does not work tickets.", field="assignee")
        if to is not None and not Ticket.objects.visible_to(to).filter(pk=locked.pk).exists():
            raise Refused(f"{to} cannot see tickets of {locked.team}.", field="assignee")
        if locked.assignee_id == (to.pk if to else None):
            return locked
        before = locked.assignee
        locked.assignee = to
        if to is not None:
            locked.unowned_at = None
        record(
            locked, Kind.ASSIGNED, at=locked.now, actor=actor, via=via,
            data={"from": before.pk if before else None, "from_name": str(before or ""),
               "to": to.pk if to else None, "to_name": str(to or "")},
        )  # fmt: skip
        if to is not None and actor is not None:
            take_note(locked, at=locked.now, actor=actor, via=via)
    return locked


def change_team(*, ticket: Ticket, to: Team, at: datetime, actor: User | None, via: str, reason: str = "") -> Ticket:
    """Move it to another team; the tier follows the team and the assignee is released unless a member.

    Up a tier an agent hands it over, with a packet (tickets/actions/handover.py); managers, admins and the desk itself
    may move it there without. A handover that nobody has accepted yet ends with the move.
    """
    with working_on(ticket.pk, at=at) as locked:
        if locked.team_id == to.pk:
            return locked
        if to.tier > locked.tier and actor is not None and not actor.is_manager:
            raise Refused(f"{to} is a higher tier (L{to.tier}): hand it over, with a packet.", field="team")
        before = locked.team
        if locked.handed_over_at is not None:
            Handover.objects.filter(ticket=locked, state=HandoverState.PENDING).update(
                state=HandoverState.WITHDRAWN, answered_at=locked.now, answered_by=actor
            )
        move_to(locked, to, tier=to.tier)
        record(
            locked, Kind.TEAM_CHANGED, at=locked.now, actor=actor, via=via, reason=reason,
            data={"from": before.pk, "from_name": before.name, "to": to.pk, "to_name": to.name},
        )  # fmt: skip
    return locked


def move_to(locked: Ticket, to: Team, *, tier: int) -> None:
    """The locked ticket is that team's; its assignee is released unless a member. No handover waits any more."""
    locked.team, locked.tier, locked.placed_by_fallback, locked.handed_over_at = to, tier, False, None
    if locked.assignee_id and not to.memberships.filter(user=locked.assignee_id).exists():
        locked.assignee = None
