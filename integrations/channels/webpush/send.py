"""Web push: a few words, encrypted so that the push service cannot read them, posted to where the browser listens."""

import json
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from deliveries.models import Delivery
from deliveries.senders import Outcome, Result
from integrations.channels.facts import facts_of
from integrations.channels.posting import post
from integrations.channels.webpush import subscription, vapid
from integrations.models.mailbox import keys
from lib import crypto

HOLDS = 600  # seconds that the push service keeps it for a browser that is away
TITLE, BODY = 150, 600  # characters: a push service takes 4096 bytes
GONE = {404, 410}


class Sender:
    """For deliveries whose channel is "webpush". `data["target"]`: the subscription, sealed."""

    keeps = False

    def open(self) -> None:
        """Each message has a connection of its own."""

    def close(self) -> None:
        """Nothing stays open."""

    def send(self, delivery: Delivery) -> Outcome:
        """One try."""
        try:
            target = subscription.read(crypto.decrypt(str(delivery.data.get("target") or ""), keys=keys()))
            own = vapid.authorization(target.audience, now=timezone.now())
        except crypto.Undecryptable:
            return Outcome(
                Result.REFUSED, "It cannot be opened with the keys of this desk: subscribe the browser again."
            )
        except subscription.Unfit as unfit:
            return Outcome(Result.REFUSED, str(unfit))
        body = json.dumps(payload(delivery), ensure_ascii=False).encode()
        posted = post(target.endpoint, encrypted(body, target), headers=headers(delivery) | {"Authorization": own})
        if posted.status in GONE:
            return Outcome(
                Result.REFUSED, f"{posted.status}: this browser takes no pushes any more. Subscribe it again."
            )
        return posted.outcome


def encrypted(body: bytes, target: subscription.Subscription) -> bytes:
    """RFC 8291: one record that only this browser opens, under a key made for it alone."""
    once = ec.generate_private_key(ec.SECP256R1())
    sealed: bytes = http_ece.encrypt(
        body, private_key=once, dh=target.p256dh, auth_secret=target.auth, version="aes128gcm"
    )
    return sealed


def headers(delivery: Delivery) -> dict[str, str]:
    """RFC 8030: news of a page replaces what waits there about it."""
    page = facts_of(delivery).page
    topic = {"Topic": f"page-{page}"[:32]} if page else {}
    return topic | {
        "TTL": str(HOLDS),
        "Urgency": "high" if delivery.urgent else "normal",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
    }


def payload(delivery: Delivery) -> dict[str, Any]:
    """What the service worker (templates/oncall/push/sw.js) shows and opens. At most about 3 KB."""
    facts = facts_of(delivery)
    lines = [line for line in delivery.body_text.splitlines() if line.strip() and "://" not in line]
    words = "\n".join(line for line in lines if line.strip() != delivery.subject.strip())
    first = facts.tickets[0].url if facts.tickets else ""
    return {
        "title": delivery.subject[:TITLE],
        "body": words[:BODY],
        "tag": f"page-{facts.page}" if facts.page else delivery.key[:60],
        "link": facts.link[:500],
        "url": first[:300],
        "token": facts.token[:300] if facts.kind == "page" and facts.waits else "",
        "kind": facts.kind,
        "waits": facts.waits,
    }
