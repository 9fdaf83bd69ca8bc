"""What the sweep of the clocks costs: idle, with a few due, and with thousands, among a hundred thousand that run."""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Mod
from django.utils import timezone

from bench import cpu
from deliveries.models import Delivery
from sla import clocks, hours, rulebook, spans
from sla.models import Breach, Clock, Firing, State
from sla.sweep import sweep
from tickets.models import Severity, Ticket

RUNNING = 100_000


class Round(NamedTuple):
    """So many deadlines missed at one instant, of tickets as they are (2 % P1, 13 % P2, 60 % P3, 25 % P4) or all P1,
    which tells managers; `late`: by a worker that comes so late that the warnings are due as well."""

    due: int
    severity: int | None = None
    late: bool = False


WARM_UP = Round(20)  # not counted: a worker sweeps every second, and has long read its templates and calendars
ROUNDS = {
    "due_0": Round(0),
    "due_100": Round(100),
    "due_5000": Round(5_000),
    "due_10000": Round(10_000),
    "late_5000": Round(5_000, late=True),
    "p1_100": Round(100, severity=1),
    "p1_5000": Round(5_000, severity=1),
}


def sweeps(database: int) -> dict[str, Any]:
    """Each round's time, and what it wrote: a breach for each due clock, its line of history, and letters."""
    let_run(RUNNING)
    results: dict[str, Any] = {"running": Clock.objects.filter(fires_at__isnull=False).count()}
    measure(WARM_UP, database)
    for name, one in ROUNDS.items():
        results[name] = measure(one, database)
    return results


def measure(one: Round, database: int) -> dict[str, Any]:
    """One round, when its clocks have fallen due."""
    now = working_instant()
    fall_due(one, now=now)
    return measured(database, now)


def measured(database: int, now: datetime) -> dict[str, Any]:
    """One sweep: milliseconds of the wall and of both processors' work, and rows."""
    before = Breach.objects.count(), Firing.objects.count(), Delivery.objects.count()
    spent = cpu.used([database])
    own, began = time.process_time(), time.perf_counter()
    done = sweep(now)
    own, wall = time.process_time() - own, time.perf_counter() - began
    worked = cpu.used([database]) - spent + own
    after = Breach.objects.count(), Firing.objects.count(), Delivery.objects.count()
    rows = dict(
        zip(("breaches", "firings", "letters"), [b - a for a, b in zip(before, after, strict=True)], strict=True)
    )
    return {"looked_at": done, "wall_ms": round(1000 * wall, 1), "cpu_ms": round(1000 * worked, 1), **rows}


def working_instant() -> datetime:
    """An instant of business hours, as half the clocks fall due in none other; after all that was measured."""
    business = rulebook.current().rules[-1].terms[(Severity.P4, "resolve")].hours
    newest = Breach.objects.order_by("-noticed_at").values_list("noticed_at", flat=True).first() or timezone.now()
    at = hours.add(business, max(newest, timezone.now()), 2 * 3600)
    assert at is not None
    return at


def let_run(wanted: int) -> None:
    """Reopen finished tickets until so many clocks run, due within the coming weeks."""
    missing = wanted - Clock.objects.filter(fires_at__isnull=False).count()
    Clock.objects.filter(fires_at__isnull=False).update(fires_at=F("fires_at") + timedelta(days=60))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(
            """
            WITH reopened AS (
                UPDATE tickets_ticket SET status = 'diagnosing', acknowledged_at = NULL, first_responded_at = NULL,
                       resolved_at = NULL, closed_at = NULL, resolution = '', verification = '', verified_at = NULL
                 WHERE id IN (SELECT id FROM tickets_ticket WHERE status = 'closed' ORDER BY id DESC LIMIT %s)
             RETURNING id)
            UPDATE sla_clock SET state = 'running', stopped_at = NULL, settled_at = NULL, breached_at = NULL,
                   fired = '{}', due_at = %s + sla_clock.id %% 40 * interval '1 day',
                   fires_at = %s + sla_clock.id %% 40 * interval '1 day'
              FROM reopened WHERE ticket_id = reopened.id AND state = 'stopped'
            """,
            [max(0, missing // 3), *[timezone.now() + timedelta(days=60)] * 2],
        )
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE tickets_ticket, sla_clock")


def fall_due(one: Round, *, now: datetime) -> None:
    """Let running clocks, spread over the desk, have used their targets a second ago; they keep their own policy and
    calendar, and their severity unless the round says another."""
    rule = rulebook.current().rules[-1]
    running = Clock.objects.filter(fires_at__gt=now, breached_at=None, state=State.RUNNING).select_related("ticket")
    due = list(running.order_by(Mod(F("pk") * 7919, 100_003), "pk")[: one.due])
    for clock in due:
        clock.ticket.severity = clock.severity = one.severity or clock.severity
        terms = rule.terms[(clock.severity, clock.obligation)]
        start = hours.add(terms.hours, now, -terms.target - 1)
        assert start is not None
        target = terms.target_from(start)
        start = hours.add(terms.hours, now, -target - 1)
        assert start is not None
        clock.started_at, clock.spans = start, [spans.begin(spans.RUNNING, at=start, cause="Opened")]
        clock.target, clock.calendar_id, clock.calendar_version = target, terms.calendar, terms.calendar_version
        clock.fired = {} if one.late else {str(stage.pk): [1, 0] for stage in terms.stages if stage.is_early}
        clocks.plan(clock, replace(terms, target=target))
    Clock.objects.bulk_update(due, ["started_at", *clocks.CHANGING], batch_size=1000)
    if one.severity:
        Ticket.objects.filter(clocks__in=[clock.pk for clock in due]).update(severity=one.severity)
