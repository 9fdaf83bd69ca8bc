"""Mails of a claim that only open tickets, in one transaction: most of the work is the same for one and for all.

Whatever could depend on another mail of the claim (an answer, a second mail of the same person, a bounce) or fails is
left for `receive`, which takes one at a time. So is everything when anything fails: then each meets its own fate.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection, transaction

from accounts.actions.people import newcomers
from accounts.models import User
from deliveries import references
from integrations.mail import attachments, headers, identifiers, receive
from integrations.mail.arrival import Arrival, arriving_together
from integrations.mail.attachments import Kept
from integrations.mail.charsets import clean
from integrations.mail.decide import Act, Plan, decide
from integrations.mail.headers import Headers
from integrations.mail.known import Known, known_of, sender_address
from integrations.mail.letter import Letter
from integrations.mail.receive import Read
from integrations.mail.thread import clues
from integrations.models import Inbound, Mail, Mailbox, State
from lib import rows
from tickets.actions.opening import Opened, Opening, open_together

log = logging.getLogger(__name__)


class Elsewhere(Exception):
    """Somebody else works one of them."""


class Arrived(NamedTuple):
    """A stored mail, read."""

    inbound: Inbound
    letter: Letter
    head: Headers
    mailbox: Mailbox | None


@dataclass(slots=True)
class Work:
    """One mail's way through: its row of the flight recorder, and who sent it, once that is known."""

    arrived: Arrived
    plan: Plan
    read: Read
    mail: Mail
    sender: User | None = None

    @property
    def opens(self) -> bool:
        return self.plan.act == Act.OPEN


def take(inbounds: Sequence[Inbound]) -> set[int]:
    """Make tickets of those that are new mail of different people; the primary keys of the rows that are done."""
    kept: list[Kept] = []
    try:
        arrived = independent(inbounds)
        if len(arrived) < 2:
            return set()
        known = known_of([one.letter for one in arrived])
        work = [planned(one, known, kept) for one in arrived if not is_desk(one.letter, known)]
        if work:
            carry_out(work)
    except Exception:  # whatever it is, and whichever it is about: taken one by one, each has its own reason
        log.info("%s mails are taken one by one", len(inbounds), exc_info=True)
        for files in kept:
            files.discard()
        return set()
    return {one.arrived.inbound.pk for one in work}


def independent(inbounds: Sequence[Inbound]) -> list[Arrived]:
    """The first mail of each sender, where it says nothing of any other mail."""
    found: dict[str, Arrived] = {}
    for row in inbounds:
        raw = bytes(row.raw)
        if answers_something(raw):
            continue
        letter, head = receive.read_letter(raw, row.mailbox)
        sender = sender_address(letter.author)
        if sender and letter.bounce is None and not clues(letter, references.read_all):
            found.setdefault(sender, Arrived(row, letter, head, row.mailbox))
    return list(found.values())


def answers_something(raw: bytes) -> bool:
    """Whether its headers name an earlier mail: seen before it is read as a whole."""
    head, _ = headers.read(raw)
    return bool(identifiers.read(head, "in-reply-to") or identifiers.read(head, "references"))


def is_desk(letter: Letter, known: Known) -> bool:
    """Whether somebody of the desk wrote it: they may pass on a customer's mail."""
    user = known.owner_of(sender_address(letter.author))
    return user is not None and user.is_desk


def planned(one: Arrived, known: Known, kept: list[Kept]) -> Work:
    """What is to become of it; its files are put away, and noted in `kept`."""
    at = one.inbound.received_at
    plan = decide(one.letter, one.head, one.mailbox, known, at=at)
    files = attachments.keep(one.letter, sender=plan.sender.user, at=at) if plan.stores else Kept()
    kept.append(files)
    read = Read(one.letter, one.mailbox, files, known)
    return Work(one, plan, read, receive.record_of(one.inbound, one.letter, plan))


def carry_out(work: Sequence[Work]) -> None:
    """All of it, or nothing. Raises Elsewhere."""
    opening = [one for one in work if one.opens]
    arrivals: dict[int, Arrival] = {}

    def note(opened: Sequence[Opened]) -> None:
        for one, (ticket, message) in zip(opening, opened, strict=True):
            one.mail.ticket_id, one.mail.message, one.mail.author = ticket.pk, message, one.sender
            arrivals[ticket.pk] = Arrival(one.arrived.inbound.mailbox_id, one.arrived.letter.message_id)

    with arriving_together(arrivals), transaction.atomic():
        begin([one.arrived.inbound.pk for one in work])
        meet(opening)
        openings = [
            Opening(new=receive.new_ticket(one.read, one.plan, one.sender), at=one.mail.received_at, actor=one.sender)
            for one in opening
        ]
        if openings:
            open_together(openings, via=receive.VIA, before_told=note)
        for one in opening:
            receive.hear_from(one.plan.sender.user, one.arrived.letter)
        rows.insert([one.mail for one in work])
        finish(work)


def begin(inbounds: list[int]) -> None:
    """Lock the rows, in one order. What a former try noted is written anew. Raises Elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM integrations_inbound WHERE id = ANY(%s) AND state = %s ORDER BY id FOR UPDATE",
            [inbounds, str(State.PENDING)],
        )
        if len(cursor.fetchall()) != len(inbounds):
            raise Elsewhere
        cursor.execute("DELETE FROM integrations_mail WHERE inbound_id = ANY(%s)", [inbounds])


def meet(opening: Sequence[Work]) -> None:
    """Who sent each; whom nobody knew is made known."""
    new = {one.plan.sender.address: clean(one.plan.sender.name) for one in opening if one.plan.sender.user is None}
    made = newcomers(new) if new else {}
    for one in opening:
        sender = one.plan.sender
        one.sender = made[sender.address] if sender.user is None else receive.sender_user(sender)


def finish(work: Sequence[Work]) -> None:
    """Write on the intake's rows what became of each: one statement."""
    for one in work:
        receive.settle(one.arrived.inbound, one.mail, one.plan)
    inbounds = [one.arrived.inbound for one in work]
    columns = [[getattr(row, name) for row in inbounds] for name in ("pk", "ticket_id", "state", "reason")]
    columns[2] = [str(state) for state in columns[2]]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_inbound SET ticket_id = new.ticket, state = new.state, reason = new.reason,"
            " next_try_at = NULL FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[])"
            " AS new(id, ticket, state, reason) WHERE integrations_inbound.id = new.id",
            columns,
        )
