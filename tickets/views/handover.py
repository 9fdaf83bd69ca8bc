"""Up a tier: the handover with its packet, and the receiving team's answer; in the settings, what a packet must say."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.doors import SettingsRequest, managers
from lib.attempts import attempt
from tickets.actions import handover as actions
from tickets.actions.setup import save_packet_rules
from tickets.errors import Refused
from tickets.handover_forms import BounceForm, HandoverForm, PacketRulesForm
from tickets.models import Part, Ticket
from tickets.views.access import DeskRequest, desk
from tickets.views.answers import Editor, act_now


def send(ticket: Ticket, data: dict[str, Any], who: dict[str, Any]) -> None:
    packet = {part.value: data[part.value] for part in Part}
    actions.hand_over(ticket=ticket, to=data["team"], packet=packet, **who)


ask_handover = Editor(
    form=HandoverForm,
    act=send,
    title="Hand over to the next tier",
    submit="Hand over",
    said="Handed over.",
    intro="The packet goes with it. The team accepts it, or bounces it with a reason.",
)
ask_bounce = Editor(
    form=BounceForm,
    act=lambda ticket, data, who: actions.bounce_handover(ticket=ticket, reason=data["reason"], **who),
    title="Bounce the handover",
    submit="Bounce it",
    said="Bounced.",
    intro="It goes back to the team it came from, and to whoever had it there.",
)


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def handover(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/handover: team, and a text for each part of the packet."""
    return ask_handover(request, pk)


@require_POST
@desk
def acceptance(request: DeskRequest, pk: int) -> HttpResponse:
    """POST /tickets/42/handover/acceptance: this team takes it on."""
    return act_now(request, pk, lambda ticket, _, who: actions.accept_handover(ticket=ticket, **who), "Accepted.")


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def bounce(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/handover/bounce: reason."""
    return ask_bounce(request, pk)


@managers
@require_http_methods(["GET", "POST"])
def packet_rules(request: SettingsRequest) -> HttpResponse:
    """/settings/handover/: which parts a packet must have, by kind and by category."""
    form = PacketRulesForm(request.POST or None)

    def save() -> None:
        kinds, categories = form.rules()
        save_packet_rules(kinds=kinds, categories=categories, at=timezone.now(), actor=request.user)

    if request.method == "POST" and attempt(form, save, Refused):
        messages.success(request, "What a packet must say is saved.")
        return redirect("packet-rules")
    return render(request, "tickets/settings/handover.html", {"form": form}, status=422 if form.errors else 200)
