"""The worker's loop: claim, send outside any transaction, write down what came of it."""

import logging
import time
from datetime import datetime
from functools import cache
from itertools import groupby

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from deliveries import claims
from deliveries.models import Delivery, State
from deliveries.senders import Outcome, Result, Sender, Unreachable

log = logging.getLogger(__name__)
BUDGET = 20.0  # seconds a tick may take; the next one carries on


@cache
def sender_of(channel: str, *, urgent: bool = False) -> type[Sender]:
    """The class that settings.DELIVERY_SENDERS names for a channel, or for what is urgent of it."""
    named = settings.DELIVERY_SENDERS
    return import_string((urgent and named.get(f"{channel}/urgent")) or named[channel])


def send_due(now: datetime) -> int:
    """Send what is due, batch by batch, for at most BUDGET seconds; answers how many rows it took."""
    stop = time.monotonic() + BUDGET
    taken = 0
    while time.monotonic() < stop and (rows := claims.claim(now)):
        taken += len(rows)
        for channel, group in groupby(sorted(rows, key=lambda row: row.channel), key=lambda row: row.channel):
            send_batch(sender_of(channel)(), list(group), stop)
    return taken


def send_batch(sender: Sender, rows: list[Delivery], stop: float) -> None:
    """Rows of one channel over one connection."""
    if sender.keeps:
        claims.keep(rows, timezone.now())
        return
    waiting = list(rows)
    try:
        while waiting and time.monotonic() < stop:
            sender.open()
            send_one(sender, waiting.pop(0))
    except Unreachable as error:
        claims.unreachable(waiting, str(error), timezone.now())
        waiting = []
    finally:
        sender.close()
        claims.release(waiting, timezone.now())


def send_one(sender: Sender, delivery: Delivery) -> None:
    """One try of one row."""
    if not claims.begin(delivery, timezone.now()):
        return
    try:
        outcome = sender.send(delivery)
    except Exception as error:  # whatever is wrong with one message, it never stops the others
        log.exception("delivery %s", delivery.pk)
        outcome = Outcome(Result.UNKNOWN, f"{type(error).__name__}: {error}"[:1000])
    claims.finish(delivery, outcome, timezone.now())


def keep_past(until: datetime) -> int:
    """For a replayed past (the demo): what was due by `until` counts as kept in the local mailbox in its time."""
    past = Delivery.objects.filter(state=State.PENDING, claim=None, next_try_at__lte=until)
    return past.update(state=State.KEPT, next_try_at=None, sent_at=F("created_at"))
