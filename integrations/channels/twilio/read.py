"""Twilio's callbacks: an SMS that came in, what became of one of ours, and a call that was taken.

Signature: https://www.twilio.com/docs/usage/security#validating-requests. `path` is what follows the channel in the
address: "sms", "status/<delivery>" or "voice/<delivery>".
"""

import hmac
import re
from base64 import b64encode
from urllib.parse import urlsplit

from integrations.channels.callbacks import Said, Unverified, form_of, number_of, pairs_of, text_of
from integrations.reading import Unreadable

ACKNOWLEDGE, AGAIN = "4", "6"  # keys of the telephone
_CODE = re.compile(r"\s*(?:(?:ack(?:nowledged?)?|ok|yes)\s*[:#]?\s*)?([0-9]{4})\s*[.!]?\s*", re.I | re.A)
# What a carrier takes as "never again", and as the contrary (Twilio's own lists for English).
_STOP = {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"}
_START = {"start", "unstop", "yes"}
_FAILED = {"undelivered", "failed", "canceled", "busy", "no-answer"}
_DELIVERED = {"delivered", "read", "completed"}
HELP = "Answer with the four digits of the message, for example: 4711"


def verify(raw: bytes, url: str, given: str, *, secret: str) -> None:
    """Raises Unverified unless Twilio signed exactly this form for this address (`url`, with its query)."""
    try:
        values = sorted(set(pairs_of(raw)))
    except Unreadable as error:
        raise Unverified from error
    fields = "".join(name + value for name, value in values)
    signed = [
        b64encode(hmac.digest(secret.encode(), (one + fields).encode("utf-8", "replace"), "sha1"))
        for one in spellings(url)
    ]
    right = [hmac.compare_digest(given.encode("utf-8", "replace"), one) for one in signed]
    if not secret or not any(right):
        raise Unverified


def spellings(url: str) -> set[str]:
    """The address with its port and without: which of the two Twilio signs depends on the call."""
    parts = urlsplit(url)
    bare = (parts.hostname or "") if ":" not in (parts.hostname or "") else f"[{parts.hostname}]"
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {url} | {parts._replace(netloc=host).geturl() for host in (bare, f"{bare}:{port}")}


def read(raw: bytes, path: str) -> Said:
    """What it says. Raises Unreadable."""
    form = form_of(raw)
    what, _, rest = path.partition("/")
    delivery = number_of(rest)
    match what:
        case "sms":
            return of_sms(form)
        case "status" if delivery is not None:
            return of_status(form, delivery)
        case "voice" if delivery is not None:
            return of_call(form, delivery)
    raise Unreadable("Nothing of ours is at this address.")


def of_sms(form: dict[str, str]) -> Said:
    number, text = text_of(form.get("From"), 30), text_of(form.get("Body"), 1600)
    word = text.strip().strip(".!\"'").lower()
    opted = form.get("OptOutType", "").upper()  # set where the carrier has answered already
    if opted == "STOP" or word in _STOP:
        return Said("stop", address=number, text=text)
    if opted == "START" or word in _START:
        return Said("start", address=number, text=text)
    if found := _CODE.fullmatch(text):
        return Said("acknowledge", code=found[1], address=number, text=text)
    return Said("nothing", address=number, text=text, answer="" if opted else HELP)


def of_status(form: dict[str, str], delivery: int) -> Said:
    status = text_of(form.get("MessageStatus") or form.get("CallStatus") or form.get("SmsStatus"), 30).lower()
    said = " ".join(filter(None, [status, text_of(form.get("ErrorCode"), 30), text_of(form.get("ErrorMessage"))]))
    if status in _FAILED:
        return Said("failed", delivery=delivery, text=said)
    return Said("delivered" if status in _DELIVERED else "nothing", delivery=delivery, text=said)


def of_call(form: dict[str, str], delivery: int) -> Said:
    number = text_of(form.get("To"), 30)
    if form.get("Digits") == ACKNOWLEDGE:
        return Said("acknowledge", address=number, delivery=delivery, text=ACKNOWLEDGE)
    return Said("asked", address=number, delivery=delivery, text=text_of(form.get("Digits"), 30))
