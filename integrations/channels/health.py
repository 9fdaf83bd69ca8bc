"""Whether a channel works: noted after each try, cleared by the next one that goes well."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce

from accounts.audit import audit
from accounts.models import Role, User
from deliveries.actions import queue_mail
from deliveries.models import Delivery
from deliveries.senders import Outcome, Result
from integrations.models import Channel, ChannelKind

PATIENCE = timedelta(hours=24)  # a webhook that failed for so long is switched off
TRIES = 3  # and not by the first failure after a quiet week: this message failed so often too
LOCKED = "Its secrets cannot be opened with the keys of this desk: enter them again."
ACCOUNT = ("401 ", "403 ", LOCKED)  # what is wrong whoever the message was for: with the keys


def note(*, channel: Channel, delivery: Delivery, outcome: Outcome, at: datetime) -> None:
    """Keep what a try says about the channel. What only says something about the recipient is not held against it."""
    mine = Channel.objects.filter(pk=channel.pk)
    if outcome.result == Result.SENT:
        mine.filter(failing_since__isnull=False).update(trouble="", failing_since=None)
        return
    if outcome.result == Result.REFUSED and delivery.address and not outcome.answer.startswith(ACCOUNT):
        return
    trouble = (outcome.answer or "It failed without a word.")[:500]
    mine.update(trouble=trouble, failing_since=Coalesce("failing_since", Value(at)))
    if channel.kind == ChannelKind.WEBHOOK and is_lost(channel, delivery, outcome, at):
        switch_off(channel=channel, trouble=trouble, at=at)


def is_lost(channel: Channel, delivery: Delivery, outcome: Outcome, at: datetime) -> bool:
    """It said 410 Gone, or nothing went through for PATIENCE."""
    gone = outcome.result == Result.REFUSED and outcome.answer.startswith("410")
    since = channel.failing_since
    return gone or (since is not None and since <= at - PATIENCE and delivery.attempts >= TRIES)


@transaction.atomic
def switch_off(*, channel: Channel, trouble: str, at: datetime) -> None:
    """Nothing is sent through it any more, and every admin is told, once."""
    if not Channel.objects.filter(pk=channel.pk, is_active=True).update(is_active=False):
        return
    audit("channel switched off", at=at, actor=None, object=channel, reason=trouble)
    text = (
        f"The webhook {channel.name} failed for a day, or said that it is gone, and was switched off.\n\n"
        f"What it said last: {trouble}\n\nWhen it works again, switch it on under Settings, Channels."
    )
    for admin in User.objects.filter(role=Role.ADMIN, is_active=True):
        queue_mail(
            address=admin.email, user=admin, subject=f"{channel.name} was switched off", text=text, html="", at=at
        )
