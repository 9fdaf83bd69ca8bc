"""What the regions of a ticket's page read."""

from typing import Any

from django.db.models import Count, Q, Window
from django.urls import reverse
from django.utils.safestring import SafeString

from tickets.forms import HUMAN_RESOLUTIONS
from tickets.models import Ticket
from tickets.models.ticket import TicketQuerySet
from tickets.queues import VIEWS
from tickets.states import LABELS, OPEN, Status
from tickets.timeline import timeline_of
from tickets.views.access import DeskRequest
from tickets.views.queue import queue_context

PAST_SHOWN = 3
# What a line about another ticket prints; a ticket has fifty columns.
SHORT = ("status", "subject", "opened_at", "merged_into", "follows")
# Moves that one click makes; the others ask something first.
PLAIN_MOVES = (Status.ACKNOWLEDGED, Status.DIAGNOSING, Status.WAITING)


def page_context(request: DeskRequest, ticket: Ticket, **composer: Any) -> dict[str, Any]:
    """The whole page: the list beside it as well."""
    return queue_context(request, current=ticket.pk) | ticket_context(request, ticket, **composer)


def ticket_context(request: DeskRequest, ticket: Ticket, **composer: Any) -> dict[str, Any]:
    """The ticket's regions: six statements. `composer`: body, audience, alert, news and seen after a refused send."""
    seen = Ticket.objects.visible_to(request.user)
    return {
        "ticket": ticket,
        "here": SafeString(reverse("ticket", args=[ticket.pk])),  # once; what can be done to it lies beneath
        "back_url": VIEWS.get(request.GET.get("view", ""), VIEWS["needs-me"]).url,
        "timeline": timeline_of(ticket, everything=request.GET.get("history") == "all"),
        "past": past_of(seen, ticket),
        "linked": linked_of(seen, ticket),
        "moves": moves_of(ticket),
        "resolutions": HUMAN_RESOLUTIONS,
        "can_check": ticket.resolved_by_id != request.user.pk,
        "can_hold": Status.ON_HOLD in ticket.moves,
        "can_resolve": Status.RESOLVED in ticket.moves,
        "can_cancel": Status.CANCELLED in ticket.moves,
        "can_write": not ticket.is_merged and ticket.status not in (Status.CLOSED, Status.CANCELLED),
        "composer": {"seen": ticket.last_event, "audience": "public", **composer},
    }


def moves_of(ticket: Ticket) -> list[tuple[str, str]]:
    """(status, label) of the open statuses one click away."""
    return [(to.value, LABELS[to]) for to in ticket.moves if to in PLAIN_MOVES and ticket.status in OPEN]


def past_of(seen: TicketQuerySet, ticket: Ticket) -> list[Ticket]:
    """The requester's newest other tickets; each carries `total`, how many there are."""
    if ticket.requester_id is None:
        return []
    others = seen.filter(requester=ticket.requester_id).exclude(pk=ticket.pk)
    return list(others.only(*SHORT).annotate(total=Window(Count("*"))).order_by("-opened_at")[:PAST_SHOWN])


def linked_of(seen: TicketQuerySet, ticket: Ticket) -> list[Ticket]:
    """What was merged into it, what follows it, what it follows and where it went."""
    near = [pk for pk in (ticket.follows_id, ticket.merged_into_id) if pk]
    linked = seen.filter(Q(merged_into=ticket) | Q(follows=ticket) | Q(pk__in=near))
    return list(linked.only(*SHORT).order_by("pk"))
