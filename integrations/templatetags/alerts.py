"""Alerts on the pages of tickets."""

from typing import Any

from django import template

from integrations.episodes.lines import tally
from tickets.models import Channel, Ticket

register = template.Library()


@register.inclusion_tag("integrations/alerts/_side.html")
def alerts_of(ticket: Ticket) -> dict[str, Any]:
    """How many alerts a ticket that came by alert has, and the click that silences them; nothing for others."""
    total = tally(ticket) if ticket.channel == Channel.ALERT else {}
    return {"ticket": ticket, "total": total}
