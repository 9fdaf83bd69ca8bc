"""The compliance page: promises kept and missed, told apart as asked, the missed ones one by one; the same as files."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import audit
from accounts.doors import SettingsRequest, desk
from reports import asked as asking
from reports import missed, tallies
from reports.asked import BASES, BY, Asked, AskForm
from reports.measures import PERIODS
from reports.scope import Scope
from reports.views.tickets import MAX_CSV, as_csv
from sla.compliance import NUMBERS, Tally, Window, kept_throughout
from sla.models import Obligation

PAGE = 25


def understood(request: SettingsRequest) -> tuple[AskForm, Asked, Window]:
    """What is asked for, over what this person may see."""
    form, asked = asking.read(request.GET, timezone.now())
    begin, end = asked.window
    scope = Scope.of(request.user)
    return form, asked, Window(begin, end, asked.now, asked.basis, scope.about & asked.about)


@require_safe
@desk
def compliance(request: SettingsRequest) -> HttpResponse:
    """GET /dashboard/compliance?days= or start=&end=, by=, basis=; only those of obligation=, severity=, team=, …"""
    form, asked, window = understood(request)
    parts = tallies.parts(tallies.rows(window, asked, request.user), asked)
    page = Paginator(missed.listed(window.missed), PAGE).get_page(request.GET.get("page"))
    here, (late_count, late) = asked.link(), missed.late_targets(window)
    context: dict[str, Any] = {
        "form": form, "asked": asked, "parts": parts, "here": here, "page": page,
        "misses": missed.misses(page.object_list, asked.now), "by": BY[asked.by], "basis": BASES[asked.basis],
        "presets": [(days, asked.link(days=days, start=None, end=None)) for days in PERIODS],
        "only": filters(asked, request), "late_count": late_count, "late": late,
        "kept": kept_throughout(window),
        "zone": timezone.get_current_timezone_name(),
        "previous": f"?{here}&page={page.previous_page_number()}#missed" if page.has_previous() else "",
        "next": f"?{here}&page={page.next_page_number()}#missed" if page.has_next() else "",
    }  # fmt: skip
    return render(request, "reports/compliance.html", context)


def filters(asked: Asked, request: SettingsRequest) -> list[tuple[str, str]]:
    """(what is asked for only, the query string without it)."""
    found = [(Obligation(asked.obligation).label, asked.link(obligation=None))] if asked.obligation else []
    for key, value in asked.only.items():
        name = tallies.named(key, {value}, request.user).get(value, f"{BY[key]} {value}")
        found.append((name, asked.link(**{key: None})))
    return found


@require_safe
@desk
def table_csv(request: SettingsRequest) -> HttpResponseBase:
    """GET /dashboard/compliance.csv?…: the table, every group of it."""
    _, asked, window = understood(request)
    audit("report exported", at=asked.now, actor=request.user, object="compliance", period=asked.text)
    body = (
        [obligation, name, *(getattr(row, number) for number in NUMBERS), percent(row)]
        for obligation, name, row in tallies.rows(window, asked, request.user)
    )
    head = ["obligation", asked.by, "met", "missed", "of them open", "running", "paused", "cancelled", "percent met"]
    return as_csv(head, body, f"compliance {asked.text}")


@require_safe
@desk
def promises_csv(request: SettingsRequest) -> HttpResponseBase:
    """GET /dashboard/compliance/promises.csv?…: every promise that the table counts."""
    _, asked, window = understood(request)
    audit("report exported", at=asked.now, actor=request.user, object="promises", period=asked.text)
    return as_csv(missed.HEAD, missed.table(window, MAX_CSV), f"promises {asked.text}")


def percent(row: Tally) -> str:
    return "" if row.percent is None else f"{row.percent:.1f}"
