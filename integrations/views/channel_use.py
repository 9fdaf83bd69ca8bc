"""What is done to one channel by a button: try it, replace its secret, switch it on or off, delete it. Admins only."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.doors import SettingsRequest, admins
from integrations import channels_admin
from integrations.models import Channel
from integrations.views.channels import made
from tickets.errors import Refused


def said(request: SettingsRequest, verb: Callable[[], object], *, done: str) -> bool:
    """Do it, and say what became of it; False when it was refused."""
    try:
        verb()
    except Refused as stop:
        messages.error(request, stop.message)
        return False
    messages.success(request, done)
    return True


@require_POST
@admins
def tests(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/channels/<id>/tests: `sender` and `address`, where its kind asks for them."""
    row, now = get_object_or_404(Channel, pk=pk), timezone.now()
    address = "".join(request.POST.get("address", "").replace("\0", "").split())[:254]
    sender = request.POST.get("sender") or row.kind
    said(
        request,
        lambda: channels_admin.send_test(channel=row, sender=sender, address=address, at=now, actor=request.user),
        done="It is on its way. What the provider says shows below.",
    )
    return redirect("channel", pk)


@require_POST
@admins
def secret(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/channels/<id>/secret: a new one, shown once; with `old` = forget, the one before it goes."""
    row, now = get_object_or_404(Channel, pk=pk), timezone.now()
    if request.POST.get("old") == "forget":
        verb = channels_admin.forget_secret
        said(request, lambda: verb(channel=row, at=now, actor=request.user), done="Only the new secret signs now.")
        return redirect("channel", pk)
    try:
        return made(request, row, channels_admin.replace_secret(channel=row, at=now, actor=request.user))
    except Refused as stop:
        messages.error(request, stop.message)
        return redirect("channel", pk)


@require_POST
@admins
def use(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/channels/<id>/use: `in_use` = yes or no."""
    row, on = get_object_or_404(Channel, pk=pk), request.POST.get("in_use") == "yes"
    channels_admin.set_in_use(channel=row, in_use=on, at=timezone.now(), actor=request.user)
    messages.success(request, f"{row} is switched {'on' if on else 'off'}.")
    return redirect("channel", pk)


@require_POST
@admins
def deletion(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/channels/<id>/deletion."""
    row, now = get_object_or_404(Channel, pk=pk), timezone.now()
    verb = channels_admin.delete_channel
    gone = said(request, lambda: verb(channel=row, at=now, actor=request.user), done=f"{row} is deleted.")
    return redirect("channels") if gone else redirect("channel", pk)
