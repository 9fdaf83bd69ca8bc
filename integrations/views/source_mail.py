"""/settings/sources/<id>/mail: where a source's mail goes, and how it is read."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.doors import SettingsRequest, managers
from integrations import source_health, sources_admin
from integrations.mail_forms import MailReadingForm
from integrations.models import Mailbox, Source
from integrations.models.source import MAIL
from integrations.sources.email.settings import NAME, Settings, settings_of

ADDRESSES = 20


def mail_addresses(source: Source) -> list[str]:
    """Where its machines write to: mailboxes that are given to it, then the plus addresses of the others."""
    boxes = list(Mailbox.objects.filter(is_active=True).order_by("source", "address")[: ADDRESSES * 2])
    given = [box.address for box in boxes if box.source_id == source.pk]
    others = [box.address.partition("@") for box in boxes if box.source_id is None]
    plus = [f"{local}+{source.mail_tag}@{domain}" for local, _, domain in others if settings.MAIL_PLUS_ADDRESSES]
    return [*given, *plus][:ADDRESSES]


@require_http_methods(["GET", "POST"])
@managers
def reading(request: SettingsRequest, pk: int) -> HttpResponse:
    """Who may send, what tells alerts apart, which words mean what; and how the last mails are read by it."""
    row = get_object_or_404(Source, pk=pk)
    if row.kind != MAIL:  # its kind was changed
        return redirect("source", pk)
    now = settings_of(row.mapping)
    form = MailReadingForm(request.POST or None, settings=now)
    if request.method == "POST" and form.is_valid():
        row.mapping = mapping_of(form.settings())
        sources_admin.save_source(source=row, at=timezone.now(), actor=request.user)
        messages.success(request, f"{row} is saved.")
        return redirect("source-mail", pk)
    return page(request, row, form, now)


@require_POST
@managers
def preview(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/sources/<id>/mail/preview: the last mails as the filled-in form reads them. Changes nothing."""
    row = get_object_or_404(Source, pk=pk, kind=MAIL)
    now = settings_of(row.mapping)
    form = MailReadingForm(request.POST, settings=now)
    return page(request, row, form, form.settings() if form.is_valid() else now, is_draft=form.is_valid())


def mapping_of(kept: Settings) -> dict[str, Any]:
    return {NAME: kept.kept()}


def page(
    request: SettingsRequest, row: Source, form: MailReadingForm, tried: Settings, *, is_draft: bool = False
) -> HttpResponse:
    """The form, and below it the last mails under `tried`."""
    context = {
        "form": form, "source": row, "addresses": mail_addresses(row), "has_plus": settings.MAIL_PLUS_ADDRESSES,
        "tried": source_health.try_mapping(row, mapping_of(tried)), "is_draft": is_draft,
        "form_action": f"/settings/sources/{row.pk}/mail", "back": f"/settings/sources/{row.pk}",
    }  # fmt: skip
    return render(request, "integrations/sources/mail.html", context, status=422 if form.errors else 200)
