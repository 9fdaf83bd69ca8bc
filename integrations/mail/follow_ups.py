"""What a person decides about a mail: a held one joins its ticket, becomes one, or is let go; a wrong one moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from accounts.models import User
from integrations.mail import attachments
from integrations.mail.attachments import Kept
from integrations.mail.decide import Act, Plan
from integrations.mail.known import known_of
from integrations.mail.participants import sender_of
from integrations.mail.receive import Read, carry_out, read_letter, sender_user
from integrations.models import Inbound, Mail, Outcome, State
from tickets.actions.moving import move_message
from tickets.errors import Refused
from tickets.events import record, working_on
from tickets.models import Kind, Ticket, TicketFollower

DECIDED = "Somebody has decided about this mail already."


@contextmanager
def deciding(
    mail: Mail, *, at: datetime, actor: User, word: str, letter_needed: bool = True
) -> Iterator[tuple[Mail, Read, Plan]]:
    """Lock a held mail, read it again, let the decision be carried out, and note who took it. Raises Refused."""
    inbound = Inbound.objects.select_related("mailbox__team", "mailbox__site__fallback_team").get(pk=mail.inbound_id)
    letter, _ = read_letter(bytes(inbound.raw), inbound.mailbox)
    known = known_of([letter])
    sender = sender_of(letter, known)
    kept = attachments.keep(letter, sender=sender.user, at=at) if letter_needed else Kept()
    try:
        with transaction.atomic():
            locked = Mail.objects.select_for_update(of=("self",)).get(pk=mail.pk)
            if locked.outcome != Outcome.HELD or locked.decided_at is not None:
                raise Refused(DECIDED)
            yield locked, Read(letter, inbound.mailbox, kept, known), Plan(Act.DROP, sender, quiet=sender.refuted)
            locked.decided_at, locked.decided_by = at, actor
            locked.steps = [*locked.steps, [word, "yes", f"by {actor}"]]
            locked.save()
            Inbound.objects.filter(pk=inbound.pk).update(ticket=locked.ticket_id, state=State.DONE, reason="")
    except BaseException:
        kept.discard()
        raise


def accept(*, mail: Mail, at: datetime, actor: User, follow: bool = False) -> Ticket:
    """It belongs to the ticket: add it there as its sender's words; a colleague's as an internal note. With `follow`
    the sender is kept informed from now on. Raises Refused."""
    with deciding(mail, at=at, actor=actor, word="accepted") as (locked, read, plan):
        if locked.candidate is None:
            raise Refused("It is not known where this mail belongs. Make it a ticket of its own.")
        author = sender_user(plan.sender)
        if author is None:
            raise Refused("It has no sender. Make it a ticket of its own.")
        plan = replace(plan, sender=replace(plan.sender, user=author), ticket=locked.candidate)
        by_desk = author.is_desk and author.pk != locked.candidate.requester_id
        locked.ticket, locked.outcome = locked.candidate, Outcome.NOTE if by_desk else Outcome.APPENDED
        carry_out(locked, read, replace(plan, act=Act.NOTE if by_desk else Act.RECEIVE), at=at)
        if follow and not author.is_desk and locked.ticket_id:
            keep_informed(locked.ticket_id, author, at=at, actor=actor)
    assert locked.message is not None
    return locked.message.ticket


def keep_informed(ticket: int, user: User, *, at: datetime, actor: User) -> None:
    """Copy somebody on a ticket from now on."""
    with working_on(ticket, at=at) as locked:
        _, fresh = TicketFollower.objects.get_or_create(ticket=locked, user=user)
        if fresh and user.pk != locked.requester_id:
            changed = {"who is kept informed": ["", str(user)]}
            record(locked, Kind.DETAILS_CHANGED, at=locked.now, actor=actor, via="web", changed=changed)


def split(*, mail: Mail, at: datetime, actor: User) -> Ticket:
    """It is a matter of its own: open a ticket of it. Raises Refused."""
    with deciding(mail, at=at, actor=actor, word="split off") as (locked, read, plan):
        locked.outcome = Outcome.CREATED
        carry_out(locked, read, replace(plan, act=Act.OPEN), at=at)
    assert locked.message is not None
    return locked.message.ticket


def let_go(*, mail: Mail, at: datetime, actor: User) -> None:
    """Nothing comes of it; it stays in the log. Raises Refused."""
    with deciding(mail, at=at, actor=actor, word="let go", letter_needed=False) as (locked, _, _):
        locked.outcome = Outcome.DROPPED


@transaction.atomic
def hold_again(*, mail: Mail, actor: User) -> None:
    """Undo letting go. Raises Refused."""
    locked = Mail.objects.select_for_update(of=("self",)).get(pk=mail.pk)
    if locked.outcome != Outcome.DROPPED or locked.decided_at is None:
        raise Refused("Only what somebody let go can be held again.")
    locked.outcome, locked.decided_at, locked.decided_by = Outcome.HELD, None, None
    locked.steps = [*locked.steps, ["held again", "yes", f"by {actor}"]]
    locked.save(update_fields=["outcome", "decided_at", "decided_by", "steps"])


@transaction.atomic
def move(*, mail: Mail, to: Ticket, at: datetime, actor: User) -> None:
    """It came to the wrong ticket: take its message to another one. Raises Refused."""
    locked = Mail.objects.select_for_update(of=("self",)).select_related("message").get(pk=mail.pk)
    if locked.message is None or locked.ticket_id is None:
        raise Refused("Nothing of this mail is on a ticket.")
    source = locked.ticket_id
    move_message(message=locked.message, to=to, at=at, actor=actor, via="web")
    # Back where it came from: there is nothing left to undo.
    locked.moved_from_id = None if locked.moved_from_id == to.pk else source
    locked.ticket = to
    locked.steps = [*locked.steps, ["moved", "yes", f"#{source} → #{to.pk}, by {actor}"]]
    locked.save(update_fields=["moved_from", "ticket", "steps"])
    Inbound.objects.filter(pk=locked.inbound_id).update(ticket=to)


def take_back(*, mail: Mail, at: datetime, actor: User) -> Ticket:
    """Undo a move. Raises Refused."""
    if mail.moved_from is None:
        raise Refused("It was not moved.")
    move(mail=mail, to=mail.moved_from, at=at, actor=actor)
    return mail.moved_from
