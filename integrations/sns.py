"""Amazon SNS: its signature on every body, and the subscription that must be confirmed once.

Rules: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. The certificate and the
confirmation are fetched from SNS's own hosts only (settings.SNS_HOST).
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate
from django.conf import settings

from integrations import outbound
from integrations.reading import Unreadable

_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


def check(body: object) -> None:
    """Raise Unreadable unless SNS signed this body; outbound.Unreachable when that cannot be told now."""
    if not isinstance(body, Mapping) or not isinstance(body.get("Signature"), str):
        raise Unreadable("The body bears no signature of SNS. Is raw message delivery on? It must be off.")
    url = str(body.get("SigningCertURL", ""))
    if not is_of_sns(url) or not urlsplit(url).path.endswith(".pem"):
        raise Unreadable("The certificate is not one of SNS's own hosts.")
    try:
        given = b64decode(body["Signature"], validate=True)
        hashed = SHA256() if str(body.get("SignatureVersion")) == "2" else SHA1()  # noqa: S303 - SNS's version 1
        public_key(url).verify(given, signed_text(body).encode(), PKCS1v15(), hashed)
    except (ValueError, InvalidSignature) as error:
        raise Unreadable("The signature of SNS does not fit the body.") from error


def confirm(body: object) -> str:
    """Confirm the subscription that a checked body asks for; "" for other bodies, else what was done."""
    if not isinstance(body, Mapping) or body.get("Type") != "SubscriptionConfirmation":
        return ""
    url = str(body.get("SubscribeURL", ""))
    if not is_of_sns(url):
        raise Unreadable("The subscription is not to be confirmed at one of SNS's own hosts.")
    answer = outbound.get(url)
    if answer.status != 200:
        raise outbound.Unreachable(f"SNS answered {answer.status} to the confirmation.")
    return "The subscription is confirmed."


def is_of_sns(url: str) -> bool:
    """Whether this is an https address of an SNS host."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and re.fullmatch(settings.SNS_HOST, parts.hostname or "") is not None
    except ValueError:
        return False


def signed_text(body: Mapping[str, Any]) -> str:
    """The names and values that SNS signs, in its order."""
    names = _NOTIFICATION if body.get("Type") == "Notification" else _CONFIRMATION
    return "".join(f"{name}\n{body[name]}\n" for name in names if body.get(name) is not None)


@lru_cache(maxsize=20)
def public_key(url: str) -> RSAPublicKey:
    """The key of the certificate at this address. Raises ValueError, outbound.Unreachable."""
    answer = outbound.get(url)
    if answer.status != 200:
        raise outbound.Unreachable(f"SNS answered {answer.status} for its certificate.")
    key = load_pem_x509_certificate(answer.body).public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not a certificate of SNS")
    return key
