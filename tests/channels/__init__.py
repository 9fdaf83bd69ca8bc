"""What the tests of channels share."""

from typing import Any

from django.utils import timezone

from deliveries import claims
from deliveries.models import Delivery
from deliveries.urgent import send_alone
from integrations.models import Channel
from tests.make import T0

TICKET = {
    "number": 1042, "severity": 1, "subject": "Checkout is [down](https://evil.example)", "site": "Shop",
    "url": "https://desk.example/tickets/1042",
}  # fmt: skip


def a_channel(kind: str, *, config: dict[str, str] | None = None, secrets: dict[str, str] | None = None) -> Channel:
    """A channel as an admin set it up."""
    made = Channel(name=f"Demo {kind}", kind=kind, config=config or {})
    made.seal(secrets or {})
    made.save()
    return made


def a_message(channel: Channel | None, *, way: str = "", address: str = "", **fields: Any) -> Delivery:
    """An urgent message about a ticket, due at once, as a page queues it. `data` is laid over the facts."""
    facts = {
        "channel": channel.pk if channel else None, "method": None, "kind": "page", "state": "open", "page": 7,
        "link": "https://desk.example/p/token", "code": "4711", "token": "token", "tickets": [TICKET],
        **fields.pop("data", {}),
    }  # fmt: skip
    number = Delivery.objects.count()
    given = {
        "channel": way or (channel.kind if channel else "email"), "key": f"page {number}", "address": address,
        "subject": "P1 #1042 Checkout is down", "body_text": "Checkout is down\nShop", "data": facts, "urgent": True,
        "created_at": timezone.now(), "next_try_at": T0,
    }  # fmt: skip
    return Delivery.objects.create(**given | fields)


def sent(delivery: Delivery) -> Delivery:
    """The message after one try, as the worker makes it."""
    now = timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(next_try_at=now)
    [claimed] = [row for row in claims.claim(now, urgent=True) if row.pk == delivery.pk]
    send_alone(claimed)
    return Delivery.objects.get(pk=delivery.pk)
