"""/oncall/calendars/: secret addresses for calendar programs, and what they read there."""

from hashlib import sha256

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.doors import DeskRequest, desk
from lib import crypto
from lib.numbers import read_number
from oncall import ics
from oncall import rota as pure
from oncall.actions.feeds import renew_feed, revoke_feed
from oncall.models import Feed, Rota
from oncall.reading import load


@desk
@require_http_methods(["GET", "POST"])
@never_cache
def feeds(request: DeskRequest) -> HttpResponse:
    """My addresses. A POST makes one (`rota`: its number, or nothing for my own shifts) or renews it, and shows it
    this once."""
    address, made = "", None
    if request.method == "POST":
        wanted = request.POST.get("rota", "")
        row = get_object_or_404(Rota, pk=read_number(wanted) or 0) if wanted else None
        made, secret = renew_feed(rota=row, at=timezone.now(), actor=request.user)
        address = settings.BASE_URL + reverse("feed", args=[secret])
    known = {feed.rota_id: feed for feed in Feed.objects.filter(user=request.user)}
    rows = [(None, known.get(None)), *((row, known.get(row.pk)) for row in Rota.objects.all())]
    return render(request, "oncall/feeds.html", {"rows": rows, "address": address, "made": made})


@desk
@require_POST
def revocation(request: DeskRequest, pk: int) -> HttpResponse:
    """The address is void."""
    revoke_feed(
        feed=get_object_or_404(Feed, pk=pk, user=request.user), at=timezone.now(), actor=request.user
    )  # fmt: skip
    messages.success(request, "The address is revoked. Programs that read it get nothing any more.")
    return redirect("feeds")


@require_safe
def calendar(request: HttpRequest, feed: str) -> HttpResponse:
    """The file behind an address, which is its own key: whoever has it reads it, until it is renewed or revoked, or
    its owner no longer works here."""
    row = Feed.objects.select_related("user", "rota").filter(digest=crypto.digest(feed)).first()
    if row is None or not row.user.is_desk:
        raise Http404
    body = body_of(row)
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    unchanged = request.headers.get("If-None-Match", "") == tag
    answer: HttpResponse = HttpResponseNotModified() if unchanged else HttpResponse(body, content_type="text/calendar")
    answer["ETag"], answer["Cache-Control"] = tag, "private, max-age=300"
    answer["Content-Disposition"] = 'inline; filename="on-call.ics"'
    answer["Referrer-Policy"], answer["X-Robots-Tag"] = "no-referrer", "noindex"
    return answer


def body_of(feed: Feed) -> bytes:
    """One's own shifts of all rotas, or everybody's of one."""
    begin, end = ics.window(timezone.now())
    rotas = Rota.objects.filter(pk=feed.rota_id) if feed.rota_id else Rota.objects.all()
    duties = [
        ics.Duty(one.row, shift, one.people[shift.person])
        for one in load(rotas, since=begin)
        if feed.rota_id or feed.user_id in one.people
        for shift in pure.shifts(one.rota, begin, end)
        if feed.rota_id or shift.person == feed.user_id
    ]
    name = f"On call: {feed.rota or feed.user}"
    return ics.written(name=name, duties=duties, own=feed.rota is None, base_url=settings.BASE_URL)
