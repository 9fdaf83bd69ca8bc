"""What is made of a stored mail: read, judged by the rules, and done, with the record of why, in one transaction."""

import re
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Protocol

from django.db import InterfaceError, OperationalError, connection, transaction

from accounts.actions.people import newcomer, requester_for
from accounts.models import Role, User
from integrations.mail import attachments, brakes, headers, passing_on, returned, trial, words
from integrations.mail.arrival import arriving
from integrations.mail.attachments import Kept
from integrations.mail.charsets import clean
from integrations.mail.decide import Act, Plan, decide
from integrations.mail.known import Known, copied_addresses, known_of
from integrations.mail.letter import Letter
from integrations.mail.matching import digest
from integrations.mail.parse import parse
from integrations.mail.participants import Sender
from integrations.mail.wording import FORWARD_SUBJECT
from integrations.models import Inbound, Mail, Mailbox, OnClosed, Outcome, State
from integrations.reading import Unreadable
from lib import rows
from tickets.actions import conversation
from tickets.actions.opening import NewTicket, open_ticket
from tickets.errors import Refused
from tickets.links import without_keys
from tickets.models import Channel, MailText, Message, Ticket

VIA = Channel.EMAIL.value
TWICE = 2  # attempts
MILD = "replies go to another domain"  # contact forms do that honestly
_FORWARDED = re.compile(f"(?:{FORWARD_SUBJECT.pattern})+", re.IGNORECASE)
OUTCOMES = {
    Act.DROP: Outcome.DROPPED, Act.BOUNCE: Outcome.BOUNCED, Act.HOLD: Outcome.HELD, Act.OPEN: Outcome.CREATED,
    Act.RECEIVE: Outcome.APPENDED, Act.REPLY: Outcome.APPENDED, Act.NOTE: Outcome.NOTE, Act.FILE: Outcome.NOTE,
}  # fmt: skip


class Interpret(Protocol):
    """How a stored mail is made something of; answers the number of its ticket."""

    def __call__(self, inbound: Inbound, raw: bytes, *, at: datetime) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Read:
    """A stored mail, read: the letter, its mailbox, what came along, what is known of its addresses."""

    letter: Letter
    mailbox: Mailbox | None
    kept: Kept
    known: Known

    @property
    def body(self) -> str:
        """The sender's own words; a line in brackets says what was left out."""
        notes = [self.kept.note] if self.kept.note else []
        notes += [f"[Not read to its end: {'; '.join(self.letter.flaws)[:500]}]"] if self.letter.flaws else []
        return without_keys(clean("\n\n".join(part for part in (words.body_of(self.letter), *notes) if part.strip())))

    def text(self, *, automatic: bool, warning: str) -> MailText:
        page = words.page_of(self.letter, self.kept.images)
        if page and self.kept.note:
            page += f"<p>{escape(self.kept.note)}</p>"
        quoted = clean(words.quoted_of(self.letter, with_signature=not page))
        return MailText(html=without_keys(page), quoted=without_keys(quoted), automatic=automatic, warning=warning)


def take(inbound: Inbound, *, at: datetime, by: Interpret | None = None) -> int | None:
    """Make of a stored mail what it says; the number of the ticket it went to, if any. Raises Refused.

    What failed once (or was begun and never finished) is tried apart first; what fails twice is refused: the intake log
    keeps it with the reason, and the mailbox goes on. `by`: `integrations.mail.alerting.interpret` for alerts.
    """
    raw, by = bytes(inbound.raw), by or interpret
    if inbound.attempts < TWICE:
        return by(inbound, raw, at=at)
    if fault := trial.fault_of(raw):
        raise Refused(fault)
    try:
        return by(inbound, raw, at=at)
    except (Refused, Unreadable):
        raise
    except (OperationalError, InterfaceError):  # a database that is away says nothing about the mail
        raise
    except Exception as error:  # whatever it is, it is about this mail, and it must not come round for ever
        raise Refused(f"It failed twice: {type(error).__name__}: {error}"[:2000]) from error


def interpret(inbound: Inbound, raw: bytes, *, at: datetime) -> int | None:
    """Read it, decide, act: one transaction, with the files put away before it."""
    mailbox = inbound.mailbox
    letter, head = read_letter(raw, mailbox)
    known = known_of([letter])
    plan = decide(letter, head, mailbox, known, at=at)
    kept = attachments.keep(letter, sender=plan.sender.user, at=at) if plan.stores else Kept()
    try:
        with arriving(mailbox=inbound.mailbox_id, message_id=letter.message_id), transaction.atomic():
            if not begin(inbound):
                kept.discard()
                inbound.refresh_from_db()
                return inbound.ticket_id
            mail = record_of(inbound, letter, plan)
            carry_out(mail, Read(letter, mailbox, kept, known), plan, at=at)
            rows.insert([mail])
            finish(inbound, mail, plan)
    except BaseException:
        kept.discard()
        raise
    return mail.ticket_id


