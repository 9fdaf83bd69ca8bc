"""What is due on the clocks: stages and breaches, dated when they fell due however late a worker comes.

Claimed in batches by locking the tickets first (as every verb does, so nobody waits crosswise) and skipping those that
somebody else holds: the next tick finds them. Everything a batch does commits together with its claim, once.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from lib import rows
from sla import clocks, deeds, rulebook, stages
from sla.follow import told, write
from sla.models import Breach, Clock, Firing, State
from sla.rulebook import Mark, Rulebook
from sla.stages import Reached
from tickets.events import drain, keep, record
from tickets.models import Event, Kind, Ticket

log = logging.getLogger(__name__)
BATCH = 500
RETRY = timedelta(minutes=5)
# What followers want to know of a ticket whose deadline passed; its other columns are read when one asks for them.
TOLD = (
    "token", "kind", "severity", "status", "subject", "site", "organisation", "requester", "team", "assignee",
    "channel", "last_event", "last_event_at", "next_due_at",
)  # fmt: skip
MARKED = ("id", "fires_at", "breached_at", "settled_at", "trouble")


@dataclass
class Harvest:
    """What one batch has to write."""

    clocks: list[Clock] = field(default_factory=list)
    replanned: list[Clock] = field(default_factory=list)
    firings: list[Firing] = field(default_factory=list)
    breaches: list[Breach] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    orders: list[deeds.Order] = field(default_factory=list)


def sweep(now: datetime, *, limit: int = 20_000) -> int:
    """Fire what is due at `now`; answers how many clocks were looked at."""
    total = 0
    if not is_due(now):
        return total
    while total < limit:
        done = batch(now)
        if not done:
            break
        total += done
    return total


def is_due(now: datetime) -> bool:
    """Whether anything is: asked every second, so in plain SQL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM sla_clock WHERE fires_at <= %s)", [now])
        return bool(cursor.fetchone()[0])


def batch(now: datetime, size: int = BATCH) -> int:
    """One claim. Should anything in it fail, its tickets are tried one by one, and the one that fails is set aside."""
    try:
        return claim(now, Ticket.objects.filter(clocks__fires_at__lte=now), size)
    except Exception:  # whatever is wrong with one ticket, it never stops the others
        log.exception("a batch of clocks failed; trying its tickets one by one")
    due = Clock.objects.filter(fires_at__lte=now).order_by("fires_at").values_list("ticket_id", flat=True)
    return sum(alone(pk, now) for pk in dict.fromkeys(due[:size]))


def alone(pk: int, now: datetime) -> int:
    """One ticket's due clocks; on failure they wait for RETRY with the reason in their row."""
    try:
        return claim(now, Ticket.objects.filter(pk=pk), 1)
    except Exception as error:  # as above: the reason becomes visible, the others go on
        log.exception("clocks of #%s failed", pk)
        reason = f"{type(error).__name__}: {error}"[:300]
        with transaction.atomic():
            if Ticket.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).exists():
                Clock.objects.filter(ticket=pk, fires_at__lte=now).update(fires_at=now + RETRY, trouble=reason)
        return 0


@transaction.atomic
def claim(now: datetime, tickets: Any, size: int) -> int:
    """Lock tickets, fire their due clocks, write, tell the followers."""
    mine = tickets.select_for_update(of=("self",), skip_locked=True).prefetch_related("team").only(*TOLD)
    if size > 1:
        mine = mine.order_by("clocks__fires_at")
    locked = {ticket.pk: ticket for ticket in mine[:size]}
    if not locked:
        return 0
    # Read after the locks: what another sweep has fired meanwhile is no longer due.
    due = list(Clock.objects.filter(ticket__in=locked, fires_at__lte=now).order_by("fires_at"))
    book = rulebook.current()
    harvest = Harvest()
    for clock in due:
        clock.ticket = locked[clock.ticket_id]
        fire(clock, book, harvest, now)
    write(harvest.replanned)
    mark(harvest.clocks)
    rows.insert(harvest.firings)
    rows.insert(harvest.breaches)
    touched = {event.ticket_id: event.ticket for event in harvest.events}
    drain(*touched.values())
    keep(touched.values())
    deeds.carry_out(harvest.orders, at=now)
    return len(due)


