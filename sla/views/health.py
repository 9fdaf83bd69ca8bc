"""/settings/deadlines/"""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.doors import SettingsRequest, managers
from sla import health


@managers
@require_GET
def deadlines(request: SettingsRequest) -> HttpResponse:
    """How the sweep of deadlines is, and what is being planned anew."""
    now = timezone.now()
    troubled = list(health.troubled(now)[: health.SHOWN + 1])
    context = {
        "lag": health.lag(now), "waiting": health.waiting(now), "troubled": troubled[: health.SHOWN],
        "more_troubled": len(troubled) > health.SHOWN, "replans": health.replans(), "now": now,
    }  # fmt: skip
    return render(request, "sla/health.html", context)
