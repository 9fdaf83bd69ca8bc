"""Several tickets of the queue at once: each through its own action, refusals told one by one."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST

from lib.numbers import read_number
from tickets import filters
from tickets.actions import assignment
from tickets.errors import Refused
from tickets.models import Ticket
from tickets.views.access import DeskRequest, desk
from tickets.views.narrowing import address, kept
from tickets.views.queue import view_or_404

MAX_TICKETS = 100
MAX_REFUSALS = 5


def each(request: DeskRequest, key: str, act: Callable[[Ticket], object], done: str) -> HttpResponse:
    """Do `act` to each visible ticket ticked in the list, say how it went, and go back to the list."""
    view = view_or_404(key)
    numbers = [pk for one in request.POST.getlist("ids") if (pk := read_number(one)) is not None]
    tickets = Ticket.objects.visible_to(request.user).filter(pk__in=numbers[:MAX_TICKETS]).order_by("pk")
    succeeded, refused = 0, []
    for ticket in tickets:
        try:
            act(ticket)
            succeeded += 1
        except Refused as refusal:
            refused.append(f"#{ticket.pk}: {refusal.message}")
    if succeeded:
        messages.success(request, f"{succeeded} ticket{'s' if succeeded > 1 else ''} {done}.")
    for text in refused[:MAX_REFUSALS]:
        messages.error(request, text)
    if len(refused) > MAX_REFUSALS:
        messages.error(request, f"And {len(refused) - MAX_REFUSALS} more were refused.")
    if not succeeded and not refused:
        messages.info(request, "Tick some tickets first.")
    answer = HttpResponseRedirect(address(view.url, kept(request.GET, without=("cursor",))))
    answer.status_code = 303
    return answer


@require_POST
@desk
def take(request: DeskRequest, key: str) -> HttpResponse:
    """The ticked tickets become mine."""
    at, me = timezone.now(), request.user

    def act(ticket: Ticket) -> object:
        return assignment.assign(ticket=ticket, to=me, at=at, actor=me, via="web")

    return each(request, key, act, "assigned to you")


@require_POST
@desk
def move(request: DeskRequest, key: str) -> HttpResponse:
    """The ticked tickets go to another team."""
    at, me = timezone.now(), request.user
    team = get_object_or_404(filters.teams(request), pk=read_number(request.POST.get("team", "")))

    def act(ticket: Ticket) -> object:
        return assignment.change_team(ticket=ticket, to=team, at=at, actor=me, via="web")

    return each(request, key, act, f"moved to {team}")
