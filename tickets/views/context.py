"""What the regions of a ticket's page read."""

from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.models.team import Tier
from tickets.asking import linked_to, past_of
from tickets.forms import HUMAN_RESOLUTIONS
from tickets.models import Ticket
from tickets.packets import card_of
from tickets.queues import VIEWS
from tickets.states import LABELS, OPEN, Status
from tickets.timeline import timeline_of
from tickets.views.access import DeskRequest
from tickets.views.queue import queue_context

# Moves that one click makes; the others ask something first.
PLAIN_MOVES = (Status.ACKNOWLEDGED, Status.DIAGNOSING, Status.WAITING)


def page_context(request: DeskRequest, ticket: Ticket, **composer: Any) -> dict[str, Any]:
    """The whole page: the list beside it as well."""
    return queue_context(request, current=ticket.pk) | ticket_context(request, ticket, **composer)


def ticket_context(request: DeskRequest, ticket: Ticket, **composer: Any) -> dict[str, Any]:
    """The ticket's regions: six statements, one more with a handover.

    `composer`: body, audience, alert, news and seen after a refused send.
    """
    role, me, asker = request.user.role, request.user.pk, ticket.requester_id
    return {
        "ticket": ticket,
        "here": SafeString(reverse("ticket", args=[ticket.pk])),  # once; what can be done to it lies beneath
        "back_url": VIEWS.get(request.GET.get("view", ""), VIEWS["needs-me"]).url,
        "timeline": timeline_of(ticket, everything=request.GET.get("history") == "all"),
        "past": past_of.ask(role, requester=asker, pk=ticket.pk, me=me) if asker else [],
        "linked": linked_to.ask(role, pk=ticket.pk, follows=ticket.follows_id, into=ticket.merged_into_id, me=me),
        "handover": card_of(ticket, request.user),
        "can_hand_over": ticket.is_open and ticket.tier < Tier.L3 and ticket.handed_over_at is None,
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
