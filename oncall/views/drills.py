"""/oncall/drills: which messages reached their people; and /p/d/<token>, where they say so."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.doors import DeskRequest, desk, managers
from accounts.errors import Refused
from accounts.models import User
from lib.paging import page_of
from oncall import proofs
from oncall.actions.drills import confirm, drill_now
from oncall.models import Drill, Rota
from oncall.roster import zone_of
from oncall.views.links import quietly


def visible_to(user: User) -> "QuerySet[Drill]":
    """Everybody's for managers, else one's own; newest first."""
    rows = Drill.objects.select_related("user", "rota", "method", "delivery", "asked_by")
    return rows if user.is_manager else rows.filter(user=user)


@desk
@require_safe
def drills(request: DeskRequest) -> HttpResponse:
    """GET /oncall/drills?open=1 for those without an answer."""
    rows = visible_to(request.user)
    only_open = request.GET.get("open") == "1"
    if only_open:
        rows = rows.filter(confirmed_at=None, proven_at=None)
    found, now = page_of(rows, request.GET), timezone.now()
    context = {"page": found, "rows": [(drill, drill.is_late(now)) for drill in found.rows], "only_open": only_open}
    return render(request, "oncall/drills.html", context)


@managers
@require_POST
def asked(request: DeskRequest, pk: int) -> HttpResponse:
    """Drill now: everybody who takes turns on a rota."""
    rota = get_object_or_404(Rota, pk=pk)
    try:
        done = drill_now(rota=rota, at=timezone.now(), actor=request.user)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("oncall-rota", pk)
    night = f" It is night for {', '.join(done.asleep)}: they are sent mail only." if done.asleep else ""
    messages.success(request, f"{done.sent} {'message is' if done.sent == 1 else 'messages are'} on the way.{night}")
    return redirect("drills")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the link says that the message reached them. A GET changes nothing."""
    now = timezone.now()
    drill = proofs.read_token(token, now=now)
    if drill is None:
        return quietly(render(request, "oncall/p/drill.html", status=404))
    if request.method == "POST":
        confirm(drill=drill, at=now)
        return quietly(redirect("drill-link", token))
    with timezone.override(zone_of(drill.user)):
        return quietly(render(request, "oncall/p/drill.html", {"drill": drill, "subject": proofs.subject_of(drill)}))
