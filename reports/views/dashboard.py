"""The manager's dashboard: percentiles and shares, each a link to its tickets, each chart with its table and CSV."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from accounts.models import Team, User
from reports import charts, compliance, measures
from reports.measures import AGES, FIRST_RESPONSE, PERIODS, RESOLUTION, Period, Tickets
from tickets.models import Ticket

WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
HOUR = 3600


class ManagerRequest(HttpRequest):
    """A request of a manager or admin."""

    user: User


def managers(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Only for managers and admins; for everybody else it is not there."""

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not request.user.is_manager:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def chosen_period(request: HttpRequest, now: datetime) -> Period:
    """?days=7, 30 or 90; anything else is 30."""
    days = request.GET.get("days", "30")
    return Period.last(int(days) if days in {str(period) for period in PERIODS} else 30, now)


def chosen_team(request: ManagerRequest) -> Team | None:
    """?team=3, when it is a team."""
    text = request.GET.get("team", "")
    return Team.objects.filter(pk=int(text)).first() if text.isascii() and text.isdigit() and len(text) < 10 else None


def scope(request: ManagerRequest, team: Team | None) -> Tickets:
    """The tickets this person may see, of one team or of all."""
    seen = Ticket.objects.visible_to(request.user)
    return seen.filter(team=team) if team else seen


def delta(now: float | None, before: float | None, *, good_when_less: bool) -> dict[str, Any] | None:
    """How a figure moved against the period before, in percent of what it was."""
    if now is None or not before:
        return None
    change = 100 * (now - before) / before
    if abs(change) < 1:
        return {"text": "as before", "good": None, "up": False}
    return {
        "text": f"{abs(change):.0f} % {'more' if change > 0 else 'less'}",
        "good": (change < 0) == good_when_less,
        "up": change > 0,
    }


def queue_link(**filters: Any) -> str:
    return "/queue/all?" + urlencode(filters, doseq=True)


def figures(
    tickets: Tickets, period: Period, now: datetime, team: Team | None, rows: list[compliance.Row]
) -> list[dict[str, Any]]:
    """The tiles: label, value, note, link, and how it moved."""
    more = {"days": period.days} | ({"team": team.pk} if team else {})
    since = period.start.isoformat()
    only = {"team": team.pk} if team else {}
    tiles = []
    for label, column, measure in (
        ("First response", FIRST_RESPONSE, "responded"),
        ("Resolution", RESOLUTION, "resolved"),
    ):
        p50, p90, n = measures.durations(tickets, column, period)
        was = measures.durations(tickets, column, period.before)[0]
        link = "/dashboard/tickets?" + urlencode({"measure": measure, **more})
        tiles.append(
            {
                "label": f"{label}, p50",
                "seconds": p50,
                "note": f"{n} tickets",
                "url": link,
                "delta": delta(p50, was, good_when_less=True),
            }
        )
        tiles.append({"label": f"{label}, p90", "seconds": p90, "note": "nine in ten are faster", "url": link})
    met = compliance.overall(rows)
    tiles.append(
        {"label": "SLA met", "percent": met.percent, "note": f"{met.breached} missed of {met.decided}", "url": "#sla"}
    )
    arrived, earlier = measures.arrivals(tickets, period), measures.arrivals(tickets, period.before)
    tiles.append(
        {
            "label": "Arrived",
            "count": arrived,
            "note": "tickets",
            "delta": delta(arrived, earlier, good_when_less=True),
            "url": queue_link(status="any", opened_after=since, **only),
        }
    )
    by_person, closed = measures.confirmed(tickets, period)
    tiles.append(
        {
            "label": "Fix confirmed",
            "percent": 100 * by_person / closed if closed else None,
            "note": f"of {closed} closed",
            "url": queue_link(status="closed", closed_after=since, **only),
        }
    )
    stars = measures.ratings(tickets, period)
    tiles.append(
        {"label": "CSAT", "score": stars["average"], "note": f"{stars['n']} ratings", "url": "#csat", "stars": stars}
    )
    return tiles


@require_safe
@managers
def dashboard(request: ManagerRequest) -> HttpResponse:
    """GET /dashboard?days=30&team=."""
    now = timezone.now()
    period, team = chosen_period(request, now), chosen_team(request)
    tickets = scope(request, team)
    rows = compliance.table(tickets, period, now)
    tiles = figures(tickets, period, now, team, rows)
    teams = measures.backlog(tickets, now)
    days = [(period.start + timedelta(days=n + 1)).date() for n in range(period.days)]
    labels = [date_format(day, "j M") for day in days]
    opened, solved = (measures.by_day(tickets, column, period) for column in ("opened_at", RESOLUTION))
    speed = {row["day"]: row for row in measures.durations_by_day(tickets, FIRST_RESPONSE, period)}
    flow = [
        charts.Series("Opened", "s1", [opened.get(d, 0) for d in days]),
        charts.Series("Resolved", "s3", [solved.get(d, 0) for d in days]),
    ]
    pace = [
        charts.Series("p90", "s2", [speed[d]["p90"] / HOUR if d in speed else None for d in days]),
        charts.Series("p50", "s1", [speed[d]["p50"] / HOUR if d in speed else None for d in days]),
    ]
    grid = measures.hours(tickets, period)
    context = {
        "period": period,
        "periods": PERIODS,
        "team": team,
        "teams": Team.objects.filter(pk__in=Ticket.objects.visible_to(request.user).open().values("team")).order_by(
            "name"
        ),
        "tiles": tiles,
        "stars": tiles[-1]["stars"],
        "rows": rows,
        "more": urlencode({"days": period.days} | ({"team": team.pk} if team else {})),
        "zone": timezone.get_current_timezone_name(),
        "backlog": [{**t, "cells": backlog_cells(t, now)} for t in teams],
        "open_total": sum(t["total"] for t in teams),
        "ages": [label for label, _, _ in AGES],
        "flow": charts.bars(flow, labels),
        "flow_rows": list(zip(labels, flow[0].values, flow[1].values, strict=True)),
        "pace": charts.lines(pace, labels, form="{:.1f} h"),
        "pace_rows": [
            (date_format(d, "j M"), speed[d]["p50"], speed[d]["p90"], speed[d]["n"]) for d in days if d in speed
        ],
        "heat": charts.heat(grid, WEEKDAYS),
        "heat_rows": [(name, row, sum(row)) for name, row in zip(WEEKDAYS, grid, strict=True)],
    }
    return render(request, "reports/dashboard.html", context)


def backlog_cells(team: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    """One team's open tickets by age, each with the link to them."""
    cells = []
    for place, (label, start, end) in enumerate(AGES):
        filters: dict[str, Any] = {"status": "open", "team": team["team"]}
        if start:
            filters["opened_before"] = (now - timedelta(days=start)).isoformat()
        if end is not None:
            filters["opened_after"] = (now - timedelta(days=end)).isoformat()
        cells.append({"n": team["ages"][place], "label": label, "url": queue_link(**filters)})
    return cells
