"""What a filled-in form would have made of the last months, before it is saved."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.doors import SettingsRequest, managers
from integrations.forms import SourceForm
from integrations.models import Source
from integrations.replay.compare import Verdict, compare
from integrations.silence_forms import NoiseForm
from integrations.views.silences import noise_page
from integrations.views.sources import page
from lib.attempts import attempt
from tickets.errors import Refused


@require_POST
@managers
def of_source(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/sources/<id>/replay: the source's own form, its mapping among it."""
    row = get_object_or_404(Source, pk=pk)
    form = SourceForm(request.POST, instance=row)
    return page(request, row, form, **replayed(request, form, pk))


@require_POST
@managers
def of_noise(request: SettingsRequest, pk: int) -> HttpResponse:
    """POST /settings/sources/<id>/noise/replay: grouping, flapping, severity by name."""
    form = NoiseForm(request.POST, instance=get_object_or_404(Source, pk=pk))
    return noise_page(request, pk, form, **replayed(request, form, pk))


def replayed(request: SettingsRequest, form: "forms.ModelForm[Source]", pk: int) -> dict[str, Any]:
    """What the page shows of it: nothing for a form that must be put right first."""

    def lived() -> Verdict:
        draft = form.save(commit=False)
        return compare([(Source.objects.get(pk=pk), draft)], at=timezone.now(), user=request.user)

    return {"verdict": attempt(form, lived, Refused) or None}