def read_letter(raw: bytes, mailbox: Mailbox | None) -> tuple[Letter, headers.Headers]:
    """The letter and its headers; only this mailbox's own server is believed about the sender."""
    server = mailbox.authserv_id.strip().lower() if mailbox else ""
    return parse(raw, trusted={server} if server else ()), headers.read(raw)[0]


def begin(inbound: Inbound) -> bool:
    """Lock the row; False when somebody else has done it. What a former try noted is written anew."""
    with connection.cursor() as cursor:  # every mail asks: plain SQL
        cursor.execute("SELECT state FROM integrations_inbound WHERE id = %s FOR UPDATE", [inbound.pk])
        [state] = cursor.fetchone()
        if state != State.PENDING:
            return False
        cursor.execute("DELETE FROM integrations_mail WHERE inbound_id = %s", [inbound.pk])
    return True


def record_of(inbound: Inbound, letter: Letter, plan: Plan) -> Mail:
    """The flight recorder's row, not yet saved."""
    marks = {"automatic": letter.automatic, "sender": letter.spoof, "not read": letter.flaws, "crypto": [letter.crypto]}
    marks |= {"spam": ["marked by a filter before us"]} if letter.spam else {}
    marks |= {"calendar": [letter.calendar_method]} if letter.calendar_method else {}
    return Mail(
        inbound=inbound,
        mailbox_id=inbound.mailbox_id,
        id_digest=digest(letter.message_id),
        mail_id=clean(letter.message_id)[:255],
        from_address=clean(letter.author.addr)[:254],
        from_name=clean(letter.author.name)[:200],
        subject=clean(letter.subject)[:300],
        sent_at=letter.date,
        received_at=inbound.received_at,
        outcome=OUTCOMES[plan.act],
        matched_by=plan.matched_by,
        steps=plan.steps,
        signs=[[kind, clean(word)[:300]] for kind, found in marks.items() for word in found if word][:50],
        author=plan.sender.user,
        ticket=plan.ticket,
        candidate=plan.candidate,
        delivery=plan.delivery,
    )


def carry_out(mail: Mail, read: Read, plan: Plan, *, at: datetime) -> None:
    """Do what was planned, and note on the row what came of it."""
    if plan.act == Act.BOUNCE:
        returned.came_back(read.letter, plan.delivery, at=at)
        return
    if not plan.stores:
        return
    if plan.act == Act.OPEN:
        ticket = opened(read, plan, at=at).pk
        first = Message.objects.filter(ticket=ticket).order_by("pk").values_list("pk", "author")[:1]
        [(mail.message_id, mail.author_id)] = first
    else:
        message = said(mail, read, plan, at=at)
        ticket, mail.message, mail.author_id = message.ticket_id, message, message.author_id
    if mail.ticket_id not in (None, ticket):
        mail.outcome = Outcome.CREATED
        mail.steps = [*mail.steps, ["follow-up", "yes", f"#{mail.ticket_id} is closed: it became #{ticket}"]]
    mail.ticket_id = ticket
    hear_from(plan.sender.user, read.letter)


def hear_from(sender: User | None, letter: Letter) -> None:
    """Who writes can be written to."""
    if sender and sender.undeliverable_at and not letter.automatic:
        User.objects.filter(pk=sender.pk).update(undeliverable_at=None)


def opened(read: Read, plan: Plan, *, at: datetime) -> Ticket:
    """A new ticket. What somebody of the desk passes on is asked by whoever wrote it; what was said above it was said
    to the desk."""
    sender = sender_user(plan.sender)
    original = passed_on_from(read.letter, plan)
    ticket = open_ticket(new=new_ticket(read, plan, sender, original), at=at, actor=sender, via=VIA)
    own = passing_on.split(read.letter)[0] if original else ""
    if own and sender:
        conversation.note(ticket=ticket, body=clean(own), at=at, actor=sender, via=VIA, mail=MailText())
    return ticket


