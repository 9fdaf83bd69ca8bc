"""POST /settings/sources/<id>/tuning: what the noise report suggests, applied by one click."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.doors import SettingsRequest, managers
from integrations import tuning
from integrations.models import Source
from lib.numbers import read_number
from tickets.errors import Refused
from tickets.models import teams_hidden_from


@require_POST
@managers
def tune(request: SettingsRequest, pk: int) -> HttpResponse:
    """`change` = severity, silence, quiet or window; `to` = a severity's word, days or minutes; `name` of the alerts,
    `by_label` when it is their label alertname. Answers with the page on which it can be changed or undone."""
    source = get_object_or_404(Source.objects.exclude(team__in=teams_hidden_from(request.user)), pk=pk)
    try:
        return applied(request, source)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("noise")


def applied(request: SettingsRequest, source: Source) -> HttpResponse:
    """The change made, said, and where it is edited."""
    change, to, name = (request.POST.get(key, "") for key in ("change", "to", "name"))
    now, number = timezone.now(), read_number(to) or 0
    if change == "silence":
        silence = tuning.silence_name(
            source=source, name=name, by_label=bool(request.POST.get("by_label")), days=number,
            reason=f"Noise: {name}", at=now, actor=request.user,
        )  # fmt: skip
        messages.success(request, "Such alerts are held back from now on. “End now” undoes it.")
        return redirect("silence", silence.pk)
    if change == "severity":
        tuning.count_as(source=source, name=name, word=to, at=now, actor=request.user)
        messages.success(request, f"“{name}” counts as {to} from now on. Take its line away to undo it.")
        return redirect("source-noise", source.pk)
    before = tuning.lengthen(source=source, change=change, minutes=number, at=now, actor=request.user)
    messages.success(request, f"{number} minutes from now on; it was {before} before.")
    return redirect("source" if change == "quiet" else "source-noise", source.pk)
