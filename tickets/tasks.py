"""Sweeps over the waits of tickets: what is due, claimed one by one with SKIP LOCKED."""

from collections.abc import Callable
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from lib.sweeps import each_alone
from tickets.actions import waiting
from tickets.models import Ticket

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

    def one(found: tuple[int, datetime]) -> bool:
        pk, at = found
        mine = Ticket.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=pk, **{f"{column}__lte": now})
        if (ticket := mine.first()) is None:
            return False
        SWEEPS[column](ticket=ticket, at=at)
        return True

    due = Ticket.objects.filter(**{f"{column}__lte": now}).order_by(column).values_list("pk", column)
    return each_alone(list(due[:BATCH]), one, f"sweep {column} failed on (#, due) %s")


@shared_task(name="tickets.sweep_times")
def sweep_times() -> int:
    """Every second: unowned P1s, holds that end, reminders, silence."""
    now = timezone.now()
    return sum(sweep(column, now) for column in SWEEPS)
