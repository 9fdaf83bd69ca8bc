"""Mail on the pages of tickets."""

from typing import Any

from django import template

from integrations.mail.waiting import held_of
from tickets.models import Ticket

register = template.Library()


@register.inclusion_tag("integrations/mail/_possible.html", takes_context=True)
def possible_follow_ups(context: dict[str, Any], ticket: Ticket) -> dict[str, Any]:
    """A banner when mail waits that may belong to this ticket; nothing otherwise."""
    return {"ticket": ticket, "waiting": held_of(context["request"], ticket.pk)}
