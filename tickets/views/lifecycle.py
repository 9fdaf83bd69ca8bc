"""Along the lifecycle: status, resolution, verification, closure, reopening, cancellation."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from tickets.actions import progress as actions
from tickets.forms import HoldForm, ReasonForm, ResolutionForm, VerificationForm
from tickets.models import Ticket, Verification
from tickets.states import Status
from tickets.views.access import DeskRequest, desk
from tickets.views.answers import Editor, act_now


def check(ticket: Ticket, data: dict[str, Any], who: dict[str, Any]) -> None:
    """Checked by me; with the second button it closes at once."""
    verb = actions.verify_and_close if data["also"].get("then") == "closed" else actions.verify
    verb(ticket=ticket, how=Verification.QA, evidence=data["evidence"], **who)


ask_hold = Editor(
    form=HoldForm,
    act=lambda ticket, data, who: actions.change_status(
        ticket=ticket, to=Status.ON_HOLD, reason=data["reason"], wakes_at=data["wakes_at"], **who
    ),
    title="Put on hold",
    submit="Hold",
    said="On hold.",
    intro="It leaves the queue and comes back by itself.",
)
ask_resolution = Editor(
    form=ResolutionForm,
    act=lambda ticket, data, who: actions.resolve(ticket=ticket, code=data["resolution"], text=data["text"], **who),
    title="Resolve",
    submit="Resolve and tell the requester",
    said="Resolved.",
)
ask_verification = Editor(
    form=VerificationForm,
    act=check,
    title="Checked by me",
    submit="Record the check",
    said="The check is recorded.",
    intro="A second pair of eyes: whoever resolved it cannot check it.",
    composer=True,
    also=(("then", "closed", "Record and close"),),
)
ask_reopening = Editor(
    form=ReasonForm,
    act=lambda ticket, data, who: actions.reopen(ticket=ticket, reason=data["reason"], **who),
    title="Reopen",
    submit="Reopen",
    said="Reopened.",
    intro="The same resolve clock goes on.",
    composer=True,
)
ask_cancellation = Editor(
    form=ReasonForm,
    act=lambda ticket, data, who: actions.cancel(ticket=ticket, reason=data["reason"], **who),
    title="Cancel the ticket",
    submit="Cancel the ticket",
    said="Cancelled.",
    intro="For spam and for what is not ours: it leaves the statistics.",
    danger=True,
    composer=True,
)


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def status(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/status: GET asks for a hold; POST status (on_hold: reason, wakes_at too)."""
    to = request.POST.get("status", Status.ON_HOLD)
    if to == Status.ON_HOLD:
        return ask_hold(request, pk)
    return act_now(
        request, pk, lambda ticket, _, who: actions.change_status(ticket=ticket, to=to, **who), "Status changed."
    )


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def resolution(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/resolution: resolution code, text for the requester."""
    return ask_resolution(request, pk)


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def verification(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/verification: evidence; then=closed closes as well."""
    return ask_verification(request, pk)


@require_POST
@desk
def closure(request: DeskRequest, pk: int) -> HttpResponse:
    """POST /tickets/42/closure: verified and documented."""
    return act_now(request, pk, lambda ticket, _, who: actions.close(ticket=ticket, **who), "Closed.", composer=True)


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def reopening(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/reopening: reason."""
    return ask_reopening(request, pk)


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def cancellation(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/cancellation: reason."""
    return ask_cancellation(request, pk)
