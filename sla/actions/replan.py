"""After an edit, unfinished clocks are planned anew: a few in the request, many by the sweep in chunks.

A verb that touches a clock meanwhile takes the new terms over by itself (sla/follow.py), so no clock is ever stopped by
terms of yesterday. Tickets whose verb began before the edit and committed after it are found by a last look.
"""

import logging
import time
from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts.models import User
from sla import rulebook
from sla.follow import Ledger, facts, load, soonest, write
from sla.models import Clock, Replan, State
from tickets.models import Ticket

log = logging.getLogger(__name__)
CHUNK = 250
AT_ONCE = 500
LAST_LOOK = timedelta(seconds=60)  # longer than any statement may take, so than any verb that began before the edit
TICK_SECONDS = 0.5
UNFINISHED = (State.RUNNING, State.PAUSED)


def replan(*, why: str, at: datetime, actor: User | None) -> Replan:
    """Plan every unfinished clock anew, in this transaction when they are few; the row shows the progress."""
    total = Clock.objects.filter(state__in=UNFINISHED).values("ticket").distinct().count()
    row = Replan.objects.create(why=why[:200], asked_by=actor, asked_at=at, total=total, next_at=at)
    if total <= AT_ONCE:
        while row.finished_at is None:
            advance(row, now=at)
    return row


def advance(row: Replan, *, now: datetime) -> None:
    """One chunk, in the order of the tickets' numbers."""
    pks = list(
        Clock.objects.filter(state__in=UNFINISHED, ticket__gt=row.after)
        .order_by("ticket")
        .values_list("ticket", flat=True)
        .distinct()[:CHUNK]
    )
    if pks:
        plan_tickets(pks, why=row.why, now=now)
        row.after, row.done = pks[-1], min(row.done + len(pks), row.total)
    elif row.finished_at is None:
        row.finished_at, row.next_at, row.after, row.done = now, now + LAST_LOOK, 0, row.total
    else:
        row.next_at = None
    row.trouble = ""
    row.save()


def plan_tickets(pks: list[int], *, why: str, now: datetime) -> None:
    """Choose the policy of each ticket anew and plan its unfinished clocks."""
    book = rulebook.current()
    tickets = {t.pk: t for t in Ticket.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")}
    ledgers = {pk: Ledger(ticket, book, now=max(now, ticket.last_event_at)) for pk, ticket in tickets.items()}
    load(ledgers.values())
    changed = []
    for ledger in ledgers.values():
        ledger.rechoose, ledger.why = True, why
        ledger.fit(actor=None)
        changed += [clock for clock in ledger.clocks if facts(clock) != ledger.before[clock.pk]]
    write(changed)
    due = [(pk, soonest(ledger.clocks)) for pk, ledger in ledgers.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tickets_ticket SET next_due_at = new.due FROM unnest(%s::bigint[], %s::timestamptz[])"
            " AS new(id, due) WHERE tickets_ticket.id = new.id AND next_due_at IS DISTINCT FROM new.due",
            [[pk for pk, _ in due], [at for _, at in due]],
        )


def work_off(now: datetime) -> None:
    """Go on with whatever is asked for, for half a second at most."""
    until = time.monotonic() + TICK_SECONDS
    while time.monotonic() < until:
        pk = Replan.objects.filter(next_at__lte=now).order_by("next_at").values_list("pk", flat=True).first()
        if pk is None:
            return
        try:
            with transaction.atomic():
                row = Replan.objects.select_for_update(skip_locked=True).filter(pk=pk, next_at__lte=now).first()
                if row is None:
                    return
                advance(row, now=now)
        except Exception as error:  # shown in the row and tried again; deadlines in force go on meanwhile
            log.exception("replan %s failed", pk)
            reason = f"{type(error).__name__}: {error}"[:1000]
            Replan.objects.filter(pk=pk).update(next_at=now + LAST_LOOK, trouble=reason)
            return
