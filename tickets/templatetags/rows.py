"""The chips of a ticket in a list."""

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from lib.templatetags.ui import human_seconds, sla_chip
from tickets.models import Ticket
from tickets.states import Status

register = template.Library()
RISK_SECONDS = 3600


@register.simple_tag
def due_chip(ticket: Ticket) -> SafeString | str:
    """The soonest deadline of a ticket: how long is left, overdue, or paused while somebody else has the move."""
    if not ticket.is_open:
        return ""
    if ticket.next_due_at is None:
        paused = ticket.status in (Status.WAITING, Status.ON_HOLD)
        return sla_chip("paused", "paused") if paused else ""
    left = (ticket.next_due_at - timezone.now()).total_seconds()
    if left < 0:
        return sla_chip("breached", f"{human_seconds(left)} overdue", due=ticket.next_due_at)
    state = "risk" if left < RISK_SECONDS else "ok"
    return sla_chip(state, f"{human_seconds(left)} left", due=ticket.next_due_at)
