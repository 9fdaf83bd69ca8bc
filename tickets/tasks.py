"""Sweeps over the waits of tickets: what is due, claimed one by one with SKIP LOCKED."""

import logging
from collections.abc import Callable
from datetime import datetime

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from tickets.actions import waiting
from tickets.models import Ticket

log = logging.getLogger(__name__)
BATCH = 200

Verb = Callable[..., None]
SWEEPS: dict[str, Verb] = {
    "unowned_at": waiting.tell_unowned,
    "wakes_at": waiting.wake,
    "reminds_at": waiting.remind,
    "closes_at": waiting.close_for_silence,
}


def sweep(column: str, now: datetime) -> int:
    """Do what fell due in one column; answers how many. A ticket that fails is logged and left for the next tick."""
    due = Ticket.objects.filter(**{f"{column}__lte": now}).order_by(column)
    done = 0
    for pk, at in list(due.values_list("pk", column)[:BATCH]):
        try:
            with transaction.atomic():
                mine = Ticket.objects.select_for_update(of=("self",), skip_locked=True).filter(
                    pk=pk, **{f"{column}__lte": now}
                )
                if (ticket := mine.first()) is not None:
                    SWEEPS[column](ticket=ticket, at=at)
                    done += 1
        except Exception:  # whatever is wrong with one ticket, it never stops the others
            log.exception("sweep %s failed on #%s", column, pk)
    return done


@shared_task(name="tickets.sweep_times")
def sweep_times() -> int:
    """Every second: unowned P1s, holds that end, reminders, silence."""
    now = timezone.now()
    return sum(sweep(column, now) for column in SWEEPS)
