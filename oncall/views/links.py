"""/p/<token>: what a call was about, and one button, for whoever has the call's link; nobody needs to be signed in."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from oncall.actions import answers
from oncall.messages import LISTED, read_token
from oncall.models import Call, CallState, Page, PageState, Ring
from oncall.roster import zone_of
from tickets.errors import Refused


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def call(request: HttpRequest, token: str) -> HttpResponse:
    """GET changes nothing, as mail programs and chats open links by themselves; POST acknowledges."""
    now = timezone.now()
    ring = read_token(token, now=now)
    if ring is None or (ring.user and not ring.user.is_desk):
        return quietly(render(request, "oncall/p/gone.html", status=404))
    who = ring.user or (request.user if isinstance(request.user, User) and request.user.is_desk else None)
    if who is None:
        return quietly(render(request, "oncall/p/sign_in.html", {"room": ring.room, "path": request.path}))
    if request.method == "POST":
        try:
            messages.success(request, answers.acknowledge_by_token(token, at=now, via="link", actor=who))
        except Refused as refused:
            messages.error(request, refused.message)
        return quietly(redirect("page-link", token))
    with timezone.override(zone_of(who)):
        return quietly(render(request, "oncall/p/call.html", {"who": who, "ring": ring, **shown(ring, who)}))


def shown(ring: Ring, who: User) -> dict[str, Any]:
    """What the call was about, as far as this person may answer it."""
    rows = Page.objects.filter(pk__in=[page.pk for page in answers.answerable(ring, who)])
    pages = list(rows.select_related("ticket__site", "acknowledged_by").order_by("ticket__severity", "ticket"))
    waits = Call.objects.filter(page__in=pages, user=who, state=CallState.WAITING).exists()
    still = [page for page in pages if page.is_open]
    return {
        "pages": pages[:LISTED], "more": max(0, len(pages) - LISTED), "is_over": not still,
        "unanswered": sum(page.state != PageState.ACKNOWLEDGED for page in still), "waits": waits,
    }  # fmt: skip


def quietly(response: HttpResponse) -> HttpResponse:
    """The address is a key: no other site and no search engine gets to know it. (Not "no-referrer", with which browsers
    hide the origin of the form, too.)"""
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
