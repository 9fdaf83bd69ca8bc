"""Mails of a claim in one transaction: most of the work is the same for one and for all.

First those that only open tickets, then answers of those who asked, one for each ticket. Whatever could depend on
another mail of the claim is left for `receive`, which takes one at a time; so are all when one fails: then each meets
its own fate.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db import connection, transaction

from accounts.actions.people import newcomers
from accounts.models import User
from deliveries import references
from files import scan
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
from tickets.actions.hearing import Heard, receive_together
from tickets.actions.opening import Opened, Opening, open_together
from tickets.states import Status

log = logging.getLogger(__name__)
ENDED = (Status.CLOSED, Status.CANCELLED)


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
    def arrival(self) -> Arrival:
        return Arrival(self.arrived.inbound.mailbox_id, self.arrived.letter.message_id)

    def put_away(self) -> None:
        """Keep its files, where it becomes a message."""
        if self.plan.stores:
            kept = attachments.keep(self.arrived.letter, sender=self.plan.sender.user, at=self.mail.received_at)
            self.read = replace(self.read, kept=kept)

    def opening(self) -> Opening:
        return Opening(
            new=receive.new_ticket(self.read, self.plan, self.sender), at=self.mail.received_at, actor=self.sender
        )

    def heard(self) -> Heard:
        ticket, actor = self.plan.ticket, self.plan.sender.user
        assert ticket is not None and actor is not None  # the plan says that this person wrote on this ticket
        text = self.read.text(automatic=False, warning=receive.warning_of(self.arrived.letter, self.plan))
        return Heard(
            ticket=ticket.pk, body=self.read.body, at=self.mail.received_at, actor=actor, mail=text,
            files=self.read.kept.files,
        )  # fmt: skip


def take(inbounds: Sequence[Inbound]) -> set[int]:
    """Make of them what they say, as far as that is done together; the primary keys of the rows that are done."""
    done = tried(inbounds, new_mail) if len(inbounds) > 1 else set()
    rest = [row for row in inbounds if row.pk not in done]
    return done | (tried(rest, answers) if len(rest) > 1 else set())


def tried(inbounds: Sequence[Inbound], choose: Callable[[Sequence[Inbound]], list[Work]]) -> set[int]:
    """The primary keys of those that were chosen and are done; of none when anything fails."""
    work: list[Work] = []
    try:
        work = choose(inbounds)
        with at_once():
            for one in work:
                one.put_away()
        if work:
            carry_out(work)
    except Exception:  # whatever it is, and whichever it is about: taken one by one, each has its own reason
        log.info("%s mails are taken one by one", len(inbounds), exc_info=True)
        for one in work:
            one.read.kept.discard()
        return set()
    return {one.arrived.inbound.pk for one in work}


def at_once() -> AbstractContextManager[object]:
    """One commit for the files of all; but one for each where a scanner looks at them, as that may take its time."""
    return nullcontext() if scan.is_set() else transaction.atomic()


def new_mail(inbounds: Sequence[Inbound]) -> list[Work]:
    """New mail of different people who are not of the desk, which may pass on a customer's."""
    arrived = independent(inbounds)
    known = known_of([one.letter for one in arrived]) if arrived else Known()
    return [planned(one, known) for one in arrived if not is_desk(one.letter, known)]


def answers(inbounds: Sequence[Inbound]) -> list[Work]:
    """What the asking side writes on tickets of which no mail before it is about."""
    arrived = [Arrived(row, *receive.read_letter(bytes(row.raw), row.mailbox), row.mailbox) for row in inbounds]
    known = known_of([one.letter for one in arrived])
    found: list[Work] = []
    touched = set[int]()
    for one in (planned(each, known) for each in arrived):
        ticket = one.plan.ticket or one.plan.candidate
        if one.plan.act == Act.RECEIVE and ticket and ticket.pk not in touched and ticket.status not in ENDED:
            found.append(one)
        touched |= {ticket.pk} if ticket else set()
    return found


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


def planned(one: Arrived, known: Known) -> Work:
    """What is to become of it."""
    plan = decide(one.letter, one.head, one.mailbox, known, at=one.inbound.received_at)
    read = Read(one.letter, one.mailbox, Kept(), known)
    return Work(one, plan, read, receive.record_of(one.inbound, one.letter, plan))


def carry_out(work: Sequence[Work]) -> None:
    """All of it, or nothing. Raises Elsewhere, Refused."""
    opening = [one for one in work if one.plan.act == Act.OPEN]
    answering = [one for one in work if one.plan.act == Act.RECEIVE]
    arrivals = {one.plan.ticket.pk: one.arrival for one in answering if one.plan.ticket}

    def note(opened: Sequence[Opened]) -> None:
        for one, (ticket, message) in zip(opening, opened, strict=True):
            one.mail.ticket_id, one.mail.message, one.mail.author = ticket.pk, message, one.sender
            arrivals[ticket.pk] = one.arrival

    with arriving_together(arrivals), transaction.atomic():
        begin([one.arrived.inbound.pk for one in work])
        meet(opening)
        if opening:
            open_together([one.opening() for one in opening], via=receive.VIA, before_told=note)
        if answering:
            messages = receive_together([one.heard() for one in answering], via=receive.VIA)
            for one, message in zip(answering, messages, strict=True):
                one.mail.message, one.mail.author_id = message, message.author_id
        for one in (*opening, *answering):
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
