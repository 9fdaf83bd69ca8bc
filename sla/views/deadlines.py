"""A ticket's deadlines, explained: for agents, and for whoever asks them why."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from sla.explain import explained
from sla.models import Clock
from tickets.views.access import DeskRequest, desk, find


@require_safe
@desk
def deadlines(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/deadlines: of every clock with a target, the pieces that add up to its due time."""
    ticket = find(request, pk)
    clocks = Clock.objects.filter(ticket=ticket, target__isnull=False).select_related("calendar")
    told = explained(clocks.order_by("started_at", "id"), timezone.now())
    return render(request, "sla/deadlines.html", {"ticket": ticket, "told": told})
