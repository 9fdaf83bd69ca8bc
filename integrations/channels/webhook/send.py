"""A webhook of one's own, signed as https://www.standardwebhooks.com says: the headers webhook-id (the same at each
try), webhook-timestamp (seconds, of this try) and webhook-signature ("v1," and a base64 HMAC-SHA256 of
`id.timestamp.body`; while a secret is being replaced, one for each, separated by a blank).
"""

import hmac
import json
import time
from base64 import b64decode, b64encode
from typing import Any

from deliveries.models import Delivery
from deliveries.senders import Outcome
from integrations.channels.facts import facts_of
from integrations.channels.posting import ChannelSender, key_of, post
from integrations.models import Channel

PREFIX = "whsec_"


class Sender(ChannelSender):
    """Those about one ticket leave in the order in which they were queued (see deliveries.models.ORDERED)."""

    def hand_over(self, delivery: Delivery, channel: Channel, secrets: dict[str, Any]) -> Outcome:
        body = json.dumps(payload(delivery), separators=(",", ":")).encode()
        keys = [secrets[name] for name in ("signing", "signing_before") if secrets.get(name)]
        headers = signed(f"msg_{key_of(delivery)}", int(time.time()), body, keys)
        if secrets.get("authorization"):
            headers["Authorization"] = secrets["authorization"]
        return post(channel.config["url"], body, headers=headers).outcome


def payload(delivery: Delivery) -> dict[str, Any]:
    """The body: the same bytes at each try."""
    facts = facts_of(delivery)
    return {
        "type": f"page.{facts.state}" if facts.kind in ("page", "update") else facts.kind,
        "timestamp": delivery.created_at.isoformat(),
        "data": {
            "page": facts.page,
            "summary": delivery.subject,
            "text": delivery.body_text,
            "acknowledge_url": facts.link or None,
            "tickets": [
                {
                    "number": ticket.number, "severity": ticket.level or None, "subject": ticket.subject,
                    "site": ticket.site or None, "url": ticket.url,
                }
                for ticket in facts.tickets
            ],
            "more": facts.more,
        },
    }  # fmt: skip


def signed(key: str, at: int, body: bytes, secrets: list[str]) -> dict[str, str]:
    """The headers of a body sent at `at` (seconds since 1970)."""
    content = f"{key}.{at}.".encode() + body
    marks = [hmac.digest(b64decode(secret.removeprefix(PREFIX)), content, "sha256") for secret in secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{b64encode(mark).decode()}" for mark in marks),
    }
