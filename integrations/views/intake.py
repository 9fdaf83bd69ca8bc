"""/intake/: what came in, what became of it, and another try for what did not work."""

import re
import uuid

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.doors import SettingsRequest, managers
from integrations import inbound
from integrations.models import Door, Inbound, Source, State
from lib.numbers import read_number

SIZE = 50
SHOWN = 64 * 1024
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@require_safe
@managers
def log(request: SettingsRequest) -> HttpResponse:
    """Newest first; `?state=`, `?door=`, `?source=`, `?mailbox=` narrow it, `?before=` goes on."""
    asked = {name: request.GET.get(name, "") for name in ("state", "door", "source", "mailbox", "before")}
    seen = Inbound.objects.visible_to(request.user)
    rows = seen.defer("raw", "headers").select_related("source", "channel", "ticket")
    if asked["state"] in State.values:
        rows = rows.filter(state=asked["state"])
    if asked["door"] in Door.values:
        rows = rows.filter(door=asked["door"])
    for name, column in (("source", "source_id"), ("mailbox", "mailbox_id"), ("before", "id__lt")):
        if (given := read_number(asked[name])) is not None:
            rows = rows.filter(**{column: given})
    found = list(rows.order_by("-id")[: SIZE + 1])
    query = request.GET.copy()
    if len(found) > SIZE:
        query["before"] = str(found[SIZE - 1].pk)
    counts = seen.exclude(state__in=(State.DONE, State.IGNORED)).order_by().values_list("state").annotate(Count("id"))
    context = {
        "rows": found[:SIZE], "asked": asked, "older": f"?{query.urlencode()}" if len(found) > SIZE else None,
        "newest": "/intake/" if asked["before"] else None, "sources": Source.objects.all(), "doors": Door.choices,
        "states": [(value, label, dict(counts).get(value)) for value, label in State.choices],
    }  # fmt: skip
    return render(request, "integrations/intake/log.html", context)


def find(request: SettingsRequest, receipt: uuid.UUID) -> Inbound:
    rows = Inbound.objects.visible_to(request.user).select_related("source", "channel", "ticket", "mail")
    return get_object_or_404(rows, receipt=receipt)


@require_safe
@managers
def entry(request: SettingsRequest, receipt: uuid.UUID) -> HttpResponse:
    """One intake: the raw body (its beginning), headers, outcomes."""
    row = find(request, receipt)
    raw = bytes(row.raw)
    text = _UNPRINTABLE.sub("\ufffd", raw[:SHOWN].decode("utf-8", "replace"))
    return render(request, "integrations/intake/entry.html", {"row": row, "text": text, "cut": len(raw) > SHOWN})


@require_safe
@managers
def raw(request: SettingsRequest, receipt: uuid.UUID) -> HttpResponse:
    """The body as it came, as a download that no browser runs."""
    row = find(request, receipt)
    return original(bytes(row.raw), f"{row.receipt}.{'eml' if row.door == Door.MAIL else 'txt'}")


def original(body: bytes, name: str) -> HttpResponse:
    """Bytes from outside as a download that no browser runs."""
    response = HttpResponse(body, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@managers
def replays(request: SettingsRequest, receipt: uuid.UUID) -> HttpResponse:
    """POST /intake/<receipt>/replays: interpret it again, within a second."""
    row = find(request, receipt)
    if inbound.replay(row, at=timezone.now()):
        messages.success(request, "It is tried again now.")
    else:
        messages.error(request, f"It is {row.get_state_display().lower()}; there is nothing to try again.")
    return redirect("intake-entry", receipt)
