"""/settings/sources/: monitoring tools that may post alerts."""

import re
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.doors import SettingsRequest, managers
from integrations import source_health, sources_admin
from integrations.forms import SourceForm
from integrations.models import Alert, Inbound, Source, State
from integrations.models.source import MAIL
from integrations.views.source_mail import mail_addresses
from lib.markdown import render as markdown

RECENT = 10


def address(token: str) -> str:
    return settings.BASE_URL + reverse("receive-alert", args=[token])


def listed() -> QuerySet[Source]:
    """Sources with when they last sent, what failed in the last day, and how many of their alerts are open."""
    of_it = Inbound.objects.filter(source=OuterRef("pk"))
    recent = of_it.filter(state=State.FAILED, received_at__gt=timezone.now() - timedelta(days=1))
    firing = Alert.objects.filter(source=OuterRef("pk"), resolved_at=None)
    return Source.objects.select_related("site", "team").annotate(
        last_received_at=Subquery(of_it.order_by("-id").values("received_at")[:1]),
        failed=Subquery(recent.order_by().values("source").annotate(n=Count("pk")).values("n")),
        firing=Subquery(firing.order_by().values("source").annotate(n=Count("pk")).values("n")),
    )


@require_safe
@managers
def sources(request: SettingsRequest) -> HttpResponse:
    """All sources."""
    return render(request, "integrations/sources/list.html", {"sources": listed()})


@require_http_methods(["GET", "POST"])
@managers
def new(request: SettingsRequest) -> HttpResponse:
    """A new source; its address is shown once, in this answer."""
    form = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        token = save(form, request)
        return made(request, form.instance, token)
    context = {"form": form, "title": "New alert source", "back": "/settings/sources/", "back_label": "Alert sources"}
    return render(request, "layouts/settings_form.html", context, status=422 if form.errors else 200)


def save(form: SourceForm, request: SettingsRequest) -> str:
    """Keep what was filled in; answers the token of a new source, else ""."""
    return sources_admin.save_source(
        source=form.save(commit=False), at=timezone.now(), actor=request.user, secret=form.new_secret()
    )


def made(request: SettingsRequest, source: Source, token: str) -> HttpResponse:
    """The page with the address, which nobody can see again."""
    context = {"source": source, "url": address(token), "doc": doc(source, address(token))}
    response = render(request, "integrations/sources/made.html", context)
    response["Cache-Control"] = "no-store"
    return response


def doc(source: Source, url: str) -> str:
    """How to set up the sender, as sanitised HTML."""
    if source.reader is None:
        return ""
    token = url.rpartition("/")[2]
    filled = {"{url}": url, "{token}": token, "{base}": settings.BASE_URL}
    if source.kind == MAIL:
        filled["{mail}"] = next(iter(mail_addresses(source)), f"support+{source.mail_tag}@your-domain.example")
    return markdown(re.sub("|".join(map(re.escape, filled)), lambda match: filled[match[0]], source.reader.doc))


@require_http_methods(["GET", "POST"])
@managers
def source(request: SettingsRequest, pk: int) -> HttpResponse:
    """One source: its settings, its last bodies, how to set up the sender."""
    row = get_object_or_404(Source, pk=pk)
    form = SourceForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        save(form, request)
        messages.success(request, f"{row} is saved.")
        return redirect("source", pk)
    return page(request, row, form)


def page(request: SettingsRequest, row: Source, form: SourceForm, **more: Any) -> HttpResponse:
    """The page of a source; a form that was filled in has changed `row`, so what is shown is read anew."""
    shown = Source.objects.get(pk=row.pk) if form.is_bound else row
    recent = Inbound.objects.visible_to(request.user).filter(source=shown).defer("raw").select_related("ticket")
    url = address(shown.token_prefix) + "…"
    context = {"form": form, "source": shown, "recent": recent[:RECENT], "url": url, "doc": doc(shown, url)} | more
    context["health"] = source_health.health(shown, now=timezone.now())
    return render(request, "integrations/sources/source.html", context, status=422 if form.errors else 200)


@require_POST
@managers
def preview(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/sources/<id>/preview: the last bodies as the filled-in mapping reads them. Changes nothing."""
    row = get_object_or_404(Source, pk=pk)
    form = SourceForm(request.POST, instance=row)
    tried = None if form.errors else source_health.try_mapping(row, form.cleaned_data.get("mapping", row.mapping))
    return page(request, row, form, tried=tried, is_tried=tried is not None)


@require_POST
@managers
def new_address(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/sources/<id>/address: the old one is dead at once."""
    row = get_object_or_404(Source, pk=pk)
    return made(request, row, sources_admin.give_new_address(source=row, at=timezone.now(), actor=request.user))


@require_POST
@managers
def accepting(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/sources/<id>/acceptance: `accepting` = yes or no."""
    row, on = get_object_or_404(Source, pk=pk), request.POST.get("accepting") == "yes"
    sources_admin.set_accepting(source=row, accepting=on, at=timezone.now(), actor=request.user)
    messages.success(request, f"{row} {'accepts alerts again' if on else 'is paused'}.")
    return redirect("source", pk)


@require_POST
@managers
def tests(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/sources/<id>/tests: an example alert, `status` firing or resolved, through the real intake."""
    row = get_object_or_404(Source, pk=pk)
    status = request.POST.get("status", "firing")
    if sources_admin.try_out(source=row, status=status, at=timezone.now()):
        messages.success(request, "Sent. What becomes of it shows below within a second or two.")
    else:
        messages.error(request, "There is no example of that.")
    return redirect("source", pk)
