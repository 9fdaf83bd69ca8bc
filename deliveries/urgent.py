"""What wakes somebody: each message in a thread of its own, so that a provider that hangs holds up no other."""

from datetime import datetime, timedelta

from django.utils import timezone

from deliveries import claims
from deliveries.models import Delivery
from deliveries.send import send_one, sender_of
from deliveries.senders import Outcome, Result, Unreachable
from lib.crew import Crew

SENDERS = Crew("page", limit=24)
STALE = timedelta(minutes=15)  # what waited so long for its first try, as after a restore, wakes nobody any more
TOO_LATE = "It waited for more than 15 minutes before it could be sent: too late to wake anybody."


def send_due(now: datetime) -> int:
    """Give each message that is due to a thread; answers how many."""
    return SENDERS.start(lambda free: claims.claim(now, limit=free, urgent=True), lambda row, _: send_alone(row))


def send_alone(delivery: Delivery) -> None:
    """One try of one claimed message, over a connection of its own."""
    now = timezone.now()
    if not delivery.attempts and now - delivery.created_at > STALE:
        if claims.begin(delivery, now):
            claims.finish(delivery, Outcome(Result.REFUSED, TOO_LATE), now)
        return
    sender = sender_of(delivery.channel, urgent=True)()
    if sender.keeps:
        claims.keep([delivery], timezone.now())
        return
    try:
        sender.open()
        send_one(sender, delivery)
    except Unreachable as error:
        if claims.begin(delivery, timezone.now()):
            claims.finish(delivery, Outcome(Result.FAILED, str(error)[:1000]), timezone.now())
    finally:
        sender.close()
