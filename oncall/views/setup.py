"""/settings/rotas/: rotas and their layers, with what is to come and what is wrong."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.doors import SettingsRequest, managers
from accounts.errors import Refused
from accounts.models import User
from lib.attempts import attempt
from oncall import reach, reading, weeks
from oncall.actions import setup
from oncall.forms.setup import LayerForm, RotaForm
from oncall.models import Layer, Rota
from oncall.worries import worries

HOME = "/settings/rotas/"
Layers = list[tuple[Layer, list[User]]]


@managers
@require_safe
def rotas(request: SettingsRequest) -> HttpResponse:
    """All rotas, each with what is wrong."""
    now = timezone.now()
    loaded = reading.load(Rota.objects.select_related("team"), since=now)
    reached = reach.of([user for one in loaded for user in one.people.values()])
    rows = []
    for one in loaded:
        layers = reading.layers_of(one.row)
        rows.append((one, worries(one, layers, weeks.view(one, now), now, reached=reached), len(layers)))
    return render(request, "oncall/settings/rotas.html", {"rows": rows})


@managers
@require_http_methods(["GET", "POST"])
def rota(request: SettingsRequest, pk: int | None = None) -> HttpResponse:
    """One rota with its layers and its next weeks, or a new one."""
    row = get_object_or_404(Rota, pk=pk) if pk else None
    form = RotaForm(request.POST or None, rota=row, zone=request.user.time_zone)

    def save() -> Rota:
        return setup.save_rota(rota=row, at=timezone.now(), actor=request.user, **form.cleaned_data)

    if request.method == "POST" and (saved := attempt(form, save, Refused)):
        messages.success(request, f"{saved} is saved.")
        return redirect("rota", saved.pk)
    context: dict[str, Any] = {
        "form": form, "title": str(row) if row else "New rota", "back": HOME, "back_label": "Rotas",
    }  # fmt: skip
    if row:
        now = timezone.now()
        loaded = reading.load(Rota.objects.filter(pk=row.pk), since=now)[0]
        context |= coming(loaded, reading.layers_of(loaded.row), now) | {
            "rota": row, "layers": reading.layers_of(loaded.row)[::-1], "form_action": f"{HOME}{row.pk}/",
            "delete_url": f"{HOME}{row.pk}/deletion", "delete_title": "Delete the rota",
            "delete_ask": f"Delete {row}?",
            "delete_text": "Its layers, overrides, swaps and calendar addresses go with it.",
        }  # fmt: skip
    return render(request, "oncall/settings/rota.html", context, status=422 if form.errors else 200)


def coming(loaded: reading.Loaded, layers: Layers, now: datetime) -> dict[str, Any]:
    """The next weeks and what is wrong with them."""
    shown = weeks.view(loaded, now)
    reached = reach.of([user for _, users in layers for user in users])
    return {"loaded": loaded, "view": shown, "worries": worries(loaded, layers, shown, now, reached=reached)}


@managers
@require_POST
def rota_deletion(request: SettingsRequest, pk: int) -> HttpResponse:
    """The rota is gone."""
    row = get_object_or_404(Rota, pk=pk)
    setup.delete_rota(rota=row, at=timezone.now(), actor=request.user)
    messages.success(request, f"{row.name} is deleted.")
    return redirect(HOME)


@managers
@require_http_methods(["GET", "POST"])
def layer_new(request: SettingsRequest, pk: int) -> HttpResponse:
    """A new layer, above the others."""
    return editor(request, get_object_or_404(Rota, pk=pk), None)


@managers
@require_http_methods(["GET", "POST"])
def layer(request: SettingsRequest, pk: int) -> HttpResponse:
    """One layer. The button "preview" shows the weeks as edited, and saves nothing."""
    row = get_object_or_404(Layer.objects.select_related("rota"), pk=pk)
    return editor(request, row.rota, row)


def editor(request: SettingsRequest, row: Rota, known: Layer | None) -> HttpResponse:
    above = (row.layers.aggregate(top=Max("position"))["top"] or 0) + 1
    form = LayerForm(request.POST or None, layer=known, zone=row.zone, position=min(above, 99))
    now, draft = timezone.now(), "preview" in request.POST

    def do() -> Layer:
        if draft:
            return setup.drafted(known, row, form.plan())
        return setup.save_layer(layer=known, rota=row, plan=form.plan(), at=now, actor=request.user)

    made = attempt(form, do, Refused) if request.method == "POST" else None
    if made and not draft:
        messages.success(request, f"{made} is saved.")
        return redirect("rota", row.pk)
    loaded = reading.load(Rota.objects.filter(pk=row.pk), since=now)[0]
    layers = reading.layers_of(loaded.row)
    if made:
        layers = [pair for pair in layers if pair[0].pk != made.pk] + [(made, list(form.plan().people))]
        layers.sort(key=lambda pair: pair[0].position)
        loaded = reading.compiled(loaded.row, layers, loaded.row.overrides.all())
    context: dict[str, Any] = coming(loaded, layers, now) | {
        "form": form, "title": str(known) if known else "New layer", "subtitle": row.name,
        "back": f"{HOME}{row.pk}/", "back_label": row.name, "is_draft": bool(made), "rota": row,
    }  # fmt: skip
    if known:
        context |= {
            "delete_url": f"{HOME}layers/{known.pk}/deletion", "delete_title": "Delete the layer",
            "delete_ask": f"Delete {known}?", "delete_text": "What lies below it shows through.",
        }  # fmt: skip
    return render(request, "oncall/settings/layer.html", context, status=422 if form.errors else 200)


@managers
@require_POST
def layer_deletion(request: SettingsRequest, pk: int) -> HttpResponse:
    """The layer is gone."""
    row = get_object_or_404(Layer.objects.select_related("rota"), pk=pk)
    setup.delete_layer(layer=row, at=timezone.now(), actor=request.user)
    messages.success(request, f"{row.name} is deleted.")
    return redirect("rota", row.rota_id)
