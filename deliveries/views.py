"""The mailbox: what left the desk, or would have."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.doors import DeskRequest, only
from deliveries import actions
from deliveries.models import Delivery, DeliverySwitch, State, local_mailbox
from deliveries.paging import page_of
from deliveries.reading import masked, shown_html
from tickets.errors import Refused

# ?state= -> the states it shows.
VIEWS: dict[str, tuple[str, tuple[State, ...]]] = {
    "": ("All", ()),
    "waiting": ("Waiting", (State.PENDING, State.SENDING)),
    "sent": ("Sent", (State.SENT, State.KEPT)),
    "dead": ("Given up", (State.DEAD,)),
    "bounced": ("Came back", (State.BOUNCED,)),
    "cancelled": ("Cancelled", (State.CANCELLED,)),
}


# Managers and admins; the whole desk while mail stays in the local mailbox.
for_readers = only(lambda user: user.is_manager or (user.is_desk and local_mailbox()), home="/mailbox/")


@require_safe
@for_readers
def mailbox(request: DeskRequest) -> HttpResponse:
    """GET /mailbox/: newest first, by state and the beginning of the recipient's address."""
    chosen = request.GET.get("state", "")
    chosen = chosen if chosen in VIEWS else ""
    query = request.GET.get("q", "").strip().lower().replace("\0", "")[:254]
    rows = Delivery.objects.visible_to(request.user)
    if states := VIEWS[chosen][1]:
        rows = rows.filter(state__in=states)
    if query:
        rows = rows.filter(address__startswith=query)
    context = {
        "page": page_of(rows, request.GET),
        "chosen": chosen,
        "views": [(key, label) for key, (label, _) in VIEWS.items()],
        "query": query,
    }
    return render(request, "deliveries/mailbox.html", context | frame(request))


def frame(request: DeskRequest) -> dict[str, Any]:
    """What both pages say about sending as a whole."""
    return {"switch": DeliverySwitch.now(), "local": local_mailbox(), "may_act": request.user.is_manager}


def find(request: DeskRequest, pk: int) -> Delivery:
    rows = Delivery.objects.visible_to(request.user).select_related("user", "ticket")
    return get_object_or_404(rows, pk=pk)


@require_safe
@for_readers
def delivery(request: DeskRequest, pk: int) -> HttpResponse:
    """GET /mailbox/<id>: headers, text, HTML, tries."""
    found = find(request, pk)
    context = {
        "delivery": found,
        "text": masked(found.text),
        "html": shown_html(found.body_html),
        "tries": list(found.tries.all()),
        "headers": [
            ("From", found.sender), ("To", found.address), ("Date", found.created_at),
            ("Message-ID", found.message_id), *found.headers.items(),
        ],
    }  # fmt: skip
    return render(request, "deliveries/delivery.html", context | frame(request))


def act(request: DeskRequest, pk: int, verb: Callable[..., None], done: str) -> HttpResponse:
    """One verb of a manager on one delivery, then back to it."""
    found = find(request, pk)
    if not request.user.is_manager:
        raise Http404
    try:
        verb(delivery=found, at=timezone.now(), actor=request.user)
        messages.success(request, done)
    except Refused as stop:
        messages.error(request, stop.message)
    return redirect("delivery", pk)


@require_POST
@for_readers
def replay(request: DeskRequest, pk: int) -> HttpResponse:
    """POST /mailbox/<id>/attempts: send it after all."""
    return act(request, pk, actions.replay, "It is sent again within seconds.")


@require_POST
@for_readers
def cancellation(request: DeskRequest, pk: int) -> HttpResponse:
    """POST /mailbox/<id>/cancellation: call it back."""
    return act(request, pk, actions.cancel, "It will not be sent.")


@require_POST
@for_readers
def sending(request: DeskRequest) -> HttpResponse:
    """POST /mailbox/sending: an admin freezes all sending (`frozen=yes`) or releases it."""
    if not request.user.is_admin:
        raise Http404
    if request.POST.get("frozen") == "yes":
        actions.freeze(reason=f"Frozen by {request.user}.", at=timezone.now(), actor=request.user)
    else:
        actions.unfreeze(at=timezone.now(), actor=request.user)
    return redirect(reverse("mailbox"))
