"""/settings/tokens/ and /settings/audit/: for admins."""

from datetime import datetime

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.actions import api_tokens
from accounts.doors import SettingsRequest, admins
from accounts.forms.tokens import TokenForm
from accounts.models import ApiToken, AuditEntry
from lib.attempts import attempt
from lib.paging import page_of

TOKENS = "/settings/tokens/"
LINES = 50


@admins
@require_GET
def tokens(request: SettingsRequest) -> HttpResponse:
    """All API tokens, newest first."""
    page = page_of(ApiToken.objects.select_related("user"), request.GET)
    return render(request, "accounts/tokens.html", {"page": page, "now": timezone.now()})


@admins
@require_http_methods(["GET", "POST"])
def token(request: SettingsRequest) -> HttpResponse:
    """A new token; its secret is shown once, in this answer."""
    form = TokenForm(request.POST or None, initial={"user": request.user.pk})

    def make() -> tuple[ApiToken, str]:
        given = form.cleaned_data
        return api_tokens.make_token(
            user=given["user"], name=given["name"], scopes=given["scopes"], expires_at=given["expires_on"],
            at=timezone.now(), actor=request.user,
        )  # fmt: skip

    if request.method == "POST" and (made := attempt(form, make)):
        response = render(request, "accounts/token_made.html", {"token": made[0], "secret": made[1]})
        response["Cache-Control"] = "no-store"
        return response
    context = {"form": form, "title": "New API token", "back": TOKENS, "back_label": "API tokens"}
    return render(request, "layouts/settings_form.html", context, status=422 if form.errors else 200)


@admins
@require_POST
def token_revocation(request: SettingsRequest, pk: int) -> HttpResponse:
    """It opens nothing any more."""
    row = get_object_or_404(ApiToken, pk=pk)
    api_tokens.revoke_token(token=row, at=timezone.now(), actor=request.user)
    messages.success(request, f"{row.name} is revoked.")
    return redirect(TOKENS)


def before(cursor: str) -> Q:
    """What lies beyond the cursor `<instant>_<id>`; everything when it is nonsense."""
    instant, _, number = cursor.partition("_")
    try:
        at, pk = datetime.fromisoformat(instant), int(number)
    except ValueError:
        return Q()
    if at.tzinfo is None or not 0 < pk < 2**63:
        return Q()
    return Q(at__lt=at) | Q(at=at, pk__lt=pk)


@admins
@require_GET
def audit_log(request: SettingsRequest) -> HttpResponse:
    """What happened to the desk itself, newest first."""
    rows = AuditEntry.objects.select_related("actor").filter(before(request.GET.get("before", "")))
    words, actor = (request.GET.get(name, "").strip().replace("\0", "") for name in ("q", "actor"))
    if words:
        rows = rows.filter(Q(action__icontains=words) | Q(object__icontains=words))
    if actor:
        rows = rows.filter(Q(actor__name__icontains=actor) | Q(actor__email__icontains=actor))
    found = list(rows.order_by("-at", "-id")[: LINES + 1])
    older = None
    if len(found) > LINES:
        query = request.GET.copy()
        query["before"] = f"{found[LINES - 1].at.isoformat()}_{found[LINES - 1].pk}"
        older = f"?{query.urlencode()}"
    newest = "/settings/audit/" if "before" in request.GET else None
    context = {"entries": found[:LINES], "older": older, "newest": newest, "asked": request.GET}
    return render(request, "accounts/audit.html", context)
