"""What people and providers answered, made of stored callbacks: once, whoever works them, however often they come."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.module_loading import import_string

from deliveries.actions import bounced
from deliveries.models import Delivery
from deliveries.models import State as Sending
from integrations.channels.callbacks import Said
from integrations.channels.slack import read as slack
from integrations.channels.twilio import read as twilio
from integrations.models import Channel, ChannelKind, Door, Inbound, State
from integrations.reading import Unreadable
from tickets.errors import Refused

Answerer = Callable[[Said, Channel, datetime], str]
READERS: dict[str, Callable[[bytes, str], Said]] = {ChannelKind.SLACK: slack.read, ChannelKind.TWILIO: twilio.read}
LEASE = timedelta(seconds=60)  # then the worker does what the request that brought it did not finish
TEXTED = timedelta(hours=24)  # so long is a number answered after an SMS of ours


@cache
def answerer() -> Answerer:
    """What decides: apps above, by settings.CALLBACK_ANSWERER."""
    found: Answerer = import_string(settings.CALLBACK_ANSWERER)
    return found


def keep(channel: Channel, raw: bytes, *, path: str, content_type: str, at: datetime) -> tuple[Inbound, bool]:
    """Store a verified callback: (its row, True); the same one again gives (the row that it has, False)."""
    digest = hashlib.sha256(b"%d %b\n%b" % (channel.pk, path.encode(), raw)).hexdigest()
    row = Inbound(
        door=Door.CALLBACK, channel=channel, raw=raw, size=len(raw), path=path[:200], content_type=content_type,
        submission=digest, received_at=at, next_try_at=at + LEASE, attempts=1,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return Inbound.objects.select_related("channel").get(submission=digest), False
    return row, True


def take(inbound: Inbound, *, at: datetime) -> None:
    """Do what it says and keep the answer on the row, in one transaction. Raises Unreadable, Refused; whoever pressed a
    button is told of a refusal too."""
    channel = inbound.channel
    if channel is None:
        raise Refused("The channel was deleted.")
    said = read(inbound)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:  # a provider waits for three seconds: a longer lock is the worker's
                cursor.execute("SET LOCAL lock_timeout TO '2s'")
            answer = act(said, channel, at)
            inbound.outcomes = [
                {"title": who(said), "key": "", "status": what(said), "outcome": answer, "ticket": None}
            ]
            inbound.state, inbound.reason, inbound.next_try_at = State.DONE, "", None
            inbound.save(update_fields=["outcomes", "state", "reason", "next_try_at"])
            say_back(inbound, channel, said, answer, at)
    except Refused as refused:
        say_back(inbound, channel, said, str(refused), at)
        raise


def read(inbound: Inbound) -> Said:
    """A stored callback as a value. Raises Unreadable."""
    kind = inbound.channel.kind if inbound.channel else ""
    if kind not in READERS:
        raise Unreadable("Channels of this kind are not called back.")
    return READERS[kind](bytes(inbound.raw), inbound.path)


def act(said: Said, channel: Channel, at: datetime) -> str:
    """The words to say back. Raises Refused."""
    delivery = delivery_of(said, channel)
    if said.kind in ("delivered", "failed") and delivery:
        return reported(said, delivery, at)
    if said.kind in ("acknowledge", "resolve", "stop", "start"):
        token = str(delivery.data.get("token") or "") if delivery else ""
        if delivery and not token:
            return "Thank you. There is nothing to acknowledge."
        return answerer()(replace(said, token=token or said.token), channel, at)
    return said.answer


def reported(said: Said, delivery: Delivery, at: datetime) -> str:
    """What the provider says became of a message of ours: a failure moves the page on."""
    if said.kind == "failed":
        bounced(delivery=delivery, status="", diagnostic=f"Twilio: {said.text}", permanent=True, at=at)
        return "It did not arrive."
    Delivery.objects.filter(pk=delivery.pk, state=Sending.SENT).update(answer=f"{delivery.answer} {said.text}"[:1000])
    return "It arrived."


def delivery_of(said: Said, channel: Channel) -> Delivery | None:
    """The delivery that a callback names, if this channel sent it. Raises Refused when it names another's."""
    if said.delivery is None:
        return None
    found = Delivery.objects.filter(pk=said.delivery, channel__in=("sms", "voice")).first()
    if found is None or found.data.get("channel") != channel.pk:
        raise Refused("This channel sent no such message.")
    return found


def say_back(inbound: Inbound, channel: Channel, said: Said, words: str, at: datetime) -> None:
    """Whoever pressed a button in Slack reads what came of it, alone. Once for each press, by a delivery."""
    if channel.kind != ChannelKind.SLACK or not (words and said.address and said.conversation):
        return
    Delivery.objects.get_or_create(
        key=f"answer.{inbound.receipt}",
        defaults={
            "channel": "slack", "address": said.conversation, "automatic": True, "urgent": True, "subject": words[:400],
            "body_text": words, "created_at": at, "next_try_at": at,
            "data": {"kind": "answer", "channel": channel.pk, "to": said.address},
        },
    )  # fmt: skip


def may_text_back(channel: Channel, number: str, *, at: datetime) -> bool:
    """Whether we wrote to this number lately: others are not answered, lest two machines answer each other for ever."""
    sent = Delivery.objects.filter(address=number, channel="sms", created_at__gt=at - TEXTED)
    return any(delivery.data.get("channel") == channel.pk for delivery in sent.only("data")[:20])


def who(said: Said) -> str:
    """Who answered, or of which message it is."""
    return said.address or (f"delivery {said.delivery}" if said.delivery else "")


def what(said: Said) -> str:
    """What it came to, or the words that meant nothing."""
    return said.kind if said.kind != "nothing" else said.text[:60] or said.kind
