"""/tickets/<id>/alerts: the alerts of a ticket, and the clicks that silence them."""

from datetime import timedelta

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.doors import DeskRequest, desk
from integrations.episodes import silences as actions
from integrations.episodes.lines import of_ticket
from integrations.models import Alert
from tickets.errors import Refused
from tickets.models import Ticket

SHOWN = 100
HOURS = {"1": 1, "4": 4, "24": 24}  # what one click silences for


def hold_back(request: DeskRequest, ticket: Ticket, only: list[Alert] | None = None) -> HttpResponse:
    """Hold back what the ticket's alerts (or only these) have in common for `hours` = 1, 4 or 24."""
    now, hours = timezone.now(), HOURS.get(request.POST.get("hours", ""), 1)
    span = {"starts_at": now, "ends_at": now + timedelta(hours=hours)}
    try:
        draft = actions.draft_of(only, ticket, **span) if only else actions.draft_for(ticket, **span)
        actions.make(silence=draft, at=now, actor=request.user)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("ticket", ticket.pk)
    messages.success(request, f"Such alerts are held back for {hours} hour{'s' if hours > 1 else ''}.")
    return redirect("silence", draft.pk)


@require_safe
@desk
def alerts(request: DeskRequest, pk: int) -> HttpResponse:
    """GET /tickets/<id>/alerts: the alerts of a ticket, those that fire first, each with a click that silences it."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
    rows = of_ticket(ticket).select_related("source").order_by(F("resolved_at").desc(nulls_first=True), "-last_seen_at")
    context = {"ticket": ticket, "alerts": rows[:SHOWN], "total": rows.count(), "most": SHOWN}
    return render(request, "integrations/alerts/list.html", context)


@require_POST
@desk
def silences_of_alert(request: DeskRequest, pk: int, alert: int) -> HttpResponse:
    """POST /tickets/<id>/alerts/<alert>/silences: `hours` = 1, 4 or 24, for what is named and where it is like it."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
    return hold_back(request, ticket, [get_object_or_404(of_ticket(ticket), pk=alert)])


@require_POST
@desk
def silences(request: DeskRequest, pk: int) -> HttpResponse:
    """POST /tickets/<id>/silences: `hours` = 1, 4 or 24, for what the ticket's alerts have in common."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
    return hold_back(request, ticket)
