"""Mail that is an alert: to the plus address of a source, or to a mailbox that is given to one.

It opens no request and makes nobody known. Headers of automatic mail say nothing against it, as machines send it; but
our own letters that come back, bounces, and answers to letters of ours go the way of all mail.
"""

import re
from datetime import datetime

from django.db import transaction

from deliveries import references
from integrations import alerts
from integrations.episodes.work import open_or_join
from integrations.mail import brakes, receive
from integrations.mail.decide import Act, Plan
from integrations.mail.headers import Headers
from integrations.mail.known import Known, known_of
from integrations.mail.letter import Letter
from integrations.mail.matching import match
from integrations.mail.participants import Sender, sender_of
from integrations.mail.thread import How, clues
from integrations.models import Inbound, Mailbox, Outcome, Source, State
from integrations.models.source import MAIL, MAIL_TAG
from integrations.sources.email.parts import parts_of
from integrations.sources.email.read import read
from integrations.sources.email.settings import may_send, settings_of
from lib import rows
from tickets.errors import Refused

_TAG = re.compile(rf"\+({MAIL_TAG}[a-z2-7]{{16}})@", re.IGNORECASE)
_RECIPIENTS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to", "cc")
_OURS = (How.ANSWERED_ID, How.ADDRESS, How.EARLIER_ID)
SEARCHED = 20_000  # characters of each header


def source_for(mailbox: Mailbox, head: Headers) -> Source | None:
    """Whose alert a mail is, by its headers and its mailbox; None of a mail like any other, without a statement."""
    tags = {tag.lower() for name in _RECIPIENTS for value in head.raw(name) for tag in tags_in(value)}
    if tags and (found := Source.objects.filter(mail_tag__in=tags).order_by("pk").first()):
        return found
    return Source.objects.get(pk=mailbox.source_id) if mailbox.source_id else None


def tags_in(value: bytes) -> list[str]:
    return _TAG.findall(value[:SEARCHED].decode("ascii", "replace")) if b"+" in value else []


def interpret(inbound: Inbound, raw: bytes, *, at: datetime) -> int | None:
    """Read it as an alert and work it, in one transaction; its ticket's number, if any. Raises Refused, Unreadable."""
    source = inbound.source
    assert source is not None
    letter, head = receive.read_letter(raw, inbound.mailbox)
    known = known_of([letter])
    if goes_the_way_of_mail(letter, head, known, inbound.mailbox_id):
        return receive.interpret(inbound, raw, at=at)
    if source.kind != MAIL:
        raise Refused(f"{source} reads no mail any more: its kind was changed.")
    sender = sender_of(letter, known)
    plan = Plan(Act.DROP, sender, steps_of(letter, sender, source))
    if why := why_not_taken(letter, source):
        plan.steps.append(["is taken", "no", why])
        plan = Plan(Act.DROP, sender, plan.steps, reason=f"Not taken: {why}.")
    with transaction.atomic():
        if not receive.begin(inbound):
            inbound.refresh_from_db()
            return inbound.ticket_id
        if plan.reason:
            mail = receive.record_of(inbound, letter, plan)
            rows.insert([mail])
            receive.finish(inbound, mail, plan)
        else:
            work(inbound, letter, plan, source, at=at)
    return inbound.ticket_id


def goes_the_way_of_mail(letter: Letter, head: Headers, known: Known, mailbox: int | None) -> bool:
    """Our own letter, a bounce, or an answer to a letter of ours about a ticket that is there."""
    if letter.bounce is not None or brakes.is_own(letter, head, known):
        return True
    ours = [clue for clue in clues(letter, references.read_all) if clue.how in _OURS]
    return bool(ours) and match(ours, mailbox, []) is not None


def why_not_taken(letter: Letter, source: Source) -> str:
    """Why it is kept and changes nothing, in words; "" when it is read."""
    if brakes.is_auto_reply(letter):
        return "it is an automatic answer"
    if not may_send(settings_of(source.mapping), letter.author.addr):
        return f"{letter.author.addr or 'its sender'} is not among those who may send to {source}"
    return ""


def steps_of(letter: Letter, sender: Sender, source: Source) -> list[list[str]]:
    """What was asked, for the page of the mail."""
    proof = "proven" if sender.proven else "refuted" if sender.refuted else "unproven"
    return [
        ["sender", proof, f"{sender.address or 'no usable address'}, dmarc={letter.authentication.dmarc}"],
        ["own mail", "no", ""],
        ["automatic", "yes" if letter.automatic else "no", ", ".join(letter.automatic)],
        ["alert source", "yes", str(source)],
    ]


def work(inbound: Inbound, letter: Letter, plan: Plan, source: Source, *, at: datetime) -> None:
    """What the alert changes, and the records of it; the caller holds the row."""
    [reading] = read(parts_of(letter), {}, source.mapping)
    outcome, ticket = open_or_join(source=source, reading=reading, at=at)
    plan.steps.append(["key", reading.key or "none", f"by {reading.raw['key']}"])
    plan.steps.append(["status", reading.status, outcome])
    mail = receive.record_of(inbound, letter, plan)
    mail.outcome, mail.ticket = Outcome.ALERT, ticket
    rows.insert([mail])
    inbound.ticket = ticket
    inbound.outcomes = [alerts.line_of(reading, outcome, ticket)]
    state, reason = (State.DONE, "") if ticket else (State.IGNORED, f"Nothing to do: {outcome}.")
    alerts.finish(inbound, state, taken=1, reason=reason)
