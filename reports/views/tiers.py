"""Where the time went: tiers, handovers and the first line's share, as a page and as files."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import audit
from accounts.doors import SettingsRequest, managers
from reports import tiers as figures
from reports.measures import PERIODS, Period
from reports.scope import Scope
from reports.views.dashboard import chosen_period
from reports.views.tickets import as_csv


def asked(request: SettingsRequest) -> tuple[Scope, Period]:
    """Over what this person may see, and ?days=7, 30 or 90."""
    return Scope.of(request.user), chosen_period(request, timezone.now())


@require_safe
@managers
def tiers(request: SettingsRequest) -> HttpResponse:
    """GET /dashboard/tiers?days=30."""
    scope, period = asked(request)
    first, solved = figures.solved_at_first(scope, period)
    context = {
        "period": period,
        "periods": PERIODS,
        "zone": timezone.get_current_timezone_name(),
        "tiers": figures.times(scope, period),
        "teams": figures.handovers(scope, period),
        "first": first,
        "solved": solved,
        "first_percent": 100 * first / solved if solved else None,
    }
    return render(request, "reports/tiers.html", context)


@require_safe
@managers
def tiers_csv(request: SettingsRequest) -> HttpResponseBase:
    """GET /dashboard/tiers.csv?days=30: a line for each tier; seconds of working time."""
    scope, period = asked(request)
    head = ["tier", "tickets", "p50 seconds", "p90 seconds", "total seconds", "over budget", "with a budget"]
    rows = ((t.label, t.n, round(t.p50), round(t.p90), round(t.total), t.over, t.budgeted)
            for t in figures.times(scope, period))  # fmt: skip
    return exported(request, head, rows, "tiers", period)


@require_safe
@managers
def teams_csv(request: SettingsRequest) -> HttpResponseBase:
    """GET /dashboard/tiers/handovers.csv?days=30: a line for each team."""
    scope, period = asked(request)
    head = ["team", "sent", "came back", "received", "accepted", "bounced", "waiting", "bounce rate %"]
    rows = (
        (t.team, t.sent, t.sent_back, t.received, t.accepted, t.bounced, t.waiting,
         "" if t.bounce_rate is None else f"{t.bounce_rate:.1f}")
        for t in figures.handovers(scope, period)
    )  # fmt: skip
    return exported(request, head, rows, "handovers", period)


def exported(request: SettingsRequest, head: list[str], rows: object, name: str, period: Period) -> HttpResponseBase:
    """The file, after a line in the audit log."""
    text = f"last {period.days} days"
    audit("report exported", at=period.end, actor=request.user, object=name, period=text)
    return as_csv(head, rows, f"{name} {text}")
