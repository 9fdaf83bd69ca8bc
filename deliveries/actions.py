"""What a person does to deliveries, and how mail without a ticket is queued."""

from collections.abc import Iterable
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from accounts.audit import audit
from accounts.models import User
from deliveries import references
from deliveries.models import CANCELLABLE, REPLAYABLE, Delivery, DeliveryAttempt, DeliverySwitch, State
from tickets.errors import Refused
from tickets.events import record, working_on
from tickets.models import Kind


def queue_mail(
    *,
    address: str,
    user: User | None,
    subject: str,
    text: str,
    html: str,
    at: datetime,
    key: str = "",
    sender: str = "",
) -> Delivery:
    """One mail without a ticket (confirmation, reset, invitation), from `sender` or the desk's own address. Without a
    `key` every call is its own message."""
    return Delivery.objects.create(
        key=key or uuid4().hex,
        user=user,
        address=address,
        automatic=True,
        sender=sender or settings.DEFAULT_FROM_EMAIL,
        subject=subject,
        body_text=text,
        body_html=html,
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        created_at=at,
        next_try_at=at,
    )


@transaction.atomic
def replay(*, delivery: Delivery, at: datetime, actor: User) -> None:
    """Send it after all, under the same Message-ID, with 48 h of its own. Raises Refused when it is not stopped."""
    stopped = Delivery.objects.filter(pk=delivery.pk, state__in=REPLAYABLE)
    if not delivery.is_replayable or not stopped.update(
        state=State.PENDING, next_try_at=at, claim=None, gives_up_at=None, sent_at=None
    ):
        raise Refused("Only a delivery that stopped can be sent again.")
    audit("delivery replayed", at=at, actor=actor, object=delivery, delivery=delivery.pk)


@transaction.atomic
def cancel(*, delivery: Delivery, at: datetime, actor: User) -> None:
    """Call it back before it is sent. Raises Refused when a worker has begun with it."""
    if not Delivery.objects.filter(pk=delivery.pk, state__in=CANCELLABLE).update(
        state=State.CANCELLED, next_try_at=None, claim=None
    ):
        raise Refused("It is too late to cancel it.")
    audit("delivery cancelled", at=at, actor=actor, object=delivery, delivery=delivery.pk)


@transaction.atomic
def freeze(*, reason: str, at: datetime, actor: User | None) -> None:
    """Stop all sending until somebody releases it; rows wait. A restore does this: no old mail goes out twice."""
    DeliverySwitch.objects.update_or_create(
        pk=DeliverySwitch.ROW, defaults={"frozen_at": at, "reason": reason.strip()[:200]}
    )
    audit("sending frozen", at=at, actor=actor, reason=reason)


@transaction.atomic
def unfreeze(*, at: datetime, actor: User) -> None:
    """Let it go: what waited is sent by the next ticks."""
    DeliverySwitch.objects.filter(pk=DeliverySwitch.ROW).update(frozen_at=None, reason="", rests_until=None)
    audit("sending released", at=at, actor=actor)


def bounced_one(*, addresses: Iterable[str], message_ids: Iterable[str]) -> Delivery | None:
    """The delivery that a bounce is of: named by the address it came to, or by the Message-ID of the mail that came
    back (with or without angle brackets)."""
    named = next(filter(None, map(references.read_return_path, addresses)), None)
    if named and (found := Delivery.objects.filter(pk=named).first()):
        return found
    ids = [f"<{one.strip('<> ')}>" for one in message_ids if "\0" not in one]
    return Delivery.objects.filter(message_id__in=ids).first() if ids else None


@transaction.atomic
def bounced(*, delivery: Delivery, status: str, diagnostic: str, permanent: bool, at: datetime) -> None:
    """A report says that it did not arrive. A permanent one ends it, and its ticket says so; a passing one is one more
    line among its tries. Whether the person can still be written to is for the caller to decide."""
    answer = " ".join(f"{status} {diagnostic}".replace("\0", "").split())[:1000]
    DeliveryAttempt.objects.create(delivery=delivery, at=at, outcome=DeliveryAttempt.Outcome.BOUNCED, answer=answer)
    if not permanent:
        return
    gone = Delivery.objects.filter(pk=delivery.pk).exclude(state=State.BOUNCED)
    if gone.update(state=State.BOUNCED, next_try_at=None, claim=None, answer=answer) and delivery.ticket_id:
        with working_on(delivery.ticket_id, at=at) as ticket:
            record(
                ticket, Kind.DELIVERY_FAILED, at=ticket.now, via=delivery.channel,
                delivery=delivery.pk, to=delivery.address, reason=answer[:300],
            )  # fmt: skip
