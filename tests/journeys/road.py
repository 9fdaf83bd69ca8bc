"""The ways in and out of the desk, as people and machines use them."""

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from catalog.models import Site
from deliveries.models import Delivery
from integrations.models import Inbound, Source
from integrations.sources import KINDS
from integrations.tasks import interpret_pending
from tests.clients import Client
from tickets.models import Event, Ticket

Ask = Callable[..., Ticket]


def ask(client: Client, site: Site, **words: Any) -> Ticket:
    """Send the public form as somebody without an account; answers the ticket behind the receipt."""
    said = {
        "subject": "Checkout fails",
        "description": "It says error 500.",
        "kind": "incident",
        "site": site.pk,
        "impact": "medium",
        "urgency": "medium",
        "name": "Pat",
        "email": "pat@home.example",
        "submission": secrets.token_hex(16),
        **words,
    }
    answer = client.post("/help/new", said)
    assert answer.status_code == 302, answer.content.decode()
    return Inbound.objects.select_related("ticket").get(receipt=answer.url.rpartition("/")[2]).ticket  # type: ignore[attr-defined,return-value]


class Door:
    """A source and its address: door.post("firing") stores a captured body, door.work() interprets what waits."""

    def __init__(self, kind: str, site: Site) -> None:
        self.source = Source(name=kind.title(), kind=kind, site=site)
        self.token = self.source.new_token()
        self.source.save()
        self.client = Client()

    def post(self, body: str | bytes) -> Any:
        raw = KINDS[self.source.kind].payloads[body] if isinstance(body, str) else body
        return self.client.post(f"/api/v1/sources/{self.token}", raw, content_type="application/json")

    def work(self) -> None:
        """What beat does every second."""
        interpret_pending()


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def seen_by(client: Client, ticket: Ticket) -> str:
    """The ticket's page with its whole history, as this person reads it."""
    answer = client.get(f"/tickets/{ticket.pk}?history=all")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def kinds(ticket: Ticket) -> list[str]:
    return list(Event.objects.filter(ticket=ticket).values_list("kind", flat=True))


def letters(ticket: Ticket, user: User | None = None) -> list[Delivery]:
    """What was written to this person about the ticket, oldest first."""
    rows = Delivery.objects.filter(ticket=ticket).order_by("id")
    return list(rows.filter(user=user) if user else rows)


def path_in(text: str, after: str = "") -> str:
    """The first address of a requester's page in a letter, below the desk's own; with `after`, the one behind it."""
    found = re.search(re.escape(after) + r"\s*https?://[^/\s]+(/help/t/\S+)", text)
    assert found, text
    return found[1]


def now() -> datetime:
    return timezone.now()
