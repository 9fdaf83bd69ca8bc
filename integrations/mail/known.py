"""What the database says about addresses and ids that letters carry: asked once, however many letters there are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import connection

from accounts.actions.people import BY_ADDRESS, OTHER_ADDRESS
from accounts.models import User
from integrations.mail.letter import Address, Letter
from integrations.mail.matching import LONGEST_OURS

LONGEST_ADDRESS = 254
COPIED = 20  # addresses of To and Cc that are looked up


@dataclass(frozen=True, slots=True)
class Known:
    """`users` by their own addresses, `others` by further ones that they confirmed. `sent`: those of the letters' ids,
    in angle brackets, that are of mail of ours. `ours`: those of their senders' addresses that are our mailboxes'."""

    users: dict[str, User] = field(default_factory=dict)
    others: dict[str, User] = field(default_factory=dict)
    sent: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()

    def owner_of(self, address: str) -> User | None:
        return self.users.get(address) or self.others.get(address)


def known_of(letters: Sequence[Letter]) -> Known:
    """Three statements at most."""
    senders = [address for letter in letters if (address := sender_address(letter.author))]
    copies = (address for letter in letters for address in copied_addresses(letter))
    users = {user.email: user for user in BY_ADDRESS.among([*senders, *copies])}
    others = {
        row.email: row.user for row in OTHER_ADDRESS.among(address for address in senders if address not in users)
    }
    sent, ours = sent_and_ours(map(written_id, letters), (one for letter in letters for one in own_forms(letter)))
    return Known(users, others, sent, ours)


def sender_address(author: Address) -> str:
    """The address to know somebody by, in lower case; "" when it is none that can be used."""
    usable = bool(author.domain) and len(author.addr) <= LONGEST_ADDRESS and author.addr.isprintable()
    return author.addr.strip().lower() if usable else ""


def copied_addresses(letter: Letter) -> Iterator[str]:
    """Of To and Cc, in lower case."""
    return (one.addr.lower() for one in (*letter.cc, *letter.to)[:COPIED] if one.domain)


def written_id(letter: Letter) -> str:
    """The letter's id as ours are kept."""
    return f"<{letter.message_id}>"[:LONGEST_OURS]


def own_forms(letter: Letter) -> tuple[str, str]:
    """The author's address as a mailbox of ours may have it."""
    return letter.author.addr.lower(), plain_address(letter.author.addr)


def plain_address(address: str) -> str:
    """Without what stands after a plus, in lower case."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" if local else ""


def sent_and_ours(ids: Iterable[str], addresses: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """(those of these ids that are of mail we sent, those of these lower-cased addresses that are our mailboxes')."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT true, message_id FROM deliveries_delivery WHERE message_id = ANY(%s) UNION ALL"
            " SELECT false, lower(address) FROM integrations_mailbox WHERE lower(address) = ANY(%s)",
            [list(dict.fromkeys(ids)), list(dict.fromkeys(addresses))],
        )
        found = cursor.fetchall()
    return frozenset(one for sent, one in found if sent), frozenset(one for sent, one in found if not sent)
