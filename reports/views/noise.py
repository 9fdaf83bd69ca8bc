"""Which alerts are noise, as a page and as a file, with what could be changed about them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.doors import SettingsRequest, managers
from integrations.models import Silence
from lib.numbers import read_number
from reports import noise
from reports.measures import PERIODS
from reports.noise import OF, SORTS, Row
from reports.noise_rules import QUIET, SEVERITY, SILENCE, WINDOW, Suggestion, suggestions
from reports.views.dashboard import chosen_period
from reports.views.tiers import exported

SIZE = 50
MAX_CSV = 50_000
COLUMNS = [("fired", "Fired"), ("opened", "Tickets"), ("acted", "Acted on"), ("cleared", "Cleared by itself"),
           ("paged", "Pages"), ("median", "Median to clear")]  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """A suggestion with what its button says and changes."""

    suggestion: Suggestion
    label: str
    says: str


def offer(row: Row, one: Suggestion) -> Offer:
    """What the click would do, in words."""
    source = row.source
    label, says = {
        SEVERITY: (f"Count as {one.to}", f"Alerts called so count as {one.to}, whatever {source} says."),
        SILENCE: (f"Silence for {one.to} days", "Held back, kept and counted; what still fires then opens its ticket."),
        QUIET: (
            f"Wait {one.to} quiet minutes",
            f"All alerts of {source} that fire again so soon reopen their ticket; now {source.quiet_minutes}.",
        ),
        WINDOW: (
            f"Group within {one.to} minutes",
            f"All alerts of {source} that share their group join its ticket for so long; now {source.group_minutes}.",
        ),
    }[one.change]
    return Offer(one, label, says)


def offers(rows: list[Row], silences: list[Silence]) -> list[tuple[Row, list[Offer]]]:
    """Each row with what the facts justify. A name that is silenced now needs nothing more."""
    quiet = {(one.source_id, one.labels.get("alertname") or one.name) for one in silences}
    return [
        (row, [offer(row, one) for one in suggestions(row.facts(is_silenced=(row.source.pk, row.name) in quiet))])
        for row in rows
    ]


def sort_of(request: SettingsRequest) -> str:
    sort = request.GET.get("sort", "")
    return sort if sort in SORTS else "noise"


@require_safe
@managers
def report(request: SettingsRequest) -> HttpResponse:
    """GET /dashboard/noise?days=30&sort=&page=."""
    now = timezone.now()
    period, sort = chosen_period(request, now), sort_of(request)
    found = noise.rows(request.user, period, sort=sort)
    page = Paginator(found, SIZE).get_page(request.GET.get("page"))
    silences = Silence.objects.visible_to(request.user).active(now).filter(source__isnull=False)
    context: dict[str, Any] = {
        "period": period, "periods": PERIODS, "zone": timezone.get_current_timezone_name(), "sort": sort,
        "columns": COLUMNS, "page": page, "rows": offers(list(page), list(silences)),
        "whole": [sum(getattr(row, name) for row in found) for name in ("fired", "opened", "acted", "cleared")],
        "most": noise.MOST if len(found) == noise.MOST else None,
    }  # fmt: skip
    return render(request, "reports/noise.html", context)


@require_safe
@managers
def report_csv(request: SettingsRequest) -> HttpResponseBase:
    """GET /dashboard/noise.csv?days=30&sort=: a line for each name; the median in seconds."""
    period = chosen_period(request, timezone.now())
    head = ["source", "alert name", "fired", "readings", "held back", "tickets", "acted on", "cleared by itself",
            "pages", "median seconds to clear"]  # fmt: skip
    rows = (
        (row.source.name, row.name, row.fired, row.readings, row.held, row.opened, row.acted, row.cleared, row.paged,
         "" if row.median is None else round(row.median))
        for row in noise.rows(request.user, period, sort=sort_of(request), most=MAX_CSV)
    )  # fmt: skip
    return exported(request, head, rows, "noise", period)


@require_safe
@managers
def alerts(request: SettingsRequest) -> HttpResponse:
    """GET /dashboard/noise/alerts?source=&name=&of=&days=: the alerts behind a number; none without a name."""
    period, given = chosen_period(request, timezone.now()), request.GET
    name, source = given.get("name", ""), read_number(given.get("source", "")) or 0
    of = given.get("of", "")
    of = of if of in OF else "fired"
    found = noise.alerts(request.user, period, source=source, name=name, of=of)
    page = Paginator(found, SIZE).get_page(given.get("page"))
    query = urlencode({"source": source, "name": name, "of": of, "days": period.days})
    context = {"page": page, "name": name, "what": OF[of][0], "period": period, "query": query}
    return render(request, "reports/noise_alerts.html", context)
