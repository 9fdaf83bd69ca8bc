"""A ticket's page, and the regions that follow it live."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tickets.views.access import DeskRequest, desk, find
from tickets.views.answers import show
from tickets.views.context import ticket_context


@require_safe
@desk
def ticket(request: DeskRequest, pk: int) -> HttpResponse:
    """GET /tickets/42: the page, or its region for a row of the list."""
    return show(request, find(request, pk))


@require_safe
@desk
def live(request: DeskRequest, pk: int) -> HttpResponse:
    """GET /tickets/42/live: head, timeline and side panel; the composer with its text is left alone."""
    return render(request, "tickets/ticket/_live.html", ticket_context(request, find(request, pk)))
