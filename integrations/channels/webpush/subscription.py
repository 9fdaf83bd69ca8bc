"""What a browser gives to be pushed to: https://www.w3.org/TR/push-api/#dom-pushsubscription-tojson"""

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

LONGEST = 4000  # characters of the whole
HERE = {"localhost", "127.0.0.1", "::1"}


class Unfit(ValueError):
    """This is no subscription."""


@dataclass(frozen=True)
class Subscription:
    """Where a push goes, and the keys of the browser it is encrypted for: a point of P-256 and 16 bytes."""

    endpoint: str
    p256dh: bytes
    auth: bytes

    @property
    def audience(self) -> str:
        """The origin of the push service."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"


def read(text: str) -> Subscription:
    """Raises Unfit, in words for people."""
    if len(text) > LONGEST:
        raise Unfit("It is too long for a subscription.")
    try:
        given = json.loads(text)
        found = Subscription(str(given["endpoint"]), _bytes(given["keys"]["p256dh"]), _bytes(given["keys"]["auth"]))
        parts = urlsplit(found.endpoint)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), found.p256dh)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Unfit("This browser gave nothing to push to. Allow notifications, then try again.") from error
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in HERE):
        raise Unfit("A push service is spoken to through https only.")
    if len(found.auth) != 16 or not parts.hostname or "@" in parts.netloc:
        raise Unfit("This browser gave nothing to push to. Allow notifications, then try again.")
    return found


def _bytes(text: str) -> bytes:
    """base64url, with or without its padding."""
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
