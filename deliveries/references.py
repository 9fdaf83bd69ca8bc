"""Signed references: what a letter of ours carries so that its answer, or its return, finds the way back.

The contract between who writes letters (notifications, deliveries) and who reads mail (integrations.mail):

- A reference says *ticket*, *user* (whom the letter was written to) and *side*: ASKING for the requester and who is
  kept informed; DESK for people of the desk about what the requester wrote: an answer becomes a public reply; NOTE for
  people of the desk about anything else, a colleague's internal note above all: an answer becomes an internal note, as
  what answers internal words must never reach the requester. It is sealed (80 bits, SECRET_KEY).
- It travels in the Message-ID `<h.1042.77.random.seal@domain>`, which comes back in In-Reply-To and References; in the
  reply address `support+h.1042.77.seal@domain`; and in the text, below "Reference:" at its end.
- Letters of side DESK hang on none of side NOTE (In-Reply-To, References): a NOTE anywhere in the thread of an answer
  means that internal words may be quoted in it.
- A reference that holds proves that whoever sends it has seen a letter to that user. It proves nothing about who that
  is: the reader compares From with the ticket's people, and believes a person of the desk only with `dmarc=pass`.
- Bounces come back to `support+b.991.seal@domain` (the envelope's sender), which names the delivery.
- Our letters carry `X-Helpdesk-Desk`: one with our own name in it is our own letter coming back; another name is
  another desk's, whose letters are mail like any other.

Functions here know neither the database nor the network. Nothing raises on what strangers send.
"""

import re
import secrets
from email.utils import parseaddr
from enum import StrEnum
from typing import NamedTuple

from django.conf import settings

from lib import crypto

DESK_HEADER = "X-Helpdesk-Desk"
LONGEST_LOCAL_PART = 64  # RFC 5321 §4.5.3.1.1
READ = 100_000  # characters of a text that are searched
_PURPOSE = "mail reference"
_NUMBER = r"(\d{1,18})"
_REFERENCE = re.compile(
    rf"(?<![a-z0-9.])([hdn])\.{_NUMBER}\.{_NUMBER}\.(?:([0-9a-f]{{16}})\.)?([a-z2-7]{{16}})(?![a-z0-9])", re.IGNORECASE
)
_RETURN = re.compile(rf"(?<![a-z0-9.])b\.{_NUMBER}\.([a-z2-7]{{16}})(?![a-z0-9])", re.IGNORECASE)


class Side(StrEnum):
    """Whom the letter was written to. The letters that references begin with."""

    ASKING = "h"
    DESK = "d"
    NOTE = "n"


class Reference(NamedTuple):
    """`ticket` and `user` are primary keys; either may be of a row that is gone."""

    ticket: int
    user: int
    side: Side = Side.ASKING

    @property
    def to_desk(self) -> bool:
        """It was written to somebody of the desk."""
        return self.side is not Side.ASKING


def new_message_id(ticket: int, user: int, *, side: Side = Side.ASKING, domain: str = "") -> str:
    """A Message-ID, in angle brackets, of this domain (without one: of our own address)."""
    body = f"{side}.{ticket}.{user}.{secrets.token_hex(8)}"
    return f"<{body}.{_seal(body)}@{domain or own_domain()}>"


def mark(ticket: int, user: int, *, side: Side = Side.ASKING) -> str:
    """The reference as it stands in a letter's text and in its reply address."""
    body = f"{side}.{ticket}.{user}"
    return f"{body}.{_seal(body)}"


def reply_address(address: str, ticket: int, user: int, *, side: Side = Side.ASKING) -> str:
    """`address` of a mailbox with the reference after a plus; as it is where that is switched off or too long."""
    return _plus(address, mark(ticket, user, side=side)) if settings.MAIL_PLUS_ADDRESSES else address


def return_path(address: str, delivery: int) -> str:
    """The envelope's sender: where a bounce of this delivery comes back to."""
    body = f"b.{delivery}"
    return _plus(address, f"{body}.{_seal(body)}") if settings.MAIL_RETURN_PATHS else address


def read(text: str) -> Reference | None:
    """The first reference of ours in an id, an address or a text; None without one that holds."""
    return next(iter(read_all(text)), None)


def read_all(text: str) -> list[Reference]:
    """Every reference of ours in a text, in order, each once."""
    found = []
    for side, ticket, user, salt, given in _REFERENCE.findall(text[:READ]):
        side = side.lower()
        body = ".".join(filter(None, (side, ticket, user, salt.lower())))
        if crypto.seal_holds(given, body, purpose=_PURPOSE, keys=_keys()):
            found.append(Reference(int(ticket), int(user), Side(side)))
    return list(dict.fromkeys(found))


def read_return_path(address: str) -> int | None:
    """The primary key of the delivery that a bounce to this address is of; None when the address is not ours."""
    for number, given in _RETURN.findall(address[:1000]):
        if crypto.seal_holds(given, f"b.{number}", purpose=_PURPOSE, keys=_keys()):
            return int(number)
    return None


def desk_name() -> str:
    """What DESK_HEADER says: this installation, without saying anything about it."""
    return crypto.seal("desk", purpose=_PURPOSE, keys=_keys())


def is_desk_name(given: str) -> bool:
    """Whether a DESK_HEADER is our own."""
    return crypto.seal_holds(given.strip()[:100], "desk", purpose=_PURPOSE, keys=_keys())


def own_domain() -> str:
    """The domain of our own address."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "helpdesk.invalid"


def _seal(body: str) -> str:
    return crypto.seal(body, purpose=_PURPOSE, keys=_keys())


def _plus(address: str, tag: str) -> str:
    local, _, domain = address.rpartition("@")
    longer = f"{local}+{tag}"
    return f"{longer}@{domain}" if local and len(longer) <= LONGEST_LOCAL_PART else address


def _keys() -> list[str]:
    return [settings.SECRET_KEY, *(str(key) for key in settings.SECRET_KEY_FALLBACKS)]
