"""Secrets: tokens that cannot be guessed, digests to keep instead, values signed for links, encryption at rest.

Keys are passed in, newest first: the first one writes, all of them read, so a key can be replaced without a break.
Any string of at least 32 characters will do as a key; each purpose derives its own from it.
"""

import hmac
import secrets
from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PREFIX_LENGTH = 12
MIN_KEY = 32
_SIGNATURE_BYTES = 20  # 160 bits
_SEAL_BYTES = 10  # 80 bits: 16 letters


class BadSignature(ValueError):
    """A signed value that we did not sign for this purpose, or that was changed."""


class Expired(BadSignature):
    """A value that we did sign, for a time that is over."""


class Undecryptable(ValueError):
    """A secret that none of the keys opens."""


class NewToken(NamedTuple):
    """A token just made: `secret` is shown once, `prefix` tells people which one it is, `digest` is kept."""

    secret: str
    prefix: str
    digest: str


def new_token(kind: str = "") -> NewToken:
    """A token of 256 random bits. `kind` is written before it ("hd_"), so that a leaked one is recognised."""
    secret = kind + secrets.token_urlsafe(32)
    return NewToken(secret, secret[:PREFIX_LENGTH], digest(secret))


def digest(secret: str) -> str:
    """What to keep of a token: 64 hex digits. Enough without salt, as a token of ours is random, unlike a password."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def encrypt(text: str, *, keys: Sequence[str]) -> str:
    """`text` encrypted and authenticated under the first of `keys`, as ASCII."""
    return _fernet(tuple(keys)).encrypt(text.encode()).decode()


def decrypt(sealed: str, *, keys: Sequence[str]) -> str:
    """What `encrypt` sealed under any of `keys`. Raises Undecryptable."""
    try:
        return _fernet(tuple(keys)).decrypt(sealed.encode()).decode()
    except (InvalidToken, UnicodeError) as error:
        raise Undecryptable("None of the keys opens this secret.") from error


def reencrypt(sealed: str, *, keys: Sequence[str]) -> str:
    """The same secret under the first of `keys`, for replacing a key. Raises Undecryptable."""
    return encrypt(decrypt(sealed, keys=keys), keys=keys)


def sign(value: str, *, purpose: str, keys: Sequence[str], until: datetime | None = None) -> str:
    """`value` with a signature that holds for `purpose` only, until `until` (None: for ever), fit for a URL. Whoever
    has it can read the value."""
    body = f"{_encode(value.encode())}.{int(until.timestamp()) if until else ''}"
    return f"{body}.{_encode(_signature(body, purpose, keys[0]))}"


def unsign(signed: str, *, purpose: str, keys: Sequence[str], now: datetime) -> str:
    """The value that `sign` was given. Raises BadSignature, or Expired when it was ours."""
    body, _, signature = signed.rpartition(".")
    encoded, _, until = body.partition(".")
    try:
        given, value = _decode(signature), _decode(encoded).decode()
    except ValueError as error:
        raise BadSignature("This is not a signed value.") from error
    if not any(hmac.compare_digest(given, _signature(body, purpose, key)) for key in keys):
        raise BadSignature("The signature is not ours.")
    if until and now >= datetime.fromtimestamp(int(until), UTC):
        raise Expired("The signature has expired.")
    return value


def seal(value: str, *, purpose: str, keys: Sequence[str]) -> str:
    """A short signature beside `value`: 16 of a-z and 2-7, which survive a mail system that changes case."""
    return _sealed(value, purpose, keys[0])


def seal_holds(given: str, value: str, *, purpose: str, keys: Sequence[str]) -> bool:
    """Whether `seal` gave it, under any of `keys`; its case does not matter."""
    mine = given.lower().encode("utf-8", "surrogatepass")
    return any(hmac.compare_digest(mine, _sealed(value, purpose, key).encode()) for key in keys)


def _sealed(value: str, purpose: str, key: str) -> str:
    digest = hmac.digest(_derived(key, f"seal:{purpose}"), value.encode(), "sha256")
    return b32encode(digest[:_SEAL_BYTES]).decode().lower()


def _signature(body: str, purpose: str, key: str) -> bytes:
    return hmac.digest(_derived(key, f"sign:{purpose}"), body.encode(), "sha256")[:_SIGNATURE_BYTES]


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    decoded = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if _encode(decoded) != text:  # one spelling for one value
        raise ValueError("not plainly encoded")
    return decoded


@lru_cache(maxsize=64)
def _derived(key: str, purpose: str) -> bytes:
    if len(key) < MIN_KEY:
        raise ValueError(f"A key needs at least {MIN_KEY} characters.")
    return HKDF(SHA256(), length=32, salt=None, info=f"helpdesk:{purpose}".encode()).derive(key.encode())


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(urlsafe_b64encode(_derived(key, "encrypt"))) for key in keys])
