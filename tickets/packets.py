"""The packet of a handover as the pages show it: the card above a conversation, and what a new one begins with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Membership, Team, User
from knowledge.models import Article, ArticleKind
from lib.written import Written
from tickets.models import Handover, HandoverState, Part, Ticket
from tickets.rows import PERSON, looked_up

SHOWN = 1000  # characters of the first message that a packet begins with


@dataclass(frozen=True, slots=True)
class Card:
    """A handover that stands: `mine` when its reader is of the receiving team."""

    pk: int
    state: str
    sent_at: datetime
    answered_at: datetime | None
    from_tier: int
    to_tier: int
    packet: dict[str, str]
    from_team: str
    to_team: str
    sender: str
    answerer: str
    mine: bool

    @property
    def is_pending(self) -> bool:
        return self.state == HandoverState.PENDING

    @property
    def parts(self) -> list[tuple[str, str]]:
        return parts_of(self.packet)


def shown(pk: int, me: int) -> QuerySet[Any, Any]:
    """One handover. Names are looked up one by one, as in tickets/rows.py."""
    member = Membership.objects.filter(team=OuterRef("to_team"), user=me)
    names = (
        looked_up("from_team_id", Team),
        looked_up("to_team_id", Team),
        looked_up("sent_by_id", User, PERSON),
        looked_up("answered_by_id", User, PERSON),
    )
    own = ("pk", "state", "sent_at", "answered_at", "from_tier", "to_tier", "packet")
    return Handover.objects.filter(pk=pk).order_by().values_list(*own, *names, Exists(member))


shown_to = Written[tuple[Any, ...]](shown, "pk", "me")


def card_of(ticket: Ticket, user: User) -> Card | None:
    """The newest handover of a ticket's page that was not sent back, if any: then it costs one statement.

    The page's own statement says whether there is one (`standing_handover` in tickets/rows.py).
    """
    pk: int | None = ticket.standing_handover  # type: ignore[attr-defined]  # annotated
    found = shown_to.ask(pk=pk, me=user.pk) if pk else []
    return Card(*found[0]) if found else None


def parts_of(packet: dict[str, str]) -> list[tuple[str, str]]:
    """(label, text) of what a packet says, in order."""
    return [(str(part.label), packet[part]) for part in Part if part in packet]


def prefilled(ticket: Ticket) -> dict[str, str]:
    """What is known already: the ticket's last packet, or what its record says. Two to four statements."""
    before = Handover.objects.filter(ticket=ticket).values_list("packet", flat=True).last()
    known = {
        Part.IMPACT: impact_of(ticket),
        Part.SYMPTOMS: symptoms_of(ticket),
        Part.ENVIRONMENT: environment_of(ticket),
        Part.EVIDENCE: "\n".join(articles_of(ticket)),
        Part.RUNBOOK_STEP: "\n".join(articles_of(ticket, runbooks=True)),
        Part.PROMISED: promise_of(ticket),
    }
    return {part.value: text for part, text in known.items() if text} | (before or {})


def impact_of(ticket: Ticket) -> str:
    """ "High impact, low urgency: P2 high" """
    severity = ticket.get_severity_display()
    if not (ticket.impact and ticket.urgency):
        return severity
    return f"{ticket.get_impact_display()} impact, {ticket.get_urgency_display().lower()} urgency: {severity}"


def symptoms_of(ticket: Ticket) -> str:
    """The subject, and how the first message begins."""
    first = ticket.messages.order_by("at", "id").values_list("body", flat=True).first() or ""
    begin = first if len(first) <= SHOWN else first[:SHOWN].rstrip() + " …"
    return f"{ticket.subject}\n\n{begin}".strip()


def environment_of(ticket: Ticket) -> str:
    """Site, its address and component."""
    if ticket.site is None:
        return ""
    component = f", {ticket.component.name}" if ticket.component else ""
    return f"{ticket.site.name}{component} ({ticket.site.url})"


def articles_of(ticket: Ticket, *, runbooks: bool = False) -> list[str]:
    """Titles of the articles linked to it, or of the runbooks among them."""
    linked = Article.objects.filter(ticket_links__ticket=ticket).order_by("ticket_links__id")
    kept = linked.filter(kind=ArticleKind.RUNBOOK) if runbooks else linked.exclude(kind=ArticleKind.RUNBOOK)
    return list(kept.values_list("title", flat=True))


def promise_of(ticket: Ticket) -> str:
    """The time promised to the requester, in the zone of whoever writes, which it names."""
    if ticket.expected_by is None:
        return ""
    return "Expected by " + date_format(timezone.localtime(ticket.expected_by), "D j M Y, H:i T")