def new_ticket(read: Read, plan: Plan, sender: User | None, original: User | None = None) -> NewTicket:
    """What a mail asks for, with its mailbox's defaults; `original` wrote it where the sender only passes it on."""
    letter, box = read.letter, read.mailbox
    subject = _FORWARDED.sub("", letter.subject, count=1) if original else letter.subject
    automatic = plan.quiet and bool(letter.automatic or letter.feedback)
    return NewTicket(
        subject=clean(subject).strip() or "(no subject)",
        body=clean(passing_on.split(letter)[1]) if original else read.body,
        kind=box.kind if box else "incident",
        channel=Channel.EMAIL,
        requester=original or sender,
        author=original or sender,
        site=box.site if box else None,
        fallback_team=box.team if box else None,
        category=box.category if box else "",
        followers=[] if plan.quiet else copied(read, but=original or sender),
        files=read.kept.files,
        mail=MailText() if original else read.text(automatic=automatic, warning=warning_of(letter, plan)),
        quiet=plan.quiet,
    )


def sender_user(sender: Sender) -> User | None:
    """Who it is from, made known by the address; None without one."""
    if not sender.address:
        return None
    if sender.user is None:
        return newcomer(email=sender.address, name=clean(sender.name))
    return sender.user if sender.user.name else requester_for(email=sender.address, name=clean(sender.name))


def passed_on_from(letter: Letter, plan: Plan) -> User | None:
    """The customer whose mail somebody of the desk forwarded; None when it is no such thing."""
    agent, original = plan.sender.user, letter.forwarded_from
    if not (agent and agent.is_desk and plan.sender.proven and original and original.domain):
        return None
    if len(original.addr) > 254 or brakes.is_our_address(original.addr):
        return None
    found = requester_for(email=original.addr, name=clean(original.name))
    return None if found.is_desk else found


def copied(read: Read, *, but: User | None) -> list[User]:
    """Those of To and Cc whom the desk knows as requesters: they are kept informed. Nobody is made for it."""
    addresses = dict.fromkeys(copied_addresses(read.letter))
    addresses.pop(read.mailbox.address.lower() if read.mailbox else "", None)
    found = [read.known.users.get(address) for address in addresses]
    return [user for user in found if user and user.is_active and user.role == Role.REQUESTER and user != but]


def said(mail: Mail, read: Read, plan: Plan, *, at: datetime) -> Message:
    """A message on the ticket it belongs to."""
    assert plan.ticket is not None
    mail_text = read.text(automatic=plan.act == Act.FILE, warning=warning_of(read.letter, plan))
    what: dict[str, Any] = {
        "ticket": plan.ticket, "body": read.body, "at": at, "via": VIA, "files": read.kept.files, "mail": mail_text,
    }  # fmt: skip
    author = plan.sender.user
    if plan.act == Act.FILE:
        return conversation.file_automatic(actor=author, **what)
    assert author is not None
    if plan.act == Act.RECEIVE:
        reopens = read.mailbox is None or read.mailbox.on_closed == OnClosed.WINDOW
        return conversation.receive(actor=author, reopens=reopens, **what)
    if plan.act == Act.REPLY:
        try:  # its words alone, not its HTML, in which what the desk was told may stand unmarked
            only_words = MailText(quoted=without_keys(clean(words.quoted_of(read.letter, with_signature=True))))
            return conversation.reply(actor=author, **what | {"mail": only_words})
        except Refused as refused:  # its ticket was closed meanwhile
            mail.outcome = Outcome.NOTE
            mail.steps = [*mail.steps, ["to the requester", "no", refused.message]]
    return conversation.note(actor=author, **what)


def warning_of(letter: Letter, plan: Plan) -> str:
    """Why whoever reads it should look at the sender twice."""
    found = [sign for sign in letter.spoof if sign != MILD]
    if plan.sender.refuted and letter.authentication.dmarc == "fail":
        found.append("dmarc=fail")
    return ", ".join(found)[:200]


def finish(inbound: Inbound, mail: Mail, plan: Plan) -> None:
    """Write on the intake's row what became of it."""
    settle(inbound, mail, plan)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_inbound SET ticket_id = %s, state = %s, reason = %s, next_try_at = NULL WHERE id = %s",
            [inbound.ticket_id, str(inbound.state), inbound.reason, inbound.pk],
        )


def settle(inbound: Inbound, mail: Mail, plan: Plan) -> None:
    """The same in memory. What was dropped may be tried again."""
    inbound.ticket_id = mail.ticket_id
    inbound.state = State.IGNORED if plan.act == Act.DROP else State.DONE
    inbound.reason, inbound.next_try_at = plan.reason, None
