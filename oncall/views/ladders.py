"""/settings/ladders/: who is called for which tickets, in which order, and who that would be now."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.doors import SettingsRequest, managers
from accounts.errors import Refused
from lib.attempts import attempt
from oncall.actions import ladders as actions
from oncall.foreseen import foresee
from oncall.forms.ladders import LadderForm
from oncall.ladder_worries import imagined, plans_of, uncovered, worries_of
from oncall.models import Ladder
from oncall.plans import fits
from tickets.models import Ticket

HOME = "/settings/ladders/"


@managers
@require_safe
def ladders(request: SettingsRequest) -> HttpResponse:
    """All ladders in their order, each with whom it is for and what is wrong."""
    rows = list(Ladder.objects.select_related("team", "site__fallback_team"))
    plans = plans_of(rows)
    worries = worries_of([(row, plans[row.pk]) for row in rows], timezone.now())
    shown = [(row, len(plans[row.pk]["steps"]), worries[row.pk]) for row in rows]
    context = {"rows": shown, "uncovered": uncovered(rows) if rows else []}
    return render(request, "oncall/settings/ladders.html", context)


@managers
@require_http_methods(["GET", "POST"])
def ladder(request: SettingsRequest, pk: int | None = None) -> HttpResponse:
    """One ladder, or a new one. ?ticket=1042 looks at whom it would call for that ticket."""
    row = get_object_or_404(Ladder.objects.select_related("team", "site__fallback_team"), pk=pk) if pk else None
    form = LadderForm(request.POST if request.method == "POST" else None, ladder=row)

    def save() -> Ladder:
        return actions.save_ladder(ladder=row, plan=form.plan(), at=timezone.now(), actor=request.user)

    if request.method == "POST" and (saved := attempt(form, save, Refused)):
        messages.success(request, f"{saved} is saved.")
        return redirect("ladder", saved.pk)
    context: dict[str, Any] = {
        "form": form, "title": str(row) if row else "New ladder", "back": HOME, "back_label": "Ladders",
        "subtitle": "Who is called, step by step, until somebody acknowledges",
    }  # fmt: skip
    if row:
        context |= looked_at(request, row, timezone.now()) | {
            "ladder": row, "form_action": f"{HOME}{row.pk}/", "delete_url": f"{HOME}{row.pk}/deletion",
            "delete_title": "Delete the ladder", "delete_ask": f"Delete {row}?",
            "delete_text": "Pages under way go on as they began. Steps of other ladders that lead to it go with it.",
        }  # fmt: skip
    return render(request, "oncall/settings/ladder.html", context, status=422 if form.errors else 200)


def looked_at(request: SettingsRequest, row: Ladder, at: datetime) -> dict[str, Any]:
    """Who would be called now, as saved, for a ticket of the reader's choice or one thought of; and what is wrong."""
    asked = request.GET.get("ticket", "").strip().lstrip("#")[:18]
    ticket = None
    if asked.isdecimal():
        ticket = Ticket.objects.visible_to(request.user).select_related("team", "site").filter(pk=asked).first()
    plan = plans_of([row])[row.pk]
    return {
        "rungs": foresee(plan, ticket or imagined(row), at), "plan": plan, "now": at, "ticket": ticket, "asked": asked,
        "fits": ticket is None or fits(row, ticket), "worries": worries_of([(row, plan)], at)[row.pk],
    }  # fmt: skip


@managers
@require_POST
def ladder_position(request: SettingsRequest, pk: int) -> HttpResponse:
    """One place up (`to=up`) or down."""
    row = get_object_or_404(Ladder, pk=pk)
    actions.move_ladder(ladder=row, up=request.POST.get("to") == "up", at=timezone.now(), actor=request.user)
    return redirect(f"{HOME}#ladder-{pk}")


@managers
@require_POST
def ladder_deletion(request: SettingsRequest, pk: int) -> HttpResponse:
    """The ladder is gone."""
    row = get_object_or_404(Ladder, pk=pk)
    actions.delete_ladder(ladder=row, at=timezone.now(), actor=request.user)
    messages.success(request, f"{row.name} is deleted.")
    return redirect(HOME)
