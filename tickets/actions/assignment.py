"""Who has it: assignee, team, acknowledgement."""

from datetime import datetime

from accounts.models import Team, User
from tickets.actions.conversation import take_note
from tickets.errors import Refused
from tickets.events import record, working_on
from tickets.models import Kind, Ticket


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
    """Hand it to another team; the tier follows the team and the assignee is released unless a member."""
    with working_on(ticket.pk, at=at) as locked:
        if locked.team_id == to.pk:
            return locked
        before = locked.team
        locked.team, locked.tier = to, to.tier
        locked.placed_by_fallback = False
        if locked.assignee_id and not to.memberships.filter(user=locked.assignee_id).exists():
            locked.assignee = None
        record(
            locked, Kind.TEAM_CHANGED, at=locked.now, actor=actor, via=via, reason=reason,
            data={"from": before.pk, "from_name": before.name, "to": to.pk, "to_name": to.name},
        )  # fmt: skip
    return locked
