"""Handing a message to a provider's HTTP API, and what came of it in the words of a delivery."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from deliveries.models import Delivery
from deliveries.senders import Outcome, Result
from integrations import outbound
from integrations.channels import health
from integrations.models import Channel
from lib.crypto import Undecryptable

# Of the 4xx, those that pass by themselves: Request Timeout, Conflict, Locked, Too Early, Too Many Requests.
PASSING = {408, 409, 423, 425, 429}
SHOWN = 300  # characters of a provider's answer that people see


@dataclass(frozen=True)
class Posted:
    """One answer, or none. `outcome` goes by the status alone; `json` is for a provider that says more in its body."""

    outcome: Outcome
    status: int = 0  # 0: no answer
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> dict[str, Any]:
        """The object in the body; empty when it is none."""
        return read_object(self.body)


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    method: str = "POST",
    seconds: float = outbound.SECONDS,
) -> Posted:
    """One request through the guarded client. Never raises for what a network or a provider does."""
    try:
        answer = outbound.request(method, url, headers=headers, body=body, seconds=seconds)
    except outbound.Unreachable as error:
        return Posted(Outcome(Result.UNKNOWN if error.sent else Result.FAILED, str(error)[:1000]))
    return Posted(Outcome(result_of(answer.status), said(answer)), answer.status, answer.body, answer.headers)


def post_json(
    url: str, payload: object, *, headers: Mapping[str, str] | None = None, seconds: float = outbound.SECONDS
) -> Posted:
    """`payload` as JSON."""
    own = {"Content-Type": "application/json; charset=utf-8"}
    return post(url, json.dumps(payload).encode(), headers=own | dict(headers or {}), seconds=seconds)


def post_form(url: str, fields: Mapping[str, str], *, headers: Mapping[str, str] | None = None) -> Posted:
    """`fields` as a posted form."""
    own = {"Content-Type": "application/x-www-form-urlencoded"}
    return post(url, urlencode(fields).encode(), headers=own | dict(headers or {}))


def result_of(status: int) -> Result:
    """A redirect is refused for good, as are the 4xx that trying again cannot mend; the others may pass."""
    if 200 <= status < 300:
        return Result.SENT
    if status >= 500 or status in PASSING:
        return Result.FAILED
    return Result.REFUSED


def said(answer: outbound.Answer) -> str:
    """The status and the first words of the body, for people."""
    words = " ".join(answer.body[:2000].decode("utf-8", "replace").replace("\0", "").split())[:SHOWN]
    if 300 <= answer.status < 400:
        words = "a redirect, which is not followed"
    wait = answer.headers.get("retry-after", "")[:40]
    return f"{answer.status} {words}".strip() + (f" (Retry-After: {wait})" if wait else "")


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; empty for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def key_of(delivery: Delivery) -> str:
    """The idempotency key of a message: 32 hex digits, the same at each try."""
    return delivery.message_id.strip("<>").partition("@")[0]


class ChannelSender:
    """What the senders of an admin's channels share: find it, open its secrets, and note whether it works."""

    keeps = False

    def open(self) -> None:
        """Each message has a connection of its own."""

    def close(self) -> None:
        """Nothing stays open."""

    def send(self, delivery: Delivery) -> Outcome:
        channel = Channel.objects.filter(pk=delivery.data.get("channel")).first()
        if channel is None or not channel.is_active:
            return Outcome(Result.REFUSED, "This channel was removed or switched off.")
        try:
            secrets = channel.secrets()
        except Undecryptable:
            outcome = Outcome(Result.REFUSED, health.LOCKED)
        else:
            outcome = self.hand_over(delivery, channel, secrets)
        health.note(channel=channel, delivery=delivery, outcome=outcome, at=timezone.now())
        return outcome

    def hand_over(self, delivery: Delivery, channel: Channel, secrets: dict[str, Any]) -> Outcome:
        """One try through this channel. Raises nothing that a network or a message can cause."""
        raise NotImplementedError
