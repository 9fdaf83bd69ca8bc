"""What deadlines cost besides the sweep: arithmetic, opening a ticket, the lag of detection, planning anew."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import User
from bench import cpu
from bench.desk import percentile
from bench.sweeps import Round, fall_due
from sla import hours, rulebook
from sla.actions import setup
from sla.actions.replan import work_off
from sla.durations import Promise
from sla.models import Breach, Clock, Policy, Replan
from sla.sweep import sweep
from tickets.actions.opening import NewTicket, open_ticket
from tickets.models import Ticket

DESK = {
    "tz": "Europe/Berlin",
    "hours": {day: [["09:00", "12:00"], ["13:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": ["2026-12-25", "2027-01-01"],
}
AT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
TOGETHER = 1_000  # clocks that fall due within one second
TICKS = 20
PREPARED_WITHIN = timedelta(seconds=45)


def a_second(call: Callable[[int], object]) -> int:
    """How often it is done in a second of CPU."""
    for n in range(200):
        call(n)
    began, done = time.process_time(), 0
    while time.process_time() < began + 1:
        for n in range(100):
            call(done + n)
        done += 100
    return round(done / (time.process_time() - began))


def arithmetic() -> dict[str, int]:
    """Questions answered by sla.hours in a second of CPU."""
    desk, later = hours.Calendar.from_dict(DESK), AT + timedelta(days=5 * 365)
    return {
        "adds_per_s": a_second(lambda n: hours.add(desk, AT + timedelta(minutes=n % 9999), 600 * (1 + n % 400))),
        "betweens_per_s": a_second(lambda n: hours.between(desk, AT, AT + timedelta(minutes=n % 99_999))),
        "adds_of_2000_hours_per_s": a_second(lambda n: hours.add(desk, AT + timedelta(minutes=n % 9999), 7_200_000)),
        "betweens_of_5_years_per_s": a_second(lambda n: hours.between(desk, AT + timedelta(minutes=n % 9999), later)),
    }


def opening(database: int, times: int) -> dict[str, float]:
    """Milliseconds of CPU (this process's and PostgreSQL's) for a ticket with its clocks, and without any policy."""
    sample = Ticket.objects.exclude(requester=None).exclude(site=None).select_related("requester", "site")[0]

    def opened() -> float:
        spent = cpu.used([database])
        own = time.process_time()
        for number in range(times):
            new = NewTicket(
                subject=f"Bench {number}", body="It does not work.", requester=sample.requester, site=sample.site,
                channel="form",
            )  # fmt: skip
            open_ticket(new=new, at=timezone.now(), actor=sample.requester, via="form")
        return round(1000 * (time.process_time() - own + cpu.used([database]) - spent) / times, 2)

    opened()
    with_clocks = opened()
    Policy.objects.update(is_active=False, is_default=False)
    rulebook.renew()
    without = opened()
    Policy.objects.filter(pk=Policy.objects.order_by("pk")[0].pk).update(is_active=True, is_default=True)
    rulebook.renew()
    return {"with_clocks_cpu_ms": with_clocks, "without_policy_cpu_ms": without}


def lag() -> dict[str, Any]:
    """Seconds from the instant at which a deadline passed to the commit that records it, swept once a second."""
    start = timezone.now() + PREPARED_WITHIN
    fall_due(Round(TOGETHER, severity=1), now=start)
    # Spread over one second, as they come.
    late = Clock.objects.filter(fires_at__range=(start - timedelta(seconds=2), start + timedelta(seconds=2)))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sla_clock SET fires_at = %s + (id %% 1000) * interval '1 millisecond' WHERE id = ANY(%s)",
            [start, list(late.values_list("pk", flat=True))],
        )
    due = dict(late.values_list("pk", "fires_at"))
    time.sleep(max(0.0, (start - timezone.now()).total_seconds()))
    lags: list[float] = []
    for _ in range(TICKS):
        time.sleep(max(0.0, 1 - time.time() % 1))
        sweep(timezone.now())
        done, now = set(Breach.objects.filter(clock__in=due).values_list("clock", flat=True)), timezone.now()
        lags += [(now - due.pop(pk)).total_seconds() for pk in done]
        if not due:
            break
    return {
        "clocks": len(lags), "missed": len(due), "p50_s": round(percentile(lags, 0.5), 2),
        "p99_s": round(percentile(lags, 0.99), 2), "worst_s": round(max(lags), 2),
    }  # fmt: skip


def replanning(database: int) -> dict[str, Any]:
    """An edit of the default policy, worked off chunk by chunk: seconds of CPU and of the wall."""
    policy = Policy.objects.get(is_default=True)
    targets = {
        (t.severity, t.obligation): (Promise(t.seconds, t.days, t.end_of_day), t.calendar)
        for t in policy.targets.select_related("calendar")
    }
    promise, calendar = targets[1, "resolve"]
    targets[1, "resolve"] = (Promise(seconds=(promise.seconds or 0) + 60), calendar)
    clocks = Clock.objects.filter(state__in=["running", "paused"]).count()
    spent, own, began = cpu.used([database]), time.process_time(), time.perf_counter()
    _, row = setup.save_policy(policy=policy, targets=targets, at=timezone.now(), actor=User.objects.first())
    while Replan.objects.filter(pk=row.pk, finished_at=None).exists():
        work_off(timezone.now())
    own, wall = time.process_time() - own, time.perf_counter() - began
    return {
        "clocks": clocks, "tickets": row.total, "cpu_s": round(own + cpu.used([database]) - spent, 1),
        "wall_s": round(wall, 1),
    }  # fmt: skip


def many_more(wanted: int) -> int:
    """Copies of running clocks, due in months, until so many run."""
    missing = wanted - Clock.objects.filter(fires_at__isnull=False).count()
    columns = [f.column for f in Clock._meta.concrete_fields if f.column not in ("id", "cycle", "obligation")]
    listed = ", ".join(f"c.{name}" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            f"INSERT INTO sla_clock (obligation, cycle, {', '.join(columns)})"  # noqa: S608 - the model's own names
            f" SELECT 'next_response', 1000 + n, {listed} FROM sla_clock c CROSS JOIN generate_series(1, 1000) n"
            " WHERE c.obligation = 'resolve' AND c.cycle = 1 AND c.fires_at IS NOT NULL LIMIT %s",
            [max(0, missing)],
        )
        cursor.execute(
            "UPDATE sla_clock SET fires_at = now() + interval '60 days' + id % 40 * interval '1 day'"
            " WHERE fires_at < now() + interval '60 days'"
        )
        cursor.execute("VACUUM ANALYZE sla_clock")
    return Clock.objects.filter(fires_at__isnull=False).count()
