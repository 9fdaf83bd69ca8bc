"""The dashboard's tiles: label, value, note, link, and how it moved against the period before."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from accounts.models import Team
from reports import measures
from reports.measures import Arrivals, Durations, Period
from reports.scope import Scope
from sla.compliance import Score

Tile = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a period was found to hold; the charts show it too."""

    arrivals: Arrivals
    answered: Durations
    resolved: Durations
    stars: dict[str, Any]
    met: Score


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


def pace(period: Period, team: Team | None, found: Measured) -> list[Tile]:
    """First response and resolution, p50 and p90."""
    more = {"days": period.days} | ({"team": team.pk} if team else {})
    tiles: list[Tile] = []
    for label, measure, lasted in (
        ("First response", "responded", found.answered),
        ("Resolution", "resolved", found.resolved),
    ):
        spread = lasted.all
        link = "/dashboard/tickets?" + urlencode({"measure": measure, **more})
        moved = delta(spread.p50, lasted.before.p50, good_when_less=True)
        note = f"{spread.n} tickets"
        tiles += [
            {"label": f"{label}, p50", "seconds": spread.p50, "note": note, "url": link, "delta": moved},
            {"label": f"{label}, p90", "seconds": spread.p90, "note": "nine in ten are faster", "url": link},
        ]
    return tiles


def tiles(scope: Scope, period: Period, team: Team | None, found: Measured) -> list[Tile]:
    """All of them, in their order."""
    since = period.start.isoformat()
    only = {"team": team.pk} if team else {}
    by_person, closed = measures.confirmed(scope.tickets, period)
    met, stars = found.met, found.stars
    return [
        *pace(period, team, found),
        {"label": "SLA met", "percent": met.percent, "note": f"{met.breached} missed of {met.decided}", "url": "#sla"},
        {
            "label": "Arrived",
            "count": found.arrivals.all,
            "note": "tickets",
            "delta": delta(found.arrivals.all, found.arrivals.before, good_when_less=True),
            "url": queue_link(status="any", opened_after=since, **only),
        },
        {
            "label": "Fix confirmed",
            "percent": 100 * by_person / closed if closed else None,
            "note": f"of {closed} closed",
            "url": queue_link(status="closed", closed_after=since, **only),
        },
        {"label": "CSAT", "score": stars["average"], "note": f"{stars['n']} ratings", "url": "#csat"},
    ]
