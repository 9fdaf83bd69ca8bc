"""What a call says, and the link in it."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from accounts.models import User
from deliveries.models import Delivery
from deliveries.references import DESK_HEADER, Side, desk_name, new_message_id
from integrations.models.mailbox import keys
from lib import crypto
from notifications.letterhead import letterheads
from oncall.models import Call, Page, Ring, Via
from tickets.models import Ticket

PURPOSE = "page"
HOLDS = timedelta(hours=24)  # how long the link of a call acknowledges
LISTED = 10  # tickets of one call that are named


def new_code() -> str:
    """Four digits, to be typed or sent back."""
    return f"{secrets.randbelow(10_000):04}"


def token(ring: Ring) -> str:
    """What stands for a call in links and buttons: whoever has it may acknowledge what it was about."""
    return crypto.sign(str(ring.pk), purpose=PURPOSE, keys=keys(), until=ring.at + HOLDS)


def read_token(given: str, *, now: datetime) -> Ring | None:
    """The call that a link stands for; None when it is not ours, or a day old."""
    try:
        pk = int(crypto.unsign(given, purpose=PURPOSE, keys=keys(), now=now))
    except ValueError:
        return None
    return Ring.objects.select_related("user", "room").filter(pk=pk).first()


def link(ring: Ring) -> str:
    return f"{settings.BASE_URL}/p/{token(ring)}"


def facts(ticket: Ticket) -> dict[str, Any]:
    """What a channel may say of a ticket."""
    return {
        "number": ticket.pk, "severity": ticket.severity, "subject": ticket.subject,
        "site": str(ticket.site) if ticket.site else "", "url": f"{settings.BASE_URL}/tickets/{ticket.pk}",
    }  # fmt: skip


def delivery(ring: Ring, way: str, calls: Sequence[Call], *, again: bool) -> Delivery:
    """One message: all that waits for this person, or room, by this way. `again`: all of it had been called before."""
    calls = sorted(calls, key=lambda call: (call.page.ticket.severity, call.page.ticket_id))
    tickets, method, page = [call.page.ticket for call in calls], calls[0].method, calls[0].page
    user, room = ring.user, ring.room
    channel = room.kind if room else method.via if method else Via.EMAIL.value
    account = room.pk if room else method.channel_id if method else None
    made = Delivery(
        channel=channel,
        key=f"ring.{ring.pk}.{way}",
        user=user,
        address=(method.address if method else user.email if user else "")[:254],
        ticket=filed_under(tickets),
        automatic=True,
        urgent=True,
        sender=settings.DEFAULT_FROM_EMAIL,
        subject=subject(tickets, again=again)[:400],
        body_text=text(ring, tickets, page, phone=channel in (Via.SMS, Via.VOICE)),
        created_at=ring.at,
        next_try_at=ring.at,
        data={
            "kind": "page", "channel": account, "method": method.pk if method else None,
            "target": method.sealed if method else "", "link": link(ring), "token": token(ring), "code": ring.code,
            "page": page.pk, "state": page.state, "tickets": [facts(ticket) for ticket in tickets[:LISTED]],
            "more": max(0, len(tickets) - LISTED),
        },
    )  # fmt: skip
    if channel == Via.EMAIL and user:
        as_letter(made, tickets[0], user)
    return made


def filed_under(tickets: Sequence[Ticket]) -> Ticket | None:
    """The ticket by which the log of deliveries is opened: whoever sees it may read all that the message names. So one
    of a restricted team, if there is any; of several such teams none, which leaves it to admins."""
    restricted = [ticket for ticket in tickets if ticket.team.restricted]
    if len({ticket.team_id for ticket in restricted}) > 1:
        return None
    return (restricted or tickets)[0]


def as_letter(made: Delivery, ticket: Ticket, user: User) -> None:
    """By mail it comes from the ticket's mailbox, and an answer becomes a note on the ticket ("ack" acknowledges)."""
    head = letterheads([(ticket, "", "")])[ticket.pk, ""]
    made.sender, made.returns_to = head.sender(), head.mailbox
    made.message_id = new_message_id(ticket.pk, user.pk, side=Side.NOTE, domain=head.domain)
    made.headers = {
        DESK_HEADER: desk_name(), "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All",
        "Importance": "high", "X-Priority": "1",
    }  # fmt: skip
    if answers := head.answers_to(ticket, user.pk, Side.NOTE):
        made.headers["Reply-To"] = answers


def subject(tickets: Sequence[Ticket], *, again: bool) -> str:
    """ "P1 #1042 Checkout is down", "12 tickets, the worst: P1 #1042 Checkout is down"."""
    worst = f"P{tickets[0].severity} #{tickets[0].pk} {' '.join(tickets[0].subject.split())}"
    many = f"{len(tickets)} tickets, the worst: {worst}" if len(tickets) > 1 else worst
    return f"Again: {many}" if again else many


def text(ring: Ring, tickets: Sequence[Ticket], page: Page, *, phone: bool) -> str:
    """A few lines. `phone`: short, with the code to answer by."""
    lines = [subject([ticket], again=False) + where(ticket) for ticket in tickets[: 1 if phone else LISTED]]
    if more := len(tickets) - len(lines):
        lines.append(f"and {more} more")
    if phone:
        return "\n".join([*lines, f"Acknowledge: answer {ring.code} or {link(ring)}"])
    if page.reason and len(tickets) == 1:
        lines.append(f"Why: {page.reason}")
    return "\n".join([*lines, "", f"Acknowledge: {link(ring)}", *(facts(ticket)["url"] for ticket in tickets[:1])])


def where(ticket: Ticket) -> str:
    return f" ({ticket.site})" if ticket.site else ""
