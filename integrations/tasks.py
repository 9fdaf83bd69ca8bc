"""The intake's sweep: what is due, claimed in small batches with SKIP LOCKED."""

from time import monotonic

from celery import shared_task
from django.utils import timezone

from integrations import inbound, recovery
from integrations.episodes import flapping, groups, silent, windows, work
from integrations.mail.fetchers import FETCHERS

BATCH = 20
BUDGET = 5.0  # seconds of one tick's work; the next tick goes on


@shared_task(name="integrations.interpret_pending")
def interpret_pending() -> int:
    """Every second: make tickets of what came in, and what time does to alerts. Answers how many bodies it worked."""
    began, worked = monotonic(), 0
    now = timezone.now()
    for sweep in (
        flapping.calm_due, recovery.verify_due, windows.recur_due, work.release_due, silent.look_due, groups.tell_due,
    ):  # fmt: skip
        sweep(now)
    while monotonic() - began < BUDGET:
        claimed = inbound.claim(timezone.now(), batch=BATCH)
        inbound.interpret_all(claimed, now=timezone.now())
        worked += len(claimed)
        if not claimed:
            break
    return worked


@shared_task(name="integrations.fetch_mail")
def fetch_mail() -> int:
    """Every second: give each mailbox that is due a thread of its own. Answers how many it started."""
    return FETCHERS.start_due(timezone.now())
