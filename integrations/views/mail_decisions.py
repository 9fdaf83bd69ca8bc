"""What a person decides about a mail: held mail is taken in, let go or held again; one on the wrong ticket is moved."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.doors import SettingsRequest, desk
from integrations.mail import follow_ups
from integrations.models import Mail
from integrations.views.mail import find
from tickets.errors import Refused
from tickets.models import Ticket
from tickets.search import number_in


def attempt(request: SettingsRequest, do: Callable[[], str]) -> None:
    """Do it and say so, or say why not."""
    try:
        messages.success(request, do())
    except Refused as refused:
        messages.error(request, refused.message)


@require_POST
@desk
def decision(request: SettingsRequest, receipt: uuid.UUID) -> HttpResponse:
    """POST /mail/<receipt>/decision: `choice` is accept (with `follow`), split, drop or hold."""
    mail = find(request, receipt)
    by: dict[str, Any] = {"mail": mail, "actor": request.user}
    now, choice = timezone.now(), request.POST.get("choice", "")

    def done() -> str:
        if choice == "accept":
            ticket = follow_ups.accept(**by, at=now, follow=request.POST.get("follow") == "on")
            return f"Added to #{ticket.pk}."
        if choice == "split":
            return f"It is #{follow_ups.split(**by, at=now).pk} now."
        if choice == "drop":
            follow_ups.let_go(**by, at=now)
            return "Let go. It stays in the log of mail."
        if choice == "hold":
            follow_ups.hold_again(**by)
            return "Held again."
        raise Refused("Choose what is to become of it.")

    attempt(request, done)
    back = Mail.objects.visible_to(request.user).filter(pk=mail.pk).exists()
    return redirect("mail-entry", receipt) if back else redirect("mail-held")


@require_POST
@desk
def moves(request: SettingsRequest, receipt: uuid.UUID) -> HttpResponse:
    """POST /mail/<receipt>/moves: take it to the ticket with this `ticket` number; `undo` takes it back."""
    mail = find(request, receipt)

    def done() -> str:
        if request.POST.get("undo"):
            if mail.moved_from and not Ticket.objects.visible_to(request.user).filter(pk=mail.moved_from.pk).exists():
                raise Http404
            return f"Back on #{follow_ups.take_back(mail=mail, at=timezone.now(), actor=request.user).pk}."
        number = number_in(request.POST.get("ticket", ""))
        ticket = Ticket.objects.visible_to(request.user).filter(pk=number).first() if number is not None else None
        if ticket is None:
            raise Refused("There is no such ticket.", field="ticket")
        follow_ups.move(mail=mail, to=ticket, at=timezone.now(), actor=request.user)
        return f"Moved to #{ticket.pk}."

    attempt(request, done)
    return redirect("mail-entry", receipt)
