"""The public form: `/help/new`. Stored first, then made a ticket in the same request; what fails is tried again."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from files.models import File
from files.store import discard, save_file
from integrations import inbound, submissions
from integrations.forms import RequestForm
from integrations.models import Door, Inbound
from lib.http import client_ip
from tickets.links import requester_url
from tickets.models import Form

LINK_SHOWN_FOR = timedelta(hours=1)  # afterwards the link is in the mail only


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str = "") -> HttpResponse:
    """GET shows the form, POST takes it. Without a slug: the first of the active forms, or a plain one."""
    presets = list(Form.objects.filter(is_active=True).select_related("site__fallback_team", "team"))
    preset = next((form for form in presets if not slug or form.slug == slug), None)
    if slug and preset is None:
        raise Http404
    user = request.user if isinstance(request.user, User) else None
    if request.method != "POST":
        first = {name: request.GET[name][:300] for name in ("subject", "kind", "site") if name in request.GET}
        form = RequestForm(user=user, preset=preset, initial={**first, "submission": uuid.uuid4().hex})
        return page(request, form, presets, preset)
    form = RequestForm(request.POST, request.FILES, user=user, preset=preset)
    if not form.is_valid():
        return page(request, form, presets, preset, status=422)
    now, email = timezone.now(), user.email if user else form.cleaned_data["email"]
    if not (user and user.is_desk) and (why := submissions.too_many(ip=client_ip(request), email=email, at=now)):
        form.add_error(None, why)
        return page(request, form, presets, preset, status=429)
    row = submit(request, form.cleaned_data, preset=preset, user=user, email=email, at=now)
    return redirect("request-received", row.receipt)


def page(
    request: HttpRequest, form: RequestForm, presets: list[Form], preset: Form | None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "presets": presets, "preset": preset, "lost_files": form.is_bound and bool(request.FILES)}
    return render(request, "integrations/request/new.html", context, status=status)


def submit(
    request: HttpRequest, data: dict[str, Any], *, preset: Form | None, user: User | None, email: str, at: datetime
) -> Inbound:
    """Store it, then make a ticket of it. What fills the bait is stored too, but left alone."""
    files = [save_file(stream=f, name=f.name or "file", uploaded_by=user, at=at) for f in data["files"]]
    bait = bool(data["website"])
    said = {name: value for name, value in data.items() if name not in ("files", "submission", "website")}
    names = [f"{file.sha256} {file.name}" for file in files]
    row = Inbound(
        door=Door.FORM,
        raw=submissions.pack(fields=said, form=preset, user=user, files=files),
        content_type="application/json",
        remote_ip=client_ip(request),
        sender=email.lower(),
        submission=submissions.digest_of(data["submission"], said, names),
        received_at=at,
    )
    return work(row, files, at=at, bait=bait)


def work(row: Inbound, files: list[File], *, at: datetime, bait: bool = False) -> Inbound:
    """Keep the row and interpret it now; the worker takes over what this request does not finish."""
    row.size = len(row.raw)
    if bait:
        row.state, row.reason = "ignored", "A field that people do not see was filled in. Replay it if it is genuine."
    else:
        row.next_try_at, row.attempts = at + inbound.LEASE, 1
    row, is_new = submissions.keep(row)
    if not is_new:
        for file in files:
            discard(file)
    if row.state == "pending":
        inbound.interpret(row, now=at)  # which leaves on the row what became of it
    return row


@never_cache
@require_safe
def received(request: HttpRequest, receipt: uuid.UUID) -> HttpResponse:
    """What became of a submission, for whoever holds its receipt: the number, and the link while it is fresh."""
    rows = Inbound.objects.select_related("ticket__requester").filter(door=Door.FORM)
    row = get_object_or_404(rows, receipt=receipt)
    fresh = timezone.now() - row.received_at < LINK_SHOWN_FOR
    link = requester_url(row.ticket, row.ticket.requester) if fresh and row.ticket and row.ticket.requester else ""
    return render(request, "integrations/request/received.html", {"row": row, "ticket": row.ticket, "link": link})
