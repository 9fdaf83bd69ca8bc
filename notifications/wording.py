"""What is said: one letter, as text and HTML, to one person about one line of history.

Letters to the requester's side are made from public messages only; reasons, evidence and notes stay with the desk.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from email.utils import formataddr, parseaddr
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import connection
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from lib.html import excerpt
from notifications.recipients import Side, Told
from sla.models import Obligation
from tickets.links import desk_url, requester_url
from tickets.models import Event, Kind, Message, Severity, Ticket

# Desk letters share one template: headline by kind. {who} is the actor.
HEADLINES = {
    "opened": "New P1: {subject}",
    "received": "{who} wrote on a ticket of yours",
    "reopened": "{who} reopened a ticket of yours",
    "assigned": "{who} gave you this ticket",
    "breached": "{obligation} is overdue",
    "unowned": "A P1 that nobody owns",
    "noted": "{who} mentioned you in an internal note",
}
# Urgent enough to say so in the subject.
SUBJECT_WORDS = {"opened": "New P1: ", "breached": "Overdue: ", "unowned": "P1 without an owner: "}
PICTURE = re.compile(r'<img\b(?:[^>"]|"[^"]*")*>')
LISTED = 25  # deadlines in one letter; the page it leads to has them all
SHORT = 400  # characters of the request repeated in an acknowledgement


@dataclass(frozen=True)
class Letter:
    sender: str
    subject: str
    text: str
    html: str


def letter(event: Event, told: Told) -> Letter:
    """The letter for one person. No statement for a reply; one for an acknowledgement, which names the clocks."""
    desk = told.side == Side.DESK
    context = desk_context(event, told) if desk else requester_context(event, told)
    name = "desk" if desk else told.template
    ticket = told.ticket
    urgent = SUBJECT_WORDS.get(told.template, "") if desk else ""
    return Letter(
        sender=sender(event) if context["message"] else settings.DEFAULT_FROM_EMAIL,
        subject=f"[#{ticket.pk}] {urgent}{ticket.subject}"[:250],
        text=tidy(get_template(f"notifications/{name}.txt").render(context)),
        html=get_template(f"notifications/{name}.html").render(context),
    )


def shared(event: Event, told: Told) -> dict[str, Any]:
    """What every letter has: the person, the ticket, the message when this side may read it."""
    message = event.message
    if message is not None and message.is_internal and told.side != Side.DESK:
        message = None
    return {
        "ticket": told.ticket,
        "person": told.user,
        "message": message,
        "message_html": without_pictures(message) if message else "",
        "author": str(event.actor) if event.actor else "Helpdesk",
        "number": f"#{told.ticket.pk}",
    }


def requester_context(event: Event, told: Told) -> dict[str, Any]:
    """For the requester and who is kept informed: their own page by a signed link; a GET there changes nothing."""
    ticket, user = told.ticket, told.user
    page = requester_url(ticket, user)
    context = shared(event, told) | {
        "page": page,
        "is_requester": user.pk == ticket.requester_id,
        "fixed_url": f"{page}?answer=fixed",
        "not_fixed_url": f"{page}?answer=not-fixed",
        "scores": [(score, f"{page}?score={score}") for score in range(1, 6)],
        "status": ticket.customer_label,
        "resolution": event.ticket.resolution_text if event.kind in (Kind.RESOLVED, Kind.CLOSED) else "",
        "expected_by": local(ticket.expected_by, user),
    }
    if event.kind == Kind.OPENED:
        context |= {"request": excerpt(message_of(event), SHORT), "times": expected_times(ticket, user)}
    if event.kind == Kind.RESOLVED and told.template == "resolved_elsewhere":
        context["message"] = None
    if event.kind == Kind.RESOLVED:
        context["closes_at"] = local(event.ticket.closes_at, user)
    return context


def desk_context(event: Event, told: Told) -> dict[str, Any]:
    """For the desk: what happened, the facts at a glance, the words, the ticket."""
    ticket = told.ticket
    facts = [
        ("Severity", Severity(ticket.severity).label),
        ("Status", ticket.status_label),
        ("Team", ticket.team.name),
        ("Requester", str(ticket.requester) if ticket.requester else "–"),
    ]
    if told.template == "breached":
        facts.insert(0, ("Fell due", local(event.at, told.user)))
    headline = HEADLINES[told.template].format_map(
        {"who": str(event.actor or "Helpdesk"), "subject": ticket.subject, "obligation": obligation_of(event)}
    )
    return shared(event, told) | {
        "page": desk_url(ticket),
        "headline": headline,
        "facts": facts,
        "reason": event.data.get("reason", ""),
        "internal": bool(event.message and event.message.is_internal),
    }


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
        sender=settings.DEFAULT_FROM_EMAIL,
        subject=f"Overdue: {len(missed)} deadlines, first of all #{ordered[0][1].ticket.pk}",
        text=tidy(get_template("notifications/overdue.txt").render(context)),
        html=get_template("notifications/overdue.html").render(context),
    )


def obligation_of(event: Event) -> str:
    """What was promised, in words."""
    return str(Obligation(event.data["obligation"]).label) if event.data.get("obligation") else "A deadline"


def sender(event: Event) -> str:
    """The desk's address, under the name of who wrote."""
    if event.actor is None or not event.actor.is_desk:
        return settings.DEFAULT_FROM_EMAIL
    desk, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    name = " ".join(f"{event.actor} ({desk or 'Helpdesk'})".split())
    return formataddr((name, address))[:320]


def message_of(event: Event) -> str:
    return event.message.body if event.message and not event.message.is_internal else ""


def without_pictures(message: Message) -> SafeString:
    """The message's sanitised HTML. Its pictures are files behind a sign-in: the page shows them, mail cannot."""
    return mark_safe(PICTURE.sub("", message.safe_html))  # noqa: S308 - safe_html is sanitised


def expected_times(ticket: Ticket, user: User) -> list[tuple[str, str]]:
    """When the running clocks promise an answer and a solution, in the person's own time. One statement."""
    wanted = {Obligation.FIRST_RESPONSE.value: "First answer by", Obligation.RESOLVE.value: "Solved by"}
    with connection.cursor() as cursor:  # every new ticket asks: plain SQL costs a fifth of a queryset
        cursor.execute(
            "SELECT obligation, due_at FROM sla_clock"
            " WHERE ticket_id = %s AND obligation = ANY(%s) AND due_at IS NOT NULL ORDER BY due_at",
            [ticket.pk, list(wanted)],
        )
        return [(wanted[name], local(due, user)) for name, due in cursor.fetchall()]


def zone(user: User) -> tzinfo:
    """The person's time zone; UTC when it is not one."""
    try:
        return ZoneInfo(user.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def local(at: datetime | None, user: User) -> str:
    """An instant in the reader's own time, with its zone: a mail is read anywhere."""
    if at is None:
        return ""
    there = at.astimezone(zone(user))
    return f"{there:%A} {there.day} {there:%B}, {there:%H:%M %Z}"


def tidy(text: str) -> str:
    """Templates leave holes: at most one blank line between paragraphs, none at the ends."""
    lines, blank = [], True
    for line in text.split("\n"):
        if line.strip() or not blank:
            lines.append(line.rstrip())
        blank = not line.strip()
    return "\n".join(lines).strip() + "\n"
