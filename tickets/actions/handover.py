"""Up a tier with a packet: the sending team hands over, the receiving team accepts or bounces.

Everything happens under the ticket's row lock, so of two who answer at once one wins and the other is told who did.
"""

from collections.abc import Mapping
from datetime import datetime

from accounts.models import Team, User
from tickets.actions.assignment import move_to
from tickets.actions.conversation import take_note
from tickets.errors import Refused
from tickets.events import record, working_on
from tickets.models import Handover, HandoverState, Kind, Part, Ticket, required_parts

MAX_PART = 4000  # characters


def hand_over(*, ticket: Ticket, to: Team, packet: Mapping[str, str], at: datetime, actor: User, via: str) -> Handover:
    """Hand it to a team of a higher tier. `packet` is {part: text}; raises Refused naming the first part that is
    missing. The ticket is that team's at once, and marked until somebody there accepts it."""
    with working_on(ticket.pk, at=at) as locked:
        check(locked, to)
        said = packed(locked, packet)
        row = Handover(
            ticket=locked, from_team=locked.team, from_tier=locked.tier, to_team=to, to_tier=to.tier, packet=said,
            sent_at=locked.now, sent_by=actor, had_it=locked.assignee,
        )  # fmt: skip
        row.save()
        move_to(locked, to, tier=to.tier)
        locked.handed_over_at = locked.now
        take_note(locked, at=locked.now, actor=actor, via=via)
        record(locked, Kind.HANDED_OVER, at=locked.now, actor=actor, via=via, data=told(row))
    return row


def check(locked: Ticket, to: Team) -> None:
    """Raises Refused unless it can be handed to that team now."""
    if not locked.is_open:
        raise Refused(f"#{locked.pk} is {locked.status_label.lower()}. Reopen it before you hand it over.")
    if locked.handed_over_at is not None:
        raise Refused(f"It waits for {locked.team} to accept it. It can be handed on once they have.")
    if to.tier <= locked.tier:
        raise Refused(
            f"{to} (L{to.tier}) is no higher tier than L{locked.tier}: change the team instead.", field="team"
        )


def packed(locked: Ticket, packet: Mapping[str, str]) -> dict[str, str]:
    """The packet without empty parts. Raises Refused for a part that is missing, unknown or too long."""
    if unknown := sorted(set(packet) - set(Part.values)):
        raise Refused(f"A packet has no part “{unknown[0]}”.", field="packet")
    said = {part.value: text for part in Part if (text := packet.get(part, "").replace("\0", "").strip())}
    for part in required_parts(locked):
        if part.value not in said:
            raise Refused(f"The next tier needs to know: {part.label.lower()}.", field=part.value)
    for name, text in said.items():
        if len(text) > MAX_PART:
            raise Refused(f"Keep it within {MAX_PART} characters.", field=name)
    return said


def accept_handover(*, ticket: Ticket, at: datetime, actor: User, via: str) -> Handover:
    """The receiving team takes it on. Raises Refused when no handover waits, or it waits for others."""
    with working_on(ticket.pk, at=at) as locked:
        row = waiting(locked, actor)
        answer(row, HandoverState.ACCEPTED, locked, actor)
        take_note(locked, at=locked.now, actor=actor, via=via)
        record(locked, Kind.HANDOVER_ACCEPTED, at=locked.now, actor=actor, via=via, data=told(row))
    return row


def bounce_handover(*, ticket: Ticket, reason: str, at: datetime, actor: User, via: str) -> Handover:
    """The receiving team sends it back, saying why: to the team it came from, and to whoever had it if that person
    still works tickets and sees it."""
    with working_on(ticket.pk, at=at) as locked:
        row = waiting(locked, actor)
        reason = " ".join(reason.replace("\0", "").split())
        if not reason:
            raise Refused("Say why: the team that sent it must know what is missing.", field="reason")
        row.reason = reason[:500]
        answer(row, HandoverState.BOUNCED, locked, actor)
        take_note(locked, at=locked.now, actor=actor, via=via)
        move_to(locked, row.from_team, tier=row.from_tier)
        if row.had_it is not None and works_for(row.had_it, row.from_team):
            locked.assignee = row.had_it
        record(locked, Kind.HANDOVER_BOUNCED, at=locked.now, actor=actor, via=via, reason=row.reason, data=told(row))
    return row


def waiting(locked: Ticket, actor: User) -> Handover:
    """The handover that waits for this person's answer. Raises Refused, saying who was faster or who may."""
    newest = Handover.objects.filter(ticket=locked).select_related("from_team", "to_team", "had_it").last()
    if newest is None:
        raise Refused(f"#{locked.pk} was not handed over.")
    if newest.state != HandoverState.PENDING:
        by = f" by {newest.answered_by}" if newest.answered_by else ""
        raise Refused(f"Too late: it was {HandoverState(newest.state).value}{by} already.")
    if not locked.is_open:
        raise Refused(f"#{locked.pk} is {locked.status_label.lower()} by now.")
    if not (actor.is_manager or newest.to_team.memberships.filter(user=actor).exists()):
        raise Refused(f"Only the people of {newest.to_team} and managers accept or bounce it.")
    return newest


def answer(row: Handover, state: HandoverState, locked: Ticket, actor: User) -> None:
    """Write what became of it; nothing waits any more."""
    row.state, row.answered_at, row.answered_by = state, locked.now, actor
    row.save(update_fields=["state", "answered_at", "answered_by", "reason"])
    locked.handed_over_at = None


def works_for(person: User, team: Team) -> bool:
    """Whether this person works tickets and sees those of that team."""
    if not (person.is_active and person.is_desk):
        return False
    return not team.restricted or person.is_admin or team.memberships.filter(user=person).exists()


def told(row: Handover) -> dict[str, object]:
    """What the timeline keeps: between which teams and tiers. The packet itself stays in its row."""
    return {
        "handover": row.pk,
        "from": row.from_team_id,
        "from_name": row.from_team.name,
        "from_tier": row.from_tier,
        "to": row.to_team_id,
        "to_name": row.to_team.name,
        "to_tier": row.to_tier,
        "sent_by": row.sent_by_id,
    }
