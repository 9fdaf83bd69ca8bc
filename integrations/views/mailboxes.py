"""/settings/mailboxes/: whose mail becomes tickets, and how well it is fetched. Managers see it, admins change it."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.doors import SettingsRequest, admins, managers
from integrations import mailboxes_admin
from integrations.mail.check import FAILED, Result, try_connection
from integrations.mailbox_forms import MailboxForm
from integrations.mailbox_health import health, listed
from integrations.models import Inbound, Mailbox, Protocol

RECENT = 10


def address(token: str) -> str:
    return settings.BASE_URL + reverse("receive-mail", args=[token])


@require_safe
@managers
def mailboxes(request: SettingsRequest) -> HttpResponse:
    """All mailboxes and how they are."""
    rows = [{"mailbox": mailbox, "health": health(mailbox)} for mailbox in listed()]
    return render(request, "integrations/mailboxes/list.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@admins
def new(request: SettingsRequest) -> HttpResponse:
    """A new mailbox. The address of a pushed one is shown once, in this answer."""
    form = MailboxForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        token = mailboxes_admin.save_mailbox(
            mailbox=form.save(commit=False), secret=form.secret(), at=timezone.now(), actor=request.user
        )
        if token:
            return made(request, form.instance, token)
        messages.success(request, "It is saved and looked into now. Test the connection to see each step.")
        return redirect("mailbox-settings", form.instance.pk)
    context = {"form": form, "title": "New mailbox", "back": "/settings/mailboxes/", "back_label": "Mailboxes"}
    return render(request, "integrations/mailboxes/new.html", context, status=422 if form.errors else 200)


def made(request: SettingsRequest, mailbox: Mailbox, token: str) -> HttpResponse:
    """The page with the push address, which nobody can see again."""
    response = render(request, "integrations/mailboxes/made.html", {"mailbox": mailbox, "url": address(token)})
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
@admins
def mailbox(request: SettingsRequest, pk: int) -> HttpResponse:
    """One mailbox: how it is, what came last, its settings."""
    row = get_object_or_404(Mailbox, pk=pk)
    form = MailboxForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        token = mailboxes_admin.save_mailbox(
            mailbox=form.save(commit=False), secret=form.secret(), at=timezone.now(), actor=request.user
        )
        if token:
            return made(request, row, token)
        messages.success(request, f"{row} is saved.")
        return redirect("mailbox-settings", pk)
    return page(request, pk, form)


def page(request: SettingsRequest, pk: int, form: MailboxForm, steps: list[Result] | None = None) -> HttpResponse:
    """The page of one, as it is kept; with the steps of a test, if one was made."""
    shown = get_object_or_404(listed(), pk=pk)
    recent = Inbound.objects.visible_to(request.user).filter(mailbox=shown).defer("raw").select_related("ticket")
    context = {
        "form": form, "mailbox": shown, "health": health(shown), "recent": recent[:RECENT], "steps": steps,
        "broken": any(step.state == FAILED for step in steps or ()), "fetched": shown.protocol != Protocol.PUSH,
        "url": address(shown.token_prefix) + "…" if shown.token_prefix else "",
    }  # fmt: skip
    return render(request, "integrations/mailboxes/mailbox.html", context, status=422 if form.errors else 200)


@require_POST
@admins
def checks(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/mailboxes/<id>/checks: connect now, and say which step went how. Nothing is taken or marked."""
    row = get_object_or_404(Mailbox, pk=pk)
    steps = try_connection(row) if row.protocol != Protocol.PUSH else []
    return page(request, pk, MailboxForm(instance=row), steps)


@require_POST
@admins
def fetches(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/mailboxes/<id>/fetches: look into it within a second."""
    row = get_object_or_404(Mailbox, pk=pk)
    if mailboxes_admin.fetch_now(mailbox=row, at=timezone.now(), actor=request.user):
        messages.success(request, "It is looked into now.")
    else:
        messages.error(request, "It is paused, or its mail is pushed: there is nothing to fetch.")
    return redirect("mailbox-settings", pk)


@require_POST
@admins
def letters(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/mailboxes/<id>/letters: a test mail from its address to whoever asks."""
    row = get_object_or_404(Mailbox, pk=pk)
    mailboxes_admin.send_test(mailbox=row, at=timezone.now(), actor=request.user)
    messages.success(request, f"A test mail is on its way to {request.user.email}. Deliveries say what becomes of it.")
    return redirect("mailbox-settings", pk)


@require_POST
@admins
def accepting(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/mailboxes/<id>/acceptance: `accepting` = yes or no."""
    row, on = get_object_or_404(Mailbox, pk=pk), request.POST.get("accepting") == "yes"
    mailboxes_admin.set_accepting(mailbox=row, accepting=on, at=timezone.now(), actor=request.user)
    messages.success(request, f"{row} {'accepts mail again' if on else 'is paused'}.")
    return redirect("mailbox-settings", pk)


@require_POST
@admins
def new_address(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/mailboxes/<id>/address: a push address; the old one is dead at once."""
    row = get_object_or_404(Mailbox, pk=pk)
    return made(request, row, mailboxes_admin.give_new_address(mailbox=row, at=timezone.now(), actor=request.user))
