"""/settings/silences/: what is known and need not open tickets; made by anybody of the desk, also from a ticket."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, Sum
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.doors import DeskRequest, SettingsRequest, desk, managers
from integrations import sources_admin
from integrations.episodes import silences as actions
from integrations.episodes import windows
from integrations.models import Alert, Silence, Source
from integrations.models.silence import SilenceQuerySet
from integrations.silence_forms import NoiseForm, SilenceForm
from lib.attempts import attempt
from tickets.errors import Refused

PAST, HELD = 50, 100


def listed(request: DeskRequest) -> SilenceQuerySet:
    """Those this person may see, each with how many alerts it held back and how often they fired."""
    rows = Silence.objects.visible_to(request.user).select_related("source", "site", "component", "created_by")
    return rows.annotate(held=Count("alerts"), fired=Coalesce(Sum("alerts__count"), 0))


@require_safe
@desk
def silences(request: DeskRequest) -> HttpResponse:
    """Active, coming, and the newest of the past."""
    now, rows = timezone.now(), listed(request)
    groups = [
        ("active", "Active", list(rows.active(now).order_by("ends_at"))),
        ("coming", "Coming", list(rows.coming(now).order_by("starts_at"))),
        ("past", "Past", list(rows.past(now).order_by("-ends_at")[:PAST])),
    ]
    some = any(found for _, _, found in groups)
    return render(request, "integrations/silences/list.html", {"groups": groups, "some": some})


@require_http_methods(["GET", "POST"])
@desk
def new(request: DeskRequest) -> HttpResponse:
    """A new silence or maintenance window."""
    form = SilenceForm(request.POST or None, user=request.user)

    def make() -> Silence:
        return actions.make(silence=form.silence(), at=timezone.now(), actor=request.user)

    if request.method == "POST" and (made := attempt(form, make, Refused)):
        messages.success(request, "What it covers is held back and kept.")
        return redirect("silence", made.pk)
    context = {"form": form, "title": "New silence", "back": "/settings/silences/", "back_label": "Silences"}
    return render(request, "layouts/settings_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@desk
def edit(request: DeskRequest, pk: int) -> HttpResponse:
    """/settings/silences/<id>/edit: by its maker or a manager, until it is over."""
    row = get_object_or_404(Silence.objects.visible_to(request.user), pk=pk)
    if not windows.may_change(row, request.user):
        messages.error(request, "Only who made it, or a manager, changes it.")
        return redirect("silence", pk)
    form = SilenceForm(request.POST or None, user=request.user, silence=row)

    def change() -> Silence:
        return windows.change(silence=row, to=form.silence(), at=timezone.now(), actor=request.user)

    if request.method == "POST" and attempt(form, change, Refused):
        messages.success(request, "Changed. What it no longer covers and still fires opens its ticket.")
        return redirect("silence", pk)
    context = {"form": form, "title": "Edit silence", "back": f"/settings/silences/{pk}", "back_label": "Silence"}
    return render(request, "layouts/settings_form.html", context, status=422 if form.errors else 200)


@require_POST
@desk
def repeats(request: DeskRequest, pk: int) -> HttpResponse:
    """POST /settings/silences/<id>/repeats: it is the last of its series."""
    row = get_object_or_404(Silence.objects.visible_to(request.user), pk=pk)
    if not windows.may_change(row, request.user):
        messages.error(request, "Only who made it, or a manager, changes it.")
        return redirect("silence", pk)
    if windows.stop_repeating(silence=row, at=timezone.now(), actor=request.user):
        messages.success(request, "It does not come again.")
    return redirect("silence", pk)


@require_safe
@desk
def silence(request: DeskRequest, pk: int) -> HttpResponse:
    """One silence: what it covers, who made it and why, and what it held back."""
    row, now = get_object_or_404(listed(request).select_related("ended_by", "ticket"), pk=pk), timezone.now()
    alerts = Alert.objects.visible_to(request.user).filter(silence=row).select_related("source", "ticket")
    context = {"silence": row, "alerts": alerts[:HELD], "most": HELD, "now": now, "is_over": row.ends_at <= now}
    context["may_change"] = windows.may_change(row, request.user)
    return render(request, "integrations/silences/silence.html", context)


@require_POST
@desk
def ending(request: DeskRequest, pk: int) -> HttpResponse:
    """POST /settings/silences/<id>/ending: now instead of later."""
    row = get_object_or_404(Silence.objects.visible_to(request.user), pk=pk)
    if actions.end(silence=row, at=timezone.now(), actor=request.user):
        messages.success(request, "Ended. What still fires opens its ticket within a second or two.")
    else:
        messages.error(request, "It was over already.")
    return redirect("silence", pk)


@require_http_methods(["GET", "POST"])
@managers
def noise(request: SettingsRequest, pk: int) -> HttpResponse:
    """/settings/sources/<id>/noise: grouping, flapping, and how often the source should speak."""
    row = get_object_or_404(Source, pk=pk)
    form = NoiseForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        source, now = form.save(commit=False), timezone.now()
        if "expected_minutes" in form.changed_data:
            source.silent_at = now + timedelta(minutes=source.expected_minutes or 0)
        sources_admin.save_source(source=source, at=now, actor=request.user)
        messages.success(request, f"{row} is saved.")
        return redirect("source-noise", pk)
    return noise_page(request, pk, form)


def noise_page(request: SettingsRequest, pk: int, form: NoiseForm, **more: Any) -> HttpResponse:
    """The settings, and below them what they would have made of the last months when that was asked for."""
    title = Source.objects.values_list("name", flat=True).get(pk=pk)
    context = {
        "form": form, "title": f"Noise of {title}", "back": f"/settings/sources/{pk}", "back_label": title,
        "subtitle": "What becomes one ticket, what flaps, what counts as less, and how often it should speak",
        "form_action": reverse("source-noise", args=[pk]), "replay": reverse("source-noise-replay", args=[pk]), **more,
    }  # fmt: skip
    return render(request, "integrations/sources/noise.html", context, status=422 if form.errors else 200)
