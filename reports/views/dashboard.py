"""The manager's dashboard: percentiles and shares, each a link to its tickets, each chart with its table and CSV."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from accounts.doors import SettingsRequest, managers
from accounts.models import Team
from lib.templatetags.ui import human_seconds
from reports import charts, compliance, measures
from reports.measures import AGES, FIRST_RESPONSE, PERIODS, RESOLUTION, Period
from reports.scope import Scope
from reports.tiles import Measured, queue_link, tiles
from tickets.models import Ticket

WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
HOUR = 3600


def chosen_period(request: HttpRequest, now: datetime) -> Period:
    """?days=7, 30 or 90; anything else is 30."""
    days = request.GET.get("days", "30")
    return Period.last(int(days) if days in {str(period) for period in PERIODS} else 30, now)


def chosen_team(request: HttpRequest) -> Team | None:
    """?team=3, when it is a team."""
    text = request.GET.get("team", "")
    return Team.objects.filter(pk=int(text)).first() if text.isascii() and text.isdigit() and len(text) < 10 else None


@require_safe
@managers
def dashboard(request: SettingsRequest) -> HttpResponse:
    """GET /dashboard?days=30&team=."""
    now = timezone.now()
    period, team = chosen_period(request, now), chosen_team(request)
    scope = Scope.of(request.user, team)
    rows = compliance.table(scope, period, now)
    found = Measured(
        arrivals=measures.arrivals(scope.tickets, period),
        answered=measures.durations(scope.tickets, FIRST_RESPONSE, period),
        resolved=measures.durations(scope.tickets, RESOLUTION, period),
        stars=measures.ratings(scope, period),
        met=compliance.overall(rows),
    )
    context = {
        "period": period,
        "periods": PERIODS,
        "team": team,
        "tiles": tiles(scope, period, team, found),
        "stars": found.stars,
        "rows": rows,
        "more": urlencode({"days": period.days} | ({"team": team.pk} if team else {})),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "reports/dashboard.html", context | standing(request, team, now) | drawn(period, found))


def standing(request: SettingsRequest, team: Team | None, now: datetime) -> dict[str, Any]:
    """What is open now, by team and age, and the teams to choose from: those with open tickets."""
    found = measures.backlog(Ticket.objects.visible_to(request.user), now)
    teams = list(Team.objects.filter(pk__in=found).order_by("name"))
    links = age_links(now)
    shown = [
        {"team": one.pk, "name": one.name, "total": sum(found[one.pk]), "cells": cells(one, found[one.pk], links)}
        for one in teams
        if team is None or team == one
    ]
    return {
        "teams": teams,
        "backlog": sorted(shown, key=lambda row: -row["total"]),
        "open_total": sum(row["total"] for row in shown),
        "ages": [label for label, _, _ in AGES],
    }


def age_links(now: datetime) -> list[tuple[str, str]]:
    """(label, link to the open tickets of that age) of each age."""
    found = []
    for label, start, end in AGES:
        filters: dict[str, Any] = {"status": "open"}
        if start:
            filters["opened_before"] = (now - timedelta(days=start)).isoformat()
        if end is not None:
            filters["opened_after"] = (now - timedelta(days=end)).isoformat()
        found.append((label, queue_link(**filters)))
    return found


def cells(team: Team, counts: list[int], links: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """One team's open tickets by age, each with the link to them."""
    return [
        {"n": n, "label": label, "url": f"{url}&team={team.pk}"} for n, (label, url) in zip(counts, links, strict=True)
    ]


def drawn(period: Period, found: Measured) -> dict[str, Any]:
    """The charts, and the tables that say the same."""
    days = period.dates[-period.days :]  # a chart has whole days only
    labels = [date_format(day, "j M") for day in days]
    daily = [found.answered.days[day] for day in days]
    flow = [
        charts.Series("Opened", "s1", [found.arrivals.days[day] for day in days]),
        charts.Series("Resolved", "s3", [found.resolved.days[day].n for day in days]),
    ]
    pace = [
        charts.Series("p90", "s2", [None if one.p90 is None else one.p90 / HOUR for one in daily]),
        charts.Series("p50", "s1", [None if one.p50 is None else one.p50 / HOUR for one in daily]),
    ]
    grid = found.arrivals.week
    return {
        "flow": charts.bars(flow, labels),
        "flow_rows": charts.table(zip(labels, flow[0].values, flow[1].values, strict=True)),
        "pace": charts.lines(pace, labels, form="{:.1f} h"),
        "pace_rows": charts.table(
            (label, human_seconds(one.p50), human_seconds(one.p90), one.n)
            for label, one in zip(labels, daily, strict=True)
            if one.n
        ),
        "heat": charts.heat(grid, WEEKDAYS),
        "heat_rows": charts.table((name, *row, sum(row)) for name, row in zip(WEEKDAYS, grid, strict=True)),
        "hours": range(24),
    }