def mark(fired: list[Clock]) -> None:
    """Write what firing changes of a clock, and nothing else: one narrow statement for the whole batch."""
    columns = [rows.array([getattr(clock, name) for clock in fired]) for name in MARKED]
    columns.append(rows.array([json.dumps(clock.fired) for clock in fired]))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sla_clock SET fires_at = new.fires_at, breached_at = new.breached_at,"
            " settled_at = new.settled_at, trouble = new.trouble, fired = new.fired"
            " FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[],"
            " %s::jsonb[])"
            " AS new(id, fires_at, breached_at, settled_at, trouble, fired) WHERE sla_clock.id = new.id",
            columns,
        )


def fire(clock: Clock, book: Rulebook, harvest: Harvest, now: datetime) -> None:
    """Everything of one clock that is due, in order. A clock that cannot be read waits, with the reason in its row."""
    changes = clock.changes
    try:
        due = list(things_due(clock, book, now))
    except Exception as error:  # a poisoned row: any error of reading it is its own, and must not stop the others
        log.exception("clock %s of #%s cannot be read", clock.pk, clock.ticket_id)
        clock = Clock.objects.get(pk=clock.pk)  # as it was: firing has changed it in memory
        clock.fires_at, clock.trouble = now + RETRY, f"{type(error).__name__}: {error}"[:300]
        harvest.clocks.append(clock)
        return
    clock.trouble = ""
    (harvest.clocks if clock.changes is changes else harvest.replanned).append(clock)
    events = []
    missed = any(isinstance(one, Breach) for one in due)
    for one in due:
        if isinstance(one, Breach):
            harvest.breaches.append(one)
            events.append(record(clock.ticket, Kind.BREACHED, at=one.due_at, data=told(one, clock)))
            continue
        harvest.firings.append(one.firing(clock, now))
        harvest.orders += deeds.orders(clock, one.stage, one.repetition)
        if not (missed and at_deadline(one.stage, clock)):  # the breach has a line of its own
            kind = Kind.WARNED if one.stage.is_early else Kind.ESCALATED
            events.append(record(clock.ticket, kind, at=one.at, data=warned(clock, one)))
    told_of = deeds.notices(one.stage for one in due if isinstance(one, Reached))
    for event in events:  # however much was missed: one notice, with the last line
        event.data["notify"] = told_of if event is events[-1] else []
    harvest.events += events


def at_deadline(stage: Mark, clock: Clock) -> bool:
    """Whether this is a stage of the deadline itself."""
    return stage.seconds(clock.target or 0) == clock.target


def things_due(clock: Clock, book: Rulebook, now: datetime) -> Iterable[Reached | Breach]:
    """Fire the clock in memory up to `now`; the breach comes before what happens at its instant."""
    rule = book.by_pk.get(clock.policy_id) or book.choose(clock.ticket)
    if rule is not None:
        clocks.adopt(clock, clock.ticket, rule, at=now, why="policy or calendar changed")
    terms = clocks.terms_of(clock, rule)
    if terms is None or clock.state != State.RUNNING:
        clocks.plan(clock, terms)
        return
    if clock.fires_at is None or clock.fires_at > now:
        return
    due = [(one.since, 1, one) for one in stages.reached(clock, terms, now=now)]
    breach = clocks.breach(clock, terms, now=now)
    found: list[tuple[datetime, int, Reached | Breach]] = [*due]
    if breach is not None:
        found.append((breach.due_at, 0, breach))
    if not found:  # cannot be: an instant has passed. Saying so is what keeps a wrong row from looping.
        raise ValueError(f"fires at {clock.fires_at}, and nothing is due at {now}")
    clock.fires_at = stages.upcoming(clock, terms)[1]
    for _, _, one in sorted(found, key=lambda item: item[:2]):
        yield one


def warned(clock: Clock, one: Reached) -> dict[str, Any]:
    """What the timeline keeps of a stage: seconds and ISO instants."""
    return {
        "clock": clock.pk,
        "obligation": clock.obligation,
        "cycle": clock.cycle,
        "severity": clock.severity,
        "target": clock.target,
        "due": clock.due_at.isoformat() if clock.due_at else None,
        "percent": one.stage.percent,
        "stage": deeds.words(one.stage, one.repetition),
        "policy": clock.reason,
        "policy_version": clock.policy_version,
    }
