"""POST /tickets/<number>/pages and what lies beneath: call people about a ticket, again, others instead, one more."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST

from accounts.doors import DeskRequest, desk
from lib.attempts import attempt
from oncall.actions import paging
from oncall.forms.pages import PageForm, ResponderForm
from oncall.models import Page
from tickets.errors import Refused
from tickets.models import Ticket

NONE = "Nobody is being called about this ticket."


def find(request: DeskRequest, pk: int) -> Ticket:
    return get_object_or_404(Ticket.objects.visible_to(request.user).select_related("team"), pk=pk)


def by(request: DeskRequest) -> dict[str, Any]:
    return {"at": timezone.now(), "actor": request.user, "via": "web"}


def posted(request: DeskRequest) -> QueryDict | None:
    """What was sent, even if that is nothing."""
    return request.POST if request.method == "POST" else None


def page_or_refuse(ticket: Ticket) -> Page:
    """Raises Refused when none is open."""
    page = paging.open_page(ticket)
    if page is None:
        raise Refused(NONE)
    return page


def ask(request: DeskRequest, ticket: Ticket, form: BaseForm, **said: str) -> HttpResponse:
    """The form in the ticket's dialog, or on a page of its own."""
    context = {"ticket": ticket, "form": form, "action": request.path, **said}
    part = request.htmx and not request.htmx.history_restore_request
    template = "oncall/ticket/_editor.html" if part else "oncall/ticket/editor.html"
    response = render(request, template, context, status=422 if form.errors else 200)
    patch_vary_headers(response, ["HX-Request"])
    return response


def asked(
    request: DeskRequest, ticket: Ticket, form: BaseForm, verb: Callable[[], object], done: str, **said: str
) -> HttpResponse:
    """Done and back to the ticket, or the form once more with what is wrong."""
    if request.method == "POST" and attempt(form, verb, Refused):
        messages.success(request, done)
        return redirect("ticket", ticket.pk)
    return ask(request, ticket, form, **said)


@desk
@require_http_methods(["GET", "POST"])
def pages(request: DeskRequest, pk: int) -> HttpResponse:
    """Call a ladder or people. While somebody is being called, others can be called instead."""
    ticket = find(request, pk)
    if request.method == "GET" and paging.open_page(ticket):
        return redirect("ticket-page-reassignment", pk)
    form = PageForm(posted(request), ticket=ticket, is_first=True)
    return asked(
        request, ticket, form, lambda: paging.start(ticket=ticket, **form.cleaned_data, **by(request)),
        "They are being called.", title="Page people", submit="Page",
        intro="They are called at once by their own ways, until somebody acknowledges.",
    )  # fmt: skip


@desk
@require_http_methods(["GET", "POST"])
def reassignment(request: DeskRequest, pk: int) -> HttpResponse:
    """Others instead of those who are being called."""
    ticket = find(request, pk)
    form = PageForm(posted(request), ticket=ticket, is_first=False)
    return asked(
        request, ticket, form,
        lambda: paging.reassign(page=page_or_refuse(ticket), **form.cleaned_data, **by(request)),
        "They are called instead.", title="Call instead", submit="Call instead",
        intro="Whoever is being called is not called any further.",
    )  # fmt: skip


@desk
@require_http_methods(["GET", "POST"])
def responders(request: DeskRequest, pk: int) -> HttpResponse:
    """One more person, until that one answers."""
    ticket = find(request, pk)
    form = ResponderForm(posted(request), ticket=ticket)

    def add() -> None:
        paging.add_responder(page=page_or_refuse(ticket), user=form.cleaned_data["whom"], **by(request))

    return asked(
        request, ticket, form, add, "They are called, too.", title="Add a responder", submit="Call",
        intro="Called whoever has acknowledged already, until that person answers.",
    )  # fmt: skip


def at_once(request: DeskRequest, pk: int, verb: Callable[[Ticket], object], done: str) -> HttpResponse:
    """One click; the ticket's page says what came of it."""
    ticket = find(request, pk)
    try:
        verb(ticket)
        messages.success(request, done)
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("ticket", pk)


@desk
@require_POST
def acknowledgement(request: DeskRequest, pk: int) -> HttpResponse:
    """Nobody further is called."""
    return at_once(
        request, pk, lambda ticket: paging.acknowledge(page=page_or_refuse(ticket), **by(request)), "It is yours."
    )


@desk
@require_POST
def repetition(request: DeskRequest, pk: int) -> HttpResponse:
    """From the first step on, once more."""
    return at_once(
        request, pk, lambda ticket: paging.call_again(page=page_or_refuse(ticket), **by(request)),
        "They are called again.",
    )  # fmt: skip
