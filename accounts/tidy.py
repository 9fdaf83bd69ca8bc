"""Clearing away what is of no use any more, a bounded batch at a time."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from accounts.models import IdempotentRequest, Invitation

BATCH = 1_000
BATCHES = 50
ANSWERS_LAST = timedelta(days=7)
INVITATIONS_LAST = timedelta(days=30)  # after their end: until then the settings may still say who was invited


def tidy(now: datetime) -> int:
    """Delete ended sessions, old answers to Idempotency-Keys and dead invitations; -> rows."""
    return sum(
        clear(rows)
        for rows in (
            Session.objects.filter(expire_date__lt=now),
            IdempotentRequest.objects.filter(created_at__lt=now - ANSWERS_LAST),
            Invitation.objects.filter(expires_at__lt=now - INVITATIONS_LAST),
        )
    )


def clear(rows: "QuerySet[Any]") -> int:
    """Delete in batches, each its own statement, so that nobody waits for a long one; the rest next time."""
    total = 0
    for _ in range(BATCHES):
        keys = list(rows.order_by().values_list("pk", flat=True)[:BATCH])
        if not keys:
            break
        rows.model._default_manager.filter(pk__in=keys).delete()
        total += len(keys)
    return total
