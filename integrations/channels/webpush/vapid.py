"""Who the desk is to push services: its key pair, and the signed word that goes with each push (RFC 8292)."""

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02

from integrations.models import PushKey
from integrations.models.mailbox import keys
from lib import crypto

HOLDS = timedelta(hours=12)  # RFC 8292 allows 24


def key() -> PushKey:
    """The desk's pair, made when it is asked for the first time. Of two that ask at once, both get the first one's."""
    found = PushKey.objects.filter(pk=PushKey.ROW).first()
    if found is None:
        PushKey.objects.bulk_create([_new()], ignore_conflicts=True)
        found = PushKey.objects.get(pk=PushKey.ROW)
    return found


def authorization(audience: str, *, now: datetime) -> str:
    """The header's value for a push service (its origin). Raises lib.crypto.Undecryptable."""
    private = Vapid02.from_pem(crypto.decrypt(key().sealed, keys=keys()).encode())
    claims = {"aud": audience, "exp": int((now + HOLDS).timestamp()), "sub": contact()}
    return str(private.sign(claims)["Authorization"])


def contact() -> str:
    """Whom a push service may write to: the desk's own address."""
    if urlsplit(settings.BASE_URL).scheme == "https":
        return str(settings.BASE_URL)
    return f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1] or 'desk@helpdesk.example'}"


def _new() -> PushKey:
    made = Vapid02()
    made.generate_keys()
    public = made.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return PushKey(
        pk=PushKey.ROW,
        sealed=crypto.encrypt(made.private_pem().decode(), keys=keys()),
        public=urlsafe_b64encode(public).rstrip(b"=").decode(),
    )
