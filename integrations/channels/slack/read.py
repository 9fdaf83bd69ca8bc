"""Slack's interactions (buttons) and its question whether an address is ours.

Signature: https://docs.slack.dev/authentication/verifying-requests-from-slack; bodies: block_actions payloads.
"""

import hmac
from collections.abc import Mapping
from dataclasses import replace

from integrations.channels.callbacks import Kind, Said, Unverified, number_of, object_of, text_of
from integrations.reading import Unreadable, load

WINDOW = 300  # seconds that a request may be old, or early
ACKNOWLEDGE, RESOLVE, OPEN = "acknowledge", "resolve", "open"


def verify(raw: bytes, headers: Mapping[str, str], *, secret: str, now: float) -> None:
    """Raises Unverified unless Slack signed exactly this body within WINDOW of `now` (a Unix time)."""
    stamp, given = headers.get("X-Slack-Request-Timestamp", ""), headers.get("X-Slack-Signature", "")
    if not secret or not (stamp.isascii() and stamp.isdecimal()) or len(stamp) > 12:
        raise Unverified
    expected = "v0=" + hmac.digest(secret.encode(), b"v0:%b:%b" % (stamp.encode(), raw), "sha256").hex()
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()) or abs(now - int(stamp)) > WINDOW:
        raise Unverified


def challenge(raw: bytes) -> str | None:
    """What Slack wants to hear back when an admin enters the address; None for any other body."""
    try:
        body = object_of(load(raw))
    except Unreadable:
        return None
    return text_of(body.get("challenge")) if body.get("type") == "url_verification" else None


def read(raw: bytes, path: str) -> Said:
    """Which button was pressed, by whom, under the message of which page or drill. Raises Unreadable."""
    body = object_of(load(raw))  # which takes the JSON out of the field "payload" that it comes in
    user, room, actions = object_of(body.get("user")), object_of(body.get("channel")), body.get("actions")
    first = object_of(actions[0] if isinstance(actions, list) and actions else None)
    said = Said(
        "nothing",
        address=text_of(user.get("id"), 100),
        user_key=text_of(user.get("username") or user.get("name")),
        conversation=text_of(room.get("id"), 100),
    )
    value, pressed = text_of(first.get("value"), 500), first.get("action_id")
    if body.get("type") != "block_actions" or pressed not in (ACKNOWLEDGE, RESOLVE) or not value:
        return said
    kind: Kind = "acknowledge" if pressed == ACKNOWLEDGE else "resolve"
    if (page := number_of(value)) is not None:
        return replace(said, kind=kind, page=page)
    return replace(said, kind=kind, token=value)  # of a drill
