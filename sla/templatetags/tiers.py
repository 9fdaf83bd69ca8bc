"""How much of its tier's time a ticket has used: one line beside the ticket."""

from typing import Any

from django import template
from django.utils import timezone

from lib.written import Written
from sla.models import TierStay
from tickets.models import Ticket

register = template.Library()
# The stay that lasts, or the last one.
stay_of = Written[TierStay](
    lambda ticket: TierStay.objects.filter(ticket=ticket).select_related("calendar").order_by("-number")[:1], "ticket"
)


@register.inclusion_tag("sla/tier.html")
def tier_time(ticket: Ticket) -> dict[str, Any]:
    """ "L2: 1h 20m of 4h", from one statement; nothing for a ticket that was done before stays were kept."""
    found = stay_of.ask(ticket=ticket.pk)
    if not found:
        return {}
    stay = found[0]
    used = stay.before + stay.spent(timezone.now())
    return {
        "stay": stay,
        "used": used,
        "paused": stay.left_at is None and stay.runs_since is None,
        "is_over": stay.budget is not None and used > stay.budget,
    }
