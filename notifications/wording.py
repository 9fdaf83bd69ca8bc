"""What is said: one letter, as text and HTML, to one person about one line of history.

Letters to the requester's side are made from public messages only; reasons, evidence and notes stay with the desk.
What they say is a template that managers may change (notifications/templating.py); letters to the desk are our own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.utils.safestring import mark_safe

from deliveries import references
from deliveries.references import Side as Way
from notifications import letterhead
from notifications.languages import LetterKind
from notifications.languages.en import ENGLISH
from notifications.letterhead import Letterhead
from notifications.recipients import Side, Told
from notifications.templating import Value, Wrong, fill_subject
from notifications.values import local, values, without_pictures
from notifications.variables import compiled, names_of
from sla.models import Obligation
from tickets.links import desk_url, requester_url
from tickets.models import Event, Handover, Severity
from tickets.packets import parts_of

# Desk letters share one template: headline by kind. {who} is the actor.
HEADLINES = {
    "opened": "New P1: {subject}",
    "received": "{who} wrote on a ticket of yours",
    "reopened": "{who} reopened a ticket of yours",
    "assigned": "{who} gave you this ticket",
    "breached": "{obligation} is overdue",
    "warned": "{obligation} is due soon",
    "escalated": "{obligation} is still overdue",
    "unowned": "A P1 that nobody owns",
    "noted": "{who} mentioned you in an internal note",
    "handed_over": "{who} handed this ticket to your team",
    "bounced": "{who} bounced the handover of this ticket",
}
# Urgent enough to say so in the subject.
SUBJECT_WORDS = {
    "opened": "New P1: ", "breached": "Overdue: ", "escalated": "Overdue: ", "warned": "Due soon: ",
    "unowned": "P1 without an owner: ", "handed_over": "Handed over: ", "bounced": "Bounced: ",
}  # fmt: skip
# Letters about the requester's own words: who answers one by mail answers the requester. Any other: a note.
ANSWERED_IN_PUBLIC = {"opened", "received"}
WHAT_BECOMES = {Way.DESK: "your answer goes to the requester", Way.NOTE: "your answer becomes an internal note"}
TIMED = {"warned", "breached", "escalated"}  # they say when, in the reader's own time
LISTED = 25  # deadlines in one letter; the page it leads to has them all


# Where the mark of each reader goes in what a whole team is told; nobody can write it without knowing it.
MARK = f"mark-{token_hex(16)}"
# (event, template, ticket, time zone) → subject, text, HTML, with MARK in them.
Drafts = dict[tuple[int, str, int, str], tuple[str, str, str]]


@dataclass(frozen=True)
class Letter:
    """`mailbox`: where bounces come back to, "" when nobody reads there."""

    sender: str
    subject: str
    text: str
    html: str
    message_id: str = ""
    mailbox: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def asked_of(event: Event, told: Told) -> letterhead.Asked:
    """What its letterhead depends on."""
    return told.ticket, "" if told.side == Side.DESK else letter_kind(event, told), event.kind


def letter(event: Event, told: Told, head: Letterhead, drafts: Drafts) -> Letter:
    """The letter for one person.

    `drafts` is for one batch: what a whole team is told is written once, and only the mark differs."""
    way = way_of(told)
    if told.side == Side.DESK:
        zone = told.user.time_zone if told.template in TIMED else ""
        key = (event.pk, told.template, told.ticket.pk, zone)
        if key not in drafts:
            drafts[key] = to_desk(event, told, head)
        subject, *parts = drafts[key]
        mark = references.mark(told.ticket.pk, told.user.pk, side=way)
        text, html = (part.replace(MARK, mark) for part in parts)
    else:
        subject, text, html = to_requester(event, told, head)
    by = event.message is not None and event.actor is not None and event.actor.is_desk
    internal = event.message is not None and event.message.is_internal and told.side != Side.DESK
    return Letter(
        sender=head.sender(str(event.actor) if by and not internal else ""),
        subject=with_number(subject, told.ticket.pk),
        text=text,
        html=html,
        message_id=references.new_message_id(told.ticket.pk, told.user.pk, side=way, domain=head.domain),
        mailbox=head.mailbox,
        headers={"Reply-To": to} if (to := head.answers_to(told.ticket, told.user.pk, way)) else {},
    )


def way_of(told: Told) -> Way:
    """What an answer to it becomes."""
    if told.side != Side.DESK:
        return Way.ASKING
    return Way.DESK if told.template in ANSWERED_IN_PUBLIC else Way.NOTE


def letter_kind(event: Event, told: Told) -> LetterKind:
    """Which of the letters that managers may word this is."""
    if told.template == "promised" and told.ticket.expected_by is None:
        return LetterKind.WITHDRAWN
    return LetterKind(told.template)


def with_number(subject: str, number: int) -> str:
    """Every subject carries the number: people look for it, and mail readers sort by it."""
    token = f"[#{number}]"
    return subject[:250] if token in subject else f"{token} {subject}"[:250]


def to_requester(event: Event, told: Told, head: Letterhead) -> tuple[str, str, str]:
    """(subject, text, HTML): the words of this kind of letter, filled, in their frame."""
    kind = letter_kind(event, told)
    known = values(event, told, head, kind)
    words = head.words(kind)
    try:
        return framed(told, head, *filled(kind, words.subject, words.body, known))
    except Wrong:  # it was good when it was saved: a variable has gone since
        words = head.language.letters[kind]
        return framed(told, head, *filled(kind, words.subject, words.body, known))


def filled(kind: LetterKind, subject: str, body: str, known: dict[str, Value]) -> tuple[str, str, str]:
    """(subject, text, HTML) of a template. Raises templating.Wrong."""
    text, html = compiled(kind, body).fill(known)
    return fill_subject(subject, known, names_of(kind, "text")), text, html


def framed(told: Told, head: Letterhead, subject: str, text: str, html: str) -> tuple[str, str, str]:
    """The line to answer above, and at the end where to read it and the reference."""
    context = {
        "ticket": told.ticket,
        "number": f"#{told.ticket.pk}",
        "page": requester_url(told.ticket, told.user),
        "text": text,
        "html": mark_safe(html),  # noqa: S308 - lib.markdown made it, values are escaped
        "words": head.language,
        "lang": head.language.code,
        **marks(told, head),
    }
    return (
        subject,
        tidy(get_template("notifications/letter.txt").render(context)),
        get_template("notifications/letter.html").render(context),
    )


def marks(told: Told, head: Letterhead) -> dict[str, str]:
    """What lets an answer be told from what it quotes, and find its ticket when all headers are lost."""
    if not head.mailbox:
        return {}
    way = way_of(told)
    if way is not Way.ASKING:
        return {"above": f"{ENGLISH.above}: {WHAT_BECOMES[way]}", "mark": MARK}
    return {"above": head.language.above, "mark": references.mark(told.ticket.pk, told.user.pk, side=way)}


def to_desk(event: Event, told: Told, head: Letterhead) -> tuple[str, str, str]:
    """(subject, text, HTML): what happened, the facts at a glance, the words, the ticket."""
    ticket = told.ticket
    message = event.message
    facts = [
        ("Severity", Severity(ticket.severity).label),
        ("Status", ticket.status_label),
        ("Team", ticket.team.name),
        ("Requester", str(ticket.requester) if ticket.requester else "–"),
    ]
    if told.template in TIMED:
        due = datetime.fromisoformat(event.data["due"]) if event.data.get("due") else event.at
        facts.insert(0, ("Due" if told.template == "warned" else "Fell due", local(due, told.user)))
        facts.insert(1, ("Reached", event.data.get("stage") or "the deadline"))
    if told.template == "handed_over":
        packets = Handover.objects.filter(pk=event.data.get("handover")).values_list("packet", flat=True)
        facts += [line for packet in packets for line in parts_of(packet)]
    headline = HEADLINES[told.template].format_map(
        {"who": str(event.actor or "Helpdesk"), "subject": ticket.subject, "obligation": obligation_of(event)}
    )
    context: dict[str, Any] = {
        "ticket": ticket,
        "number": f"#{ticket.pk}",
        "message": message,
        "message_html": without_pictures(message) if message else "",
        "author": str(event.actor or "Helpdesk"),
        "page": desk_url(ticket),
        "headline": headline,
        "facts": facts,
        "reason": event.data.get("reason", ""),
        "internal": bool(message and message.is_internal),
        **marks(told, head),
    }
    return (
        f"{SUBJECT_WORDS.get(told.template, '')}{ticket.subject}",
        tidy(get_template("notifications/desk.txt").render(context)),
        get_template("notifications/desk.html").render(context),
    )


def overdue(missed: Sequence[tuple[Event, Told]]) -> Letter:
    """One letter to one reader about deadlines that were missed at once: the gravest first."""
    ordered = sorted(missed, key=lambda line: (line[1].ticket.severity, line[0].at))
    rows = [
        {
            "number": f"#{one.ticket.pk}",
            "subject": one.ticket.subject,
            "page": desk_url(one.ticket),
            "what": f"{Severity(one.ticket.severity).label}, {one.ticket.team.name}: {obligation_of(event)}"
            f" fell due {local(event.at, one.user)}",
        }
        for event, one in ordered[:LISTED]
    ]
    context = {
        "headline": f"{len(missed)} deadlines were missed",
        "rows": rows,
        "more": len(missed) - len(rows),
        "page": f"{settings.BASE_URL}/queue/at-risk",
    }
    return Letter(
        sender=letterhead.plain().sender(),
        subject=f"Overdue: {len(missed)} deadlines, first of all #{ordered[0][1].ticket.pk}",
        text=tidy(get_template("notifications/overdue.txt").render(context)),
        html=get_template("notifications/overdue.html").render(context),
    )


def obligation_of(event: Event) -> str:
    """What was promised, in words."""
    return str(Obligation(event.data["obligation"]).label) if event.data.get("obligation") else "A deadline"


def tidy(text: str) -> str:
    """Templates leave holes: at most one blank line between paragraphs, none at the ends."""
    lines, blank = [], True
    for line in text.split("\n"):
        if line.strip() or not blank:
            lines.append(line.rstrip())
        blank = not line.strip()
    return "\n".join(lines).strip() + "\n"
