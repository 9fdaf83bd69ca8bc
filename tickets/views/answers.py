"""How a verb answers: the regions it changed, a refusal beside its field, or the plain page for who has no script."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from tickets.errors import Refused
from tickets.forms import TicketForm
from tickets.models import Ticket
from tickets.views.access import DeskRequest, find
from tickets.views.context import page_context, ticket_context

AFTER_LOSING_SIGHT = "/queue/needs-me"

# Does the verb, given the ticket, the form's cleaned data, and `by`: the actor, `at` and `via` of an action.
Act = Callable[[Ticket, dict[str, Any], dict[str, Any]], object]


def by(request: DeskRequest) -> dict[str, Any]:
    """Who does it, when and through what: the arguments every action takes."""
    return {"actor": request.user, "at": timezone.now(), "via": "web"}


def fragment_wanted(request: DeskRequest) -> bool:
    """Whether htmx asks for a part of a page. Going back in the history asks for the whole."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def show(request: DeskRequest, ticket: Ticket, *, status: int = 200, **composer: Any) -> HttpResponse:
    """The ticket's page, or only its region when a row of the list asks for it."""
    if fragment_wanted(request):
        context, template = ticket_context(request, ticket, **composer), "tickets/ticket/_ticket.html"
    else:
        context, template = page_context(request, ticket, **composer), "tickets/ticket/page.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def done(request: DeskRequest, pk: int, said: str, *, composer: bool = False) -> HttpResponse:
    """What changed, after a verb. `composer`: whether it may have opened or shut the composer.

    Who moved the ticket out of their own sight goes back to the queue.
    """
    try:
        ticket = find(request, pk)
    except Http404:
        messages.success(request, f"{said} You no longer see #{pk}.")
        return HttpResponseClientRedirect(AFTER_LOSING_SIGHT) if request.htmx else redirect(AFTER_LOSING_SIGHT)
    if not request.htmx:
        messages.success(request, said)
        return redirect("ticket", pk)
    context = ticket_context(request, ticket) | {"said": said, "with_composer": composer}
    return render(request, "tickets/ticket/_changed.html", context)


def refuse(request: DeskRequest, pk: int, refused: Refused) -> HttpResponse:
    """A verb without a form was refused: 422 with the reason."""
    if request.htmx:
        return render(request, "tickets/ticket/_refused.html", {"said": refused.message}, status=422)
    return show(request, find(request, pk), status=422, alert=refused.message)


def act_now(request: DeskRequest, pk: int, act: Act, said: str, *, composer: bool = False) -> HttpResponse:
    """One click, no form: do it and show what changed."""
    ticket = find(request, pk)
    try:
        act(ticket, {}, by(request))
    except Refused as refused:
        return refuse(request, pk, refused)
    return done(request, pk, said, composer=composer)


@dataclass(frozen=True, kw_only=True, slots=True)
class Editor:
    """A verb that asks something first: a dialog on the ticket's page, and a page of its own without script."""

    form: type[TicketForm]
    act: Act
    title: str
    submit: str
    said: str
    intro: str = ""
    danger: bool = False
    composer: bool = False
    # More buttons: (name, value, label); what was pressed is in request.POST.
    also: tuple[tuple[str, str, str], ...] = ()
    template: str = "tickets/ticket/_editor.html"
    do_not_call_in_templates: ClassVar[bool] = True  # a template would call it, as it can be called

    def __call__(self, request: DeskRequest, pk: int) -> HttpResponse:
        ticket = find(request, pk)
        if request.method != "POST":
            return self.ask(request, ticket, self.form(ticket=ticket))
        form = self.form(request.POST, ticket=ticket)
        if form.is_valid():
            try:
                self.act(ticket, form.cleaned_data | {"also": request.POST}, by(request))
                return done(request, pk, self.said, composer=self.composer)
            except Refused as refused:
                form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return self.ask(request, ticket, form, status=422)

    def ask(self, request: DeskRequest, ticket: Ticket, form: TicketForm, status: int = 200) -> HttpResponse:
        template = self.template if fragment_wanted(request) else "tickets/ticket/editor.html"
        context = {"ticket": ticket, "form": form, "editor": self, "template": self.template}
        response = render(request, template, context, status=status)
        patch_vary_headers(response, ["HX-Request"])
        return response
