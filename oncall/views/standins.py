"""POST /oncall/<rota>/overrides and /swaps, and the answers to them."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.doors import DeskRequest, desk
from accounts.errors import Refused
from lib.attempts import attempt
from oncall import weeks
from oncall.actions import standins
from oncall.forms.standins import SwapForm, TakeOverForm
from oncall.models import Override, Swap
from oncall.views.weeks import loaded_or_404, page


@desk
@require_POST
def overrides(request: DeskRequest, pk: int) -> HttpResponse:
    """Somebody takes over from … to …, by the rota's clock."""
    loaded, me = loaded_or_404(pk), request.user
    form = TakeOverForm(request.POST, me=me)

    def take() -> Override:
        return standins.take_over(
            rota=loaded.row, at=timezone.now(), actor=me, **{"user": me, **form.cleaned_data}
        )  # fmt: skip

    with timezone.override(loaded.rota.zone):
        made = attempt(form, take, Refused)
    if not made:
        return page(request, loaded, cover=form)
    messages.success(request, f"{made.user} takes over.")
    return redirect("oncall-rota", pk)


@desk
@require_POST
def swaps(request: DeskRequest, pk: int) -> HttpResponse:
    """One of mine for one of theirs: the other person is asked."""
    loaded, me, now = loaded_or_404(pk), request.user, timezone.now()
    form = SwapForm(request.POST, loaded=loaded, shifts=weeks.view(loaded, now).shifts, me=me)

    def ask() -> Swap:
        return standins.ask_swap(rota=loaded.row, at=now, actor=me, **form.asked())

    with timezone.override(loaded.rota.zone):
        made = attempt(form, ask, Refused)
    if not made:
        return page(request, loaded, swap=form)
    messages.success(request, f"{made.other} is asked. Nothing changes before they agree.")
    return redirect("oncall-rota", pk)


@desk
@require_POST
def override_deletion(request: DeskRequest, pk: int) -> HttpResponse:
    """It is gone, or ends now."""
    row = get_object_or_404(Override.objects.select_related("rota", "user"), pk=pk)
    try:
        standins.end_override(override=row, at=timezone.now(), actor=request.user)
        messages.success(request, "The rota holds again.")
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("oncall-rota", row.rota_id)


def answered(request: DeskRequest, pk: int, verb: Callable[..., Swap], said: str) -> HttpResponse:
    """The swap is decided, or a sentence says why not."""
    row = get_object_or_404(Swap.objects.select_related("rota"), pk=pk)
    try:
        verb(swap=row, at=timezone.now(), actor=request.user)
        messages.success(request, said)
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("oncall-rota", row.rota_id)


@desk
@require_POST
def agreement(request: DeskRequest, pk: int) -> HttpResponse:
    return answered(request, pk, standins.agree, "Swapped: the rota shows it.")


@desk
@require_POST
def refusal(request: DeskRequest, pk: int) -> HttpResponse:
    return answered(request, pk, standins.decline, "Declined: nothing changes.")


@desk
@require_POST
def withdrawal(request: DeskRequest, pk: int) -> HttpResponse:
    return answered(request, pk, standins.withdraw, "Withdrawn: nothing changes.")
