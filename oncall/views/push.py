"""What a browser needs to be pushed to: its service worker, a place on the Home Screen, where its button answers."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from integrations.channels.callbacks import Unreadable, form_of
from lib.http import BrokenOff, TooLarge, problem, read_body
from oncall.actions import answers
from oncall.messages import read_token
from tickets.errors import Refused

LIMIT = 4096  # bytes


@require_safe
@never_cache
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker. At the root, as it speaks for the addresses below its own only."""
    return render(request, "oncall/push/sw.js", content_type="text/javascript; charset=utf-8")


@require_safe
@cache_control(max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to keep the desk on its Home Screen, from where alone an iPhone lets itself be pushed to:
    https://www.w3.org/TR/appmanifest/"""
    icon = {"src": static("mark.svg"), "sizes": "any", "type": "image/svg+xml"}
    given = {
        "name": "Helpdesk", "start_url": "/", "scope": "/", "display": "standalone", "icons": [icon],
    }  # fmt: skip
    return JsonResponse(given, content_type="application/manifest+json")


@csrf_exempt
@never_cache
def answer(request: HttpRequest) -> HttpResponse:
    """Acknowledge from a notification. The token, which only the browser could decrypt, is the key: no session."""
    if request.method != "POST":
        return problem(405, "Only a notification posts here.", Allow="POST")
    try:
        token = form_of(read_body(request, limit=LIMIT)).get("token", "")
    except (BrokenOff, TooLarge, Unreadable):
        return problem(400, "The body cannot be read.")
    now = timezone.now()
    ring = read_token(token, now=now)
    if ring is None or ring.user is None or not ring.user.is_desk:
        return problem(403, "Forbidden")
    try:
        return JsonResponse({"said": answers.acknowledge_by_token(token, at=now, via="webpush")})
    except Refused as refused:
        return problem(409, "Not acknowledged", detail=refused.message)
