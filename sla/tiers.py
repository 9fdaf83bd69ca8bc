"""How long each tier has a ticket: stays, begun and ended by its history in the verb's own transaction.

Time in waiting and on hold does not count. Opening costs one INSERT, which looks the budget up by itself; a move or a
change of status reads the stays of its tickets, and writes what changed, in one statement each.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import F, Value

from lib import rows
from lib.written import Written
from sla.models import TierBudget, TierStay
from tickets.events import follows
from tickets.models import Event, Kind, Ticket
from tickets.models.ticket import Among
from tickets.states import ACTIVE, OPEN

KINDS = frozenset(
    {
        Kind.OPENED, Kind.TEAM_CHANGED, Kind.HANDED_OVER, Kind.HANDOVER_BOUNCED, Kind.STATUS_CHANGED, Kind.REOPENED,
        Kind.SEVERITY_CHANGED,
    }
)  # fmt: skip
CHANGING = ("team_id", "severity", "left_at", "runs_since", "used", "budget", "calendar_id", "over")
stays_of = Written[TierStay](
    lambda keys: (
        TierStay.objects.filter(Among(F("ticket_id"), Value(keys)))
        .select_related("calendar")
        .order_by("ticket_id", "number")
    ),
    "keys",
)
# A fresh stay: its ticket, number, tier, team, severity, when it began, since when it runs, and what was used before.
Fresh = tuple[int, int, int, int, int, datetime, datetime | None, float]


@follows(kinds=KINDS)
def follow(events: Sequence[Event]) -> None:
    """Bring the stays in line with what has just happened to their tickets."""
    opened: dict[int, Event] = {}
    others: dict[int, Event] = {}
    for event in events:
        if event.kind == Kind.OPENED:
            opened[event.ticket_id] = event
        elif event.ticket_id not in opened and moves(event):
            others[event.ticket_id] = event
    begin([fresh(event.ticket, at=event.at) for event in opened.values() if event.ticket.is_open])
    if others:
        fit(list(others.values()))


def moves(event: Event) -> bool:
    """Whether it may begin, end, pause or go on: a step between two statuses that both run does nothing."""
    if event.kind != Kind.STATUS_CHANGED:
        return True
    return side(event.data.get("from", "")) != side(event.data.get("to", ""))


def side(status: str) -> str:
    """What a status means for a stay: it runs, it pauses, or it is over."""
    return "runs" if status in ACTIVE else "pauses" if status in OPEN else "over"


def fresh(ticket: Ticket, *, at: datetime, number: int = 1, before: float = 0) -> Fresh:
    """The stay that begins for a ticket as it is now."""
    since = at if side(ticket.status) == "runs" else None
    return ticket.pk, number, ticket.tier, ticket.team_id, ticket.severity, at, since, before


def begin(stays: Sequence[Fresh]) -> None:
    """Write them, each with its tier's budget: one statement."""
    if not stays:
        return
    values = ", ".join(
        "(%s::bigint, %s::int, %s::int, %s::bigint, %s::int, %s::timestamptz, %s::timestamptz, %s::float)"
        for _ in stays
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sla_tierstay (ticket_id, number, tier, team_id, severity, entered_at, runs_since, before,"  # noqa: S608 - no value is part of it
            " used, budget, calendar_id) SELECT new.*, 0, budget.seconds, budget.calendar_id"
            f" FROM (VALUES {values}) AS new(ticket, number, tier, team, severity, entered, since, before)"
            " LEFT JOIN sla_tierbudget budget ON (budget.tier, budget.severity) = (new.tier, new.severity)",
            [value for stay in stays for value in stay],
        )


def fit(events: Sequence[Event]) -> None:
    """The stays of these tickets as their tickets are now: at most one statement each to read, change and begin."""
    found: dict[int, list[TierStay]] = {event.ticket_id: [] for event in events}
    for stay in stays_of.ask(keys=list(found)):
        found[stay.ticket_id].append(stay)
    changed: list[TierStay] = []
    started: list[Fresh] = []
    for event in events:
        ticket, stays = event.ticket, found[event.ticket_id]
        last = stays[-1] if stays and stays[-1].left_at is None else None
        goes_on = ticket.is_open and last is not None and last.tier == ticket.tier
        if last is not None:
            was = facts(last)
            adjust(last, ticket, at=event.at) if goes_on else leave(last, at=event.at)
            changed += [last] if facts(last) != was else []
        if ticket.is_open and not goes_on:
            before = sum(stay.used for stay in stays if stay.tier == ticket.tier)
            started.append(fresh(ticket, at=event.at, number=len(stays) + 1, before=before))
    write(changed)
    begin(started)


def facts(stay: TierStay) -> tuple[object, ...]:
    """All that can change of a stay."""
    return tuple(getattr(stay, name) for name in CHANGING)


def adjust(stay: TierStay, ticket: Ticket, *, at: datetime) -> None:
    """It goes on: another team of the tier, another severity, pausing or running. Time used stays used."""
    runs = side(ticket.status) == "runs"
    if not runs or stay.severity != ticket.severity:
        halt(stay, at=at)
    if stay.severity != ticket.severity:
        found = TierBudget.objects.select_related("calendar").filter(tier=stay.tier, severity=ticket.severity)
        budget = found.first()
        stay.severity = ticket.severity
        stay.budget, stay.calendar = (budget.seconds, budget.calendar) if budget else (None, None)
    if runs and stay.runs_since is None:
        stay.runs_since = at
    stay.team_id = ticket.team_id


def halt(stay: TierStay, *, at: datetime) -> None:
    """Its time stands still from `at` on."""
    stay.used, stay.runs_since = stay.spent(at), None


def leave(stay: TierStay, *, at: datetime) -> None:
    """The ticket is no longer with this tier."""
    halt(stay, at=at)
    stay.left_at = max(at, stay.entered_at)
    stay.over = None if stay.budget is None else stay.before + stay.used > stay.budget


def write(changed: Iterable[TierStay]) -> None:
    """Save changed stays: one statement."""
    if not (stays := list(changed)):
        return
    kinds = ("bigint", "int", "timestamptz", "timestamptz", "float", "bigint", "bigint", "bool")
    sets = ", ".join(f"{name} = new.{name}" for name in CHANGING)
    arrays = ", ".join(f"%s::{kind}[]" for kind in ("bigint", *kinds))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE sla_tierstay SET {sets} FROM unnest({arrays}) AS new(id, {', '.join(CHANGING)})"  # noqa: S608 - names of ours
            " WHERE sla_tierstay.id = new.id",
            [rows.array([getattr(stay, name) for stay in stays]) for name in ("pk", *CHANGING)],
        )
