"""Access tokens for mailboxes at Microsoft 365 and Google (XOAUTH2), from a refresh token that an admin entered.

RFC 6749 §6: one plain request to the provider's own token address. A provider that answers with a new refresh token has
it kept. Access tokens live in this process's memory only.
"""

import http.client
import json
import re
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from integrations.mail import guard
from integrations.mail.guard import Step, Trouble, said
from integrations.models import Mailbox, SignIn

ANSWER_BYTES = 64 * 1024
SECONDS = 10.0
EARLY = 120.0  # seconds before its end at which a token is no longer used
MAX_LIFE = 3600.0
TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}")


@dataclass(frozen=True, slots=True)
class Grant:
    """What is sealed on a mailbox that signs in by XOAUTH2."""

    refresh_token: str
    client_secret: str = ""

    def packed(self) -> str:
        """As one secret."""
        return json.dumps({"refresh_token": self.refresh_token, "client_secret": self.client_secret})

    @classmethod
    def read(cls, packed: str) -> "Grant":
        """What `packed` made; anything else is a bare refresh token."""
        try:
            found = json.loads(packed)
            return cls(str(found["refresh_token"]), str(found.get("client_secret", "")))
        except (ValueError, KeyError, TypeError):
            return cls(packed)


_known: dict[tuple[int, str], tuple[str, float]] = {}
_lock = Lock()


def access_token(mailbox: Mailbox, packed: str) -> str:
    """A token that is good for two minutes at least. Raises Trouble at Step.SIGN_IN."""
    key = (mailbox.pk or 0, sha256(packed.encode()).hexdigest())
    with _lock:
        token, until = _known.get(key, ("", 0.0))
    if until > monotonic():
        return token
    grant = Grant.read(packed)
    told = ask(mailbox, grant)
    token, life = str(told["access_token"]), min(seconds(told.get("expires_in")), MAX_LIFE)
    renewed = told.get("refresh_token")
    if isinstance(renewed, str) and renewed and renewed != grant.refresh_token and mailbox.pk:
        packed = Grant(renewed, grant.client_secret).packed()
        before = mailbox.secret
        mailbox.seal(packed)
        Mailbox.objects.filter(pk=mailbox.pk, secret=before).update(secret=mailbox.secret)
        key = (mailbox.pk, sha256(packed.encode()).hexdigest())
    with _lock:
        for old in [known for known in _known if known[0] == key[0]]:
            del _known[old]
        _known[key] = (token, monotonic() + life - EARLY)
    return token


def seconds(told: object) -> float:
    """How long a token lives; an hour unless it is told."""
    return float(told) if isinstance(told, int | float) or (isinstance(told, str) and told.isdecimal()) else MAX_LIFE


def ask(mailbox: Mailbox, grant: Grant) -> dict[str, Any]:
    """The provider's answer, with an access token in it. Raises Trouble."""
    wanted = {
        "grant_type": "refresh_token",
        "client_id": mailbox.oauth_client,
        "refresh_token": grant.refresh_token,
    }
    if grant.client_secret:
        wanted["client_secret"] = grant.client_secret
    if mailbox.sign_in == SignIn.MICROSOFT:
        protocol = mailbox.protocol.upper().removesuffix("3")
        wanted["scope"] = f"https://outlook.office.com/{protocol}.AccessAsUser.All offline_access"
    status, told = post(token_url(mailbox), urlencode(wanted))
    if status == 200 and isinstance(told.get("access_token"), str):
        return told
    why = str(told.get("error_description") or told.get("error") or f"it answered {status}").splitlines()[0]
    raise Trouble(Step.SIGN_IN, f"{mailbox.get_sign_in_display()} gives no access token: {why.rstrip('.')[:300]}.")


def token_url(mailbox: Mailbox) -> str:
    """The provider's own address, never one that somebody entered. Raises Trouble."""
    tenant = mailbox.oauth_tenant or "common"
    if not TENANT.fullmatch(tenant):
        raise Trouble(Step.SIGN_IN, "The Microsoft tenant is a name or an id, without anything else.")
    return str(settings.MAIL_TOKEN_URLS[mailbox.sign_in].format(tenant=tenant))


def post(url: str, body: str) -> tuple[int, dict[str, Any]]:
    """One request, no redirects; (status, the JSON object of the answer or {}). Raises Trouble."""
    parts = urlsplit(url)
    host, plain = parts.hostname or "", parts.scheme == "http"
    connection = http.client.HTTPConnection(host, parts.port or (80 if plain else 443), timeout=SECONDS)
    connection.sock = guard.dial(host, connection.port, plain=plain)
    try:
        connection.sock.settimeout(SECONDS)
        if not plain:
            connection.sock = guard.wrap(connection.sock, host)
        form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        connection.request("POST", parts.path, body, form)
        answer = connection.getresponse()
        told = json.loads(answer.read(ANSWER_BYTES))
        return answer.status, told if isinstance(told, dict) else {}
    except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
        raise Trouble(
            Step.SIGN_IN, f"{host} gave no proper answer to the request for a token: {said(error)}."
        ) from error
    finally:
        connection.close()
