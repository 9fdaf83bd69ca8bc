"""POST /oncall/contact/methods/<method>/…: what one does with a contact method of one's own."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.doors import DeskRequest, desk
from accounts.errors import Refused
from lib.attempts import attempt
from oncall.actions import contacts, drills
from oncall.forms.contacts import CodeForm, RuleForm
from oncall.models import ContactMethod
from oncall.views.contacts import page


@desk
@require_POST
def verification(request: DeskRequest, pk: int) -> HttpResponse:
    """The code came."""
    row = own(request, pk)
    form = CodeForm(request.POST, method=row)

    def verify() -> None:
        contacts.verify(method=row, code=form.cleaned_data["code"], at=timezone.now(), actor=request.user)

    if not attempt(form, verify, Refused):
        return page(request, **{f"code_{pk}": form})
    messages.success(request, f"{row} is verified: pages come by it now.")
    return redirect("contact")


@desk
@require_POST
def rule(request: DeskRequest, pk: int) -> HttpResponse:
    """From when on it is used."""
    row = own(request, pk)
    form = RuleForm(request.POST, method=row)
    if not form.is_valid():
        messages.error(request, "Choose when it is used.")
        return redirect("contact")
    return done(request, pk, contacts.change_rule, f"{row} is saved.", rule=form.rule())


@desk
@require_POST
def codes(request: DeskRequest, pk: int) -> HttpResponse:
    """A new code."""
    return done(request, pk, contacts.ask_code, "A new code is on its way.")


@desk
@require_POST
def tests(request: DeskRequest, pk: int) -> HttpResponse:
    """A message to oneself, now."""
    return done(request, pk, drills.test, "A test is on its way. Its link says that it reached you.")


@desk
@require_POST
def deletion(request: DeskRequest, pk: int) -> HttpResponse:
    """It is not used any more."""
    return done(request, pk, contacts.delete, "It is deleted.")


def done(request: DeskRequest, pk: int, verb: Callable[..., Any], said: str, **more: Any) -> HttpResponse:
    """One verb on one's own method; what it refuses is said on the page."""
    try:
        verb(method=own(request, pk), at=timezone.now(), actor=request.user, **more)
        messages.success(request, said)
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("contact")


def own(request: DeskRequest, pk: int) -> ContactMethod:
    """Somebody else's is not there."""
    return get_object_or_404(ContactMethod, pk=pk, user=request.user)
