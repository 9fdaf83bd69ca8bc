"""/oncall/contact: by what one is reached, from when on after a call began, and whether it works."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.doors import DeskRequest, desk
from accounts.errors import Refused
from integrations.channels.webpush import vapid
from lib.attempts import attempt
from oncall import reach
from oncall.actions import contacts
from oncall.forms.contacts import AddForm, CodeForm, Offer, PushForm, QuietForm, RuleForm, offers
from oncall.models import ContactMethod, Pager, Via


@desk
@require_safe
@never_cache
def contact(request: DeskRequest) -> HttpResponse:
    """One's own methods, in the order in which they are used."""
    return page(request)


def page(request: DeskRequest, **refused: Any) -> HttpResponse:
    """The page; `refused`: forms that stand in it as they were sent, by name: add_<via>, code_<method>, quiet."""
    found = offers()
    mine = reach.of([request.user])[request.user.pk]
    rows = [
        (one, RuleForm(method=one.row), refused.get(f"code_{one.row.pk}") or CodeForm(method=one.row))
        for one in mine.methods
    ]
    pager = Pager.objects.filter(user=request.user).first()
    push = any(offer.via == Via.WEBPUSH for offer in found)
    context: dict[str, Any] = {
        "rows": rows, "reach": mine, "pager": pager, "quiet": refused.get("quiet") or QuietForm(pager=pager),
        "adding": [
            (offer, refused.get(f"add_{offer.via.value}") or AddForm(offer=offer))
            for offer in found
            if offer.via != Via.WEBPUSH
        ],
        "push_key": vapid.key().public if push else "",
    }  # fmt: skip
    return render(request, "oncall/contact.html", context, status=422 if refused else 200)


def offered(via: str) -> Offer:
    """Raises Http404 for what this desk cannot send by."""
    for offer in offers():
        if offer.via == via and via != Via.WEBPUSH:
            return offer
    raise Http404


@desk
@require_POST
def methods(request: DeskRequest, via: str) -> HttpResponse:
    """One more, by what `via` names; its code is sent."""
    form = AddForm(request.POST, offer=offered(via))

    def add() -> ContactMethod:
        return contacts.add(at=timezone.now(), actor=request.user, **form.asked())

    made = attempt(form, add, Refused)
    return added(request, made) if made else page(request, **{f"add_{via}": form})


@desk
@require_POST
def browsers(request: DeskRequest) -> HttpResponse:
    """The browser that asks, which is pushed to from now on once it showed its code."""
    form = PushForm(request.POST)

    def add() -> ContactMethod:
        given = form.cleaned_data
        return contacts.add(
            via=Via.WEBPUSH, address=given["subscription"], name=given["name"], at=timezone.now(), actor=request.user
        )

    if made := attempt(form, add, Refused):
        return added(request, made)
    words = [str(error) for errors in form.errors.values() for error in errors]
    messages.error(request, words[0])
    return redirect("contact")


def added(request: DeskRequest, made: ContactMethod) -> HttpResponse:
    sent = "" if made.verified_at else " A code is on its way to it: type it in here."
    messages.success(request, f"{made} is added.{sent}")
    return redirect("contact")


@desk
@require_POST
def quiet_hours(request: DeskRequest) -> HttpResponse:
    """When nobody calls about P3 and P4."""
    form = QuietForm(request.POST, pager=None)

    def save() -> None:
        given = form.cleaned_data
        contacts.set_quiet_hours(
            begin=given["quiet_from"], end=given["quiet_to"], at=timezone.now(), actor=request.user
        )  # fmt: skip

    if not attempt(form, save, Refused):
        return page(request, quiet=form)
    messages.success(request, "Your quiet hours are saved.")
    return redirect("contact")
