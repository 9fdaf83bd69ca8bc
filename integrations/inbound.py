"""Store, then answer, then work: every intake is a row with its raw bytes before anything is made of it."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from integrations import alerts, submissions
from integrations.channels import answered
from integrations.mail import intake as mail_intake
from integrations.mail import together as mail_together
from integrations.models import Door, Inbound, Source, State
from integrations.models.source import PAUSED
from integrations.reading import Unreadable
from lib import rows
from tickets.errors import Refused

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
CLAIM_BYTES = 8 * 1024 * 1024  # that are in memory at once, and again as letters
MAX_ATTEMPTS = 5
BACKOFF = timedelta(seconds=5)


def store(
    *,
    door: str,
    raw: bytes,
    at: datetime,
    source: Source | None = None,
    due: datetime | None = None,
    **facts: Any,
) -> Inbound:
    """Keep what came, in one statement, to be interpreted from `due` on; a paused source's waits for a replay."""
    paused = source is not None and not source.is_active
    row = Inbound(
        door=door,
        source=source,
        raw=raw,
        size=len(raw),
        received_at=at,
        state=State.IGNORED if paused else State.PENDING,
        reason=PAUSED if paused else "",
        next_try_at=None if paused else due or at,
        **facts,
    )
    rows.insert([row])
    return row


def claim(now: datetime, *, batch: int) -> list[Inbound]:
    """Take up to `batch` due rows, CLAIM_BYTES of them at most but always one, for LEASE, oldest first; nobody else
    gets them meanwhile."""
    with transaction.atomic():
        due = Inbound.objects.due(now).order_by("next_try_at", "id").select_for_update(skip_locked=True)
        taken = list[int]()
        total = 0
        for pk, size in due.values_list("pk", "size")[:batch]:
            total += size
            if taken and total > CLAIM_BYTES:
                break
            taken.append(pk)
        Inbound.objects.filter(pk__in=taken).update(next_try_at=now + LEASE, attempts=F("attempts") + 1)
    return list(Inbound.objects.filter(pk__in=taken).select_related("source").order_by("id")) if taken else []


def interpret_all(claimed: Sequence[Inbound], *, now: datetime) -> None:
    """Make of what was claimed at once what it says: new mail together, the rest one by one."""
    mails = [row for row in claimed if row.door == Door.MAIL]
    mail_intake.give_mailboxes(mails)
    done = mail_together.take([row for row in mails if mail_intake.is_plain(row)])
    for row in claimed:
        if row.pk not in done:
            interpret(row, now=now)


def interpret(inbound: Inbound, *, now: datetime) -> None:
    """Make of a claimed row what it says: tickets, repeats, resolutions. What is wrong with it becomes its reason."""
    try:
        if inbound.attempts > MAX_ATTEMPTS:
            raise Refused(inbound.reason or "It was begun five times and never finished.")
        if inbound.door == Door.ALERT:
            alerts.take(inbound, at=inbound.received_at, lease=LEASE)
        elif inbound.door == Door.MAIL:
            mail_intake.take(inbound, at=inbound.received_at)
        elif inbound.door == Door.CALLBACK:
            answered.take(inbound, at=inbound.received_at)
        else:
            submissions.take(inbound, at=inbound.received_at)
    except (Unreadable, Refused) as error:
        settle(inbound, State.FAILED, reason=str(error))
    except alerts.Overtaken:
        log.info("intake %s is worked by somebody else", inbound.receipt)
    except Exception as error:  # one bad body never stops the others; it stays, with its reason, and can be replayed
        log.exception("intake %s failed", inbound.receipt)
        reason = f"{type(error).__name__}: {error}"[:2000]
        if inbound.attempts >= MAX_ATTEMPTS:
            settle(inbound, State.FAILED, reason=reason)
        else:
            again = now + BACKOFF * 2 ** max(inbound.attempts - 1, 0)
            settle(inbound, State.PENDING, reason=reason, next_try_at=again)


def settle(inbound: Inbound, state: str, *, reason: str = "", next_try_at: datetime | None = None) -> None:
    """Write down what became of it."""
    inbound.state, inbound.reason, inbound.next_try_at = state, reason.replace("\0", ""), next_try_at
    inbound.save(update_fields=["state", "reason", "next_try_at"])


def replay(inbound: Inbound, *, at: datetime) -> bool:
    """Try again what failed (from the alert at which it stopped) or changed nothing; answers whether it will be."""
    again = {"state": State.PENDING, "reason": "", "attempts": 0, "next_try_at": at}
    rows = Inbound.objects.filter(pk=inbound.pk)
    return bool(
        rows.filter(state=State.FAILED).update(**again)
        or rows.filter(state=State.IGNORED).update(**again, taken=0, outcomes=[])
    )
