"""Who sends what: a worker holds a batch by a lease, so that a killed worker's batch comes back by itself.

A row's way: claimed (still *pending*) → begun (*sending*, just before the provider is spoken to) → its outcome. A row
that comes back while *sending* may have been accepted: it is sent again under the same Message-ID, marked uncertain.
Every step is conditional on the claim, so a worker that lost its lease can no longer write.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from deliveries.models import Delivery, DeliveryAttempt, DeliverySwitch, State
from deliveries.senders import Outcome, Result
from tickets.events import record as record_event
from tickets.events import working_on
from tickets.models import Kind

BATCH = 20
# Longer than one message can take: six waits of EMAIL_TIMEOUT at most between MAIL and the last answer.
LEASE = timedelta(seconds=6 * settings.EMAIL_TIMEOUT)
KEEP_TRYING = timedelta(hours=48)
REST = timedelta(seconds=30)
FIRST_WAIT, LONGEST_WAIT = 60.0, 4 * 3600.0  # seconds
# What wakes somebody: a provider has 5 s for it, and it is of no use later, as the next way to reach them is used then.
URGENT_LEASE = timedelta(seconds=8)
URGENT_KEEP_TRYING = timedelta(minutes=2)
URGENT_FIRST_WAIT, URGENT_LONGEST_WAIT = 4.0, 30.0


def claim(now: datetime, *, limit: int = BATCH, urgent: bool = False) -> list[Delivery]:
    """Take due rows nobody holds: one statement when nothing is due, three otherwise."""
    token, until = uuid4(), now + (URGENT_LEASE if urgent else LEASE)
    due = Delivery.objects.urgently_due(now) if urgent else Delivery.objects.due(now)
    with transaction.atomic():
        rows = list(due.select_for_update(skip_locked=True, of=("self",))[:limit])
        if rows:
            Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(claim=token, next_try_at=until)
    for row in rows:
        row.claim = token
    return rows


def begin(delivery: Delivery, now: datetime) -> bool:
    """Say that it is being sent, with a fresh lease; False when it was cancelled or is no longer ours."""
    interrupted = delivery.state == State.SENDING
    lease, keep_trying = (URGENT_LEASE, URGENT_KEEP_TRYING) if delivery.urgent else (LEASE, KEEP_TRYING)
    mine = Delivery.objects.filter(pk=delivery.pk, claim=delivery.claim, state=delivery.state)
    begun = mine.filter(next_try_at__gt=now).update(
        state=State.SENDING,
        attempts=F("attempts") + 1,
        next_try_at=now + lease,
        gives_up_at=delivery.gives_up_at or now + keep_trying,
        uncertain=delivery.uncertain or interrupted,
    )
    if begun and interrupted:
        DeliveryAttempt.objects.create(
            delivery=delivery, at=now, outcome=Result.UNKNOWN, answer="The worker stopped before the answer came."
        )
    delivery.attempts += 1
    delivery.uncertain = delivery.uncertain or interrupted
    delivery.gives_up_at = delivery.gives_up_at or now + keep_trying
    return bool(begun)


@transaction.atomic
def finish(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    """Write what a try came to: sent, waiting for the next try, or given up (with a line in the ticket's history)."""
    DeliveryAttempt.objects.create(delivery=delivery, at=now, outcome=outcome.result, answer=outcome.answer)
    mine = Delivery.objects.filter(pk=delivery.pk, claim=delivery.claim)
    if outcome.result == Result.SENT:
        mine.update(state=State.SENT, next_try_at=None, claim=None, sent_at=now, answer=outcome.answer)
        return
    if outcome.result == Result.UNKNOWN:
        mine.update(uncertain=True)
    # What wakes somebody is repeated once at most when it may have arrived: a provider that takes it and never answers
    # must not make six calls of one.
    again = delivery.urgent and delivery.uncertain and outcome.result == Result.UNKNOWN
    if outcome.result == Result.REFUSED or again or (delivery.gives_up_at and now >= delivery.gives_up_at):
        give_up(delivery, outcome.answer, now)
        return
    wait = wait_after(delivery.attempts, urgent=delivery.urgent)
    mine.update(state=State.PENDING, next_try_at=now + wait, claim=None, answer=outcome.answer)


def wait_after(attempts: int, *, urgent: bool = False) -> timedelta:
    """One minute (four seconds), doubling up to four hours (half a minute), give or take a fifth so that a thousand
    rows do not return at once."""
    first, longest = (URGENT_FIRST_WAIT, URGENT_LONGEST_WAIT) if urgent else (FIRST_WAIT, LONGEST_WAIT)
    return timedelta(seconds=min(first * 2 ** max(0, min(attempts, 20) - 1), longest) * random.uniform(0.8, 1.2))


def give_up(delivery: Delivery, answer: str, now: datetime) -> None:
    """The dead letter: it waits for a person, and its ticket says so."""
    with transaction.atomic():
        dead = Delivery.objects.filter(pk=delivery.pk, claim=delivery.claim).update(
            state=State.DEAD, next_try_at=None, claim=None, answer=answer
        )
        if dead and delivery.ticket_id:
            with working_on(delivery.ticket_id, at=now) as ticket:
                record_event(
                    ticket, Kind.DELIVERY_FAILED, at=ticket.now, via="system",
                    delivery=delivery.pk, to=delivery.address, reason=answer[:300],
                )  # fmt: skip


def unreachable(rows: Sequence[Delivery], answer: str, now: datetime) -> None:
    """The provider is gone: each waits its turn, and nobody knocks for half a minute."""
    DeliverySwitch.objects.update_or_create(pk=DeliverySwitch.ROW, defaults={"rests_until": now + REST})
    for row in rows:
        row.attempts += 1
        row.gives_up_at = row.gives_up_at or now + KEEP_TRYING
        Delivery.objects.filter(pk=row.pk, claim=row.claim).update(
            attempts=row.attempts, gives_up_at=row.gives_up_at, uncertain=row.uncertain or row.state == State.SENDING
        )
        finish(row, Outcome(Result.FAILED, answer), now)


def keep(rows: Sequence[Delivery], now: datetime) -> None:
    """No mail server: they stay here, in the local mailbox. One statement."""
    if rows:
        Delivery.objects.filter(pk__in=[row.pk for row in rows], claim=rows[0].claim).update(
            state=State.KEPT, next_try_at=None, claim=None, sent_at=now
        )


def release(rows: Sequence[Delivery], now: datetime) -> None:
    """Rows of a batch that were not reached go back in line at once."""
    if rows:
        held = Q(pk__in=[row.pk for row in rows], claim=rows[0].claim, next_try_at__isnull=False)
        Delivery.objects.filter(held).update(next_try_at=now, claim=None)
