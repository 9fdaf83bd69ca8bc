"""/settings/tiers/: how long each tier may have a ticket."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.doors import SettingsRequest, managers
from accounts.errors import Refused
from lib.attempts import attempt
from sla.actions.tiers import save_budgets
from sla.forms.tiers import BudgetsForm


@managers
@require_http_methods(["GET", "POST"])
def tiers(request: SettingsRequest) -> HttpResponse:
    """A budget for each tier and severity."""
    form = BudgetsForm(request.POST or None)

    def save() -> None:
        save_budgets(budgets=form.budgets(), at=timezone.now(), actor=request.user)

    if request.method == "POST" and attempt(form, save, Refused):
        messages.success(request, "The budgets are saved. They hold for tickets that come to a tier from now on.")
        return redirect("tiers")
    return render(request, "sla/tiers.html", {"form": form}, status=422 if form.errors else 200)
