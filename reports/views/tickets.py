"""The tickets behind a figure: exactly those that were counted, as a page and as CSV."""

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import audit
from accounts.doors import SettingsRequest, managers
from lib.csvsafe import stream
from reports import compliance, measures
from reports.measures import FIRST_RESPONSE, RESOLUTION, Period
from reports.scope import Scope
from reports.views.dashboard import chosen_period, chosen_team
from sla.models import Obligation
from tickets.models import Severity, Ticket

MEASURES = {"responded": ("First response", FIRST_RESPONSE), "resolved": ("Resolution", RESOLUTION)}
MAX_CSV = 50_000


def chosen(request: SettingsRequest, scope: Scope, period: Period) -> tuple[str, QuerySet[Ticket]]:
    """(title, tickets) of ?measure=responded|resolved, or ?obligation=&severity=&outcome=met|breached|late."""
    measure = request.GET.get("measure", "")
    if measure in MEASURES:
        label, column = MEASURES[measure]
        return f"{label} in the last {period.days} days", measures.counted(scope.tickets).filter(period.within(column))
    clocks = compliance.clocks_of(scope, period)
    words = ["Obligations"]
    if (obligation := request.GET.get("obligation", "")) in Obligation.values:
        clocks, words = clocks.filter(obligation=obligation), [Obligation(obligation).label]
    if (severity := request.GET.get("severity", "")) in {str(value) for value in Severity.values}:
        clocks = clocks.filter(severity=int(severity))
        words.append(f"P{severity}")
    if (outcome := request.GET.get("outcome", "")) in compliance.OUTCOMES:
        said, chosen_ones = compliance.OUTCOMES[outcome]
        clocks = clocks.filter(chosen_ones)
        words.append(said)
    return f"{', '.join(words)} in the last {period.days} days", scope.tickets.filter(pk__in=clocks.values("ticket"))


@require_safe
@managers
def tickets(request: SettingsRequest) -> HttpResponse:
    """GET /dashboard/tickets?…: the page."""
    now = timezone.now()
    period, team = chosen_period(request, now), chosen_team(request)
    title, found = chosen(request, Scope.of(request.user, team), period)
    rows = found.select_related("team", "requester", "assignee", "site").order_by("-pk")
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    here = request.GET.copy()
    here.pop("page", None)
    context = {"title": title, "page": page, "team": team, "query": here.urlencode()}
    return render(request, "reports/tickets.html", context)


@require_safe
@managers
def tickets_csv(request: SettingsRequest) -> HttpResponseBase:
    """GET /dashboard/tickets.csv?…: the same as a file, its cells defused."""
    now = timezone.now()
    title, found = chosen(request, Scope.of(request.user, chosen_team(request)), chosen_period(request, now))
    audit("report exported", at=now, actor=request.user, object=title)
    columns = ["pk", "subject", "severity", "status", "team__name", "site__name", "requester__email", "opened_at",
               "first_responded_at", "resolved_at", "closed_at"]  # fmt: skip
    head = [
        "number",
        "subject",
        "severity",
        "status",
        "team",
        "site",
        "requester",
        "opened",
        "first response",
        "resolved",
        "closed",
    ]
    rows = found.order_by("-pk").values_list(*columns)[:MAX_CSV]
    return as_csv(head, ([cell(value) for value in row] for row in rows.iterator()), "tickets")


def cell(value: Any) -> Any:
    """Instants as ISO 8601; nothing as an empty cell."""
    return value.isoformat() if isinstance(value, datetime) else "" if value is None else value


def as_csv(head: list[str], rows: Any, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(stream(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
