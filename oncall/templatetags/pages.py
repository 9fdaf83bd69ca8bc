"""Who is being called, on the pages of tickets."""

from typing import Any

from django import template
from django.utils import timezone

from oncall.standing import page_of, standing_of
from tickets.models import Ticket

register = template.Library()


@register.inclusion_tag("oncall/ticket/_strip.html", takes_context=True)
def page_strip(context: dict[str, Any], ticket: Ticket) -> dict[str, Any]:
    """Above the conversation while people are called about it: who, how far, and what can be done. One statement for a
    ticket that nobody is called about."""
    now = timezone.now()
    return {"ticket": ticket, "standing": standing_of(ticket, at=now), "now": now, "user": context["request"].user}


@register.inclusion_tag("oncall/ticket/_fact.html")
def page_fact(ticket: Ticket) -> dict[str, Any]:
    """A line among the ticket's facts. No statement of its own beside the strip."""
    return {"ticket": ticket, "page": page_of(ticket)}
