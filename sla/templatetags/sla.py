"""Deadlines on the pages of tickets: a chip in lists, the clocks with their explanation beside a ticket."""

from datetime import timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from lib.templatetags.ui import human_seconds, sla_chip
from lib.written import Written
from sla.explain import standing
from sla.models import Clock
from tickets.models import Ticket
from tickets.states import Status

register = template.Library()
SOON = timedelta(hours=1)
clocks_of = Written[Clock](
    lambda ticket: (
        Clock.objects.filter(ticket=ticket, target__isnull=False)
        .select_related("calendar")
        .order_by("started_at", "id")
    ),
    "ticket",
)


@register.simple_tag
def due_chip(ticket: Ticket) -> SafeString | str:
    """The soonest running deadline of a ticket, from the row alone; "Paused" while it waits; nothing when done."""
    due = ticket.next_due_at
    if due is None:
        if ticket.status in (Status.WAITING, Status.ON_HOLD):
            return sla_chip("paused", "Paused", label="Deadline")
        return ""
    seconds = (due - timezone.now()).total_seconds()
    state = "breached" if seconds < 0 else "risk" if seconds < SOON.total_seconds() else "ok"
    text = f"{human_seconds(seconds)} {'overdue' if seconds < 0 else 'left'}"
    return sla_chip(state, text, label="Deadline", due=due, warn=due - SOON)


@register.inclusion_tag("sla/clocks.html")
def clocks(ticket: Ticket) -> dict[str, Any]:
    """Every obligation of a ticket with its chip, target, calendar, policy and explanation: one statement.

    Of the answers after the first, the one under way and the worst; the others fold away with them.
    """
    now = timezone.now()
    return {"standings": [standing(clock, now) for clock in clocks_of.ask(ticket=ticket.pk)], "ticket": ticket}
