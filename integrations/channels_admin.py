"""What is done to a channel: made, changed, switched, tried out, removed. Each is a line of the audit log."""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, RestrictedError

from accounts.audit import audit
from accounts.models import User
from deliveries.models import Delivery
from integrations.channels.kinds import kinds
from integrations.channels.webhook.send import PREFIX
from integrations.models import Channel
from lib.crypto import Undecryptable
from tickets.errors import Refused

BEFORE = "_before"  # what the name of a replaced secret ends in


def new_secret() -> str:
    """256 random bits, written as Standard Webhooks do."""
    return PREFIX + b64encode(secrets.token_bytes(32)).decode()


def kept_secrets(channel: Channel | None) -> dict[str, str]:
    """Those of a channel; none when no key opens them any more, so that they can be entered again."""
    try:
        return channel.secrets() if channel else {}
    except Undecryptable:
        return {}


@transaction.atomic
def save_channel(
    *, channel: Channel, config: Mapping[str, str], secrets: Mapping[str, str], at: datetime, actor: User
) -> str:
    """Keep a channel with these values. Answers the secret that the desk made for a new one, shown once, else "".
    Raises Refused when another got its name meanwhile."""
    fresh, made = channel.pk is None, kinds()[channel.kind].description.makes
    shown = new_secret() if made and made not in secrets else ""
    channel.config = dict(config)
    channel.seal({**secrets, made: shown} if shown else secrets)
    channel.trouble, channel.failing_since = "", None
    try:
        with transaction.atomic():
            channel.save()
    except IntegrityError as error:
        raise Refused("Another channel has this name.", field="name") from error
    audit("channel made" if fresh else "channel changed", at=at, actor=actor, object=channel, kind=channel.kind)
    return shown


@transaction.atomic
def replace_secret(*, channel: Channel, at: datetime, actor: User) -> str:
    """A new secret beside the one of now, which holds until it is forgotten. Answers it, shown once. Raises Refused."""
    locked, made = lock(channel)
    kept = kept_secrets(locked)
    shown = new_secret()
    locked.seal({**kept, made: shown, made + BEFORE: kept[made]} if made in kept else {**kept, made: shown})
    locked.save(update_fields=["sealed"])
    audit("channel secret replaced", at=at, actor=actor, object=locked)
    return shown


@transaction.atomic
def forget_secret(*, channel: Channel, at: datetime, actor: User) -> None:
    """What was replaced signs nothing any more. Raises Refused."""
    locked, made = lock(channel)
    kept = kept_secrets(locked)
    if kept.pop(made + BEFORE, None) is not None:
        locked.seal(kept)
        locked.save(update_fields=["sealed"])
        audit("channel secret forgotten", at=at, actor=actor, object=locked)


def lock(channel: Channel) -> tuple[Channel, str]:
    """Its row, and the name of the secret that the desk makes for it."""
    made = kinds()[channel.kind].description.makes
    if not made:
        raise Refused("Its secrets come from the provider: enter the new one above.")
    return Channel.objects.select_for_update().get(pk=channel.pk), made


@transaction.atomic
def set_in_use(*, channel: Channel, in_use: bool, at: datetime, actor: User) -> None:
    """Switched off, nothing is sent through it; switched on, it starts afresh."""
    Channel.objects.filter(pk=channel.pk).update(is_active=in_use, trouble="", failing_since=None)
    audit("channel switched on" if in_use else "channel switched off", at=at, actor=actor, object=channel)


@transaction.atomic
def send_test(*, channel: Channel, sender: str, address: str, at: datetime, actor: User) -> Delivery:
    """A message that says it is a test, through the real queue. `sender`: one of the kind's."""
    ways = [name for name, _ in kinds()[channel.kind].description.senders] or [channel.kind]
    if sender not in ways:
        raise Refused("Choose how it shall be sent.", field="sender")
    if not channel.is_active:
        raise Refused("It is switched off: nothing is sent through it.")
    audit("channel tested", at=at, actor=actor, object=channel, to=address)
    return Delivery.objects.create(
        channel=sender,
        key=f"test {uuid4().hex}",
        user=actor if address else None,  # without, it goes to a room
        address=address,
        subject=f"Test of {channel.name}",
        body_text=f"This is a test from the helpdesk, asked for by {actor}. Nobody has to do anything.",
        data={"channel": channel.pk, "method": None, "kind": "drill", "state": "open", "page": None, "tickets": [],
              "link": "", "code": "", "token": ""},
        urgent=True,
        created_at=at,
        next_try_at=at,
    )  # fmt: skip


@transaction.atomic
def delete_channel(*, channel: Channel, at: datetime, actor: User) -> None:
    """Remove it with the ways to reach people that use it. Raises Refused while something else needs it."""
    audit("channel deleted", at=at, actor=actor, object=channel, kind=channel.kind)
    try:
        channel.delete()
    except (ProtectedError, RestrictedError) as error:
        raise Refused("Something still uses it. Switch it off instead, or take it out there first.") from error
