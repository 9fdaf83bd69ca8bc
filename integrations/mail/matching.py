"""From a letter's clues to the ticket it belongs to, and how we know."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from deliveries.models import Delivery
from deliveries.references import Reference, Side
from integrations.mail.thread import Clue, How
from integrations.models import Mail
from lib.rows import ByKey
from tickets.models import Ticket

TICKET = ByKey(Ticket.objects.all, "pk", 1)
Step = list[str]  # [rule, verdict, detail]
LONGEST_OURS = 320  # of a Message-ID that we wrote


@dataclass(frozen=True, slots=True)
class Match:
    """`user` is whom our letter was written to, when we know; `internal`: it was about words that stay with the desk.
    `proven`: whoever wrote it has seen mail of the ticket, a guessed number would not do."""

    ticket: Ticket
    how: How
    user: int | None = None
    internal: bool = False

    @property
    def proven(self) -> bool:
        return self.how != How.SUBJECT


def match(clues: Sequence[Clue], mailbox: int | None, steps: list[Step]) -> Match | None:
    """The first clue that leads to a ticket; each that was asked is noted in `steps`."""
    for clue in clues:
        found = by_ids(clue.ids, mailbox) if clue.ids else by_number(clue)
        name = f"#{found.ticket.pk}" if found else f"#{clue.reference.ticket if clue.reference else clue.ticket}"
        if found is None:
            steps.append([clue.how, "no", "none of its ids is known" if clue.ids else f"{name} is gone"])
            continue
        steps.append([clue.how, "yes", name])
        return Match(found.ticket, found.how, found.user, found.internal or answers_internal(clues, found.ticket))
    if not clues:
        steps.append(["thread", "no", "it answers nothing and names no ticket"])
    return None


def by_number(clue: Clue) -> Match | None:
    """By a sealed reference, or by a number in the subject."""
    ticket = TICKET.find(clue.reference.ticket if clue.reference else clue.ticket)
    return Match(ticket, clue.how, clue.reference.user if clue.reference else None) if ticket else None


def by_ids(ids: Sequence[str], mailbox: int | None) -> Match | None:
    """By ids of mail that we sent (before references were sealed) or took, in their order. A mail that was taken in
    several mailboxes means the ticket of this one."""
    ours = [f"<{one}>" for one in ids if len(one) < LONGEST_OURS - 1]
    sent = {
        row.message_id.strip("<>"): row
        for row in Delivery.objects.filter(message_id__in=ours, ticket__isnull=False).select_related(
            "ticket", "event__message"
        )
    }
    digests = {digest(one): one for one in ids}
    taken = Mail.objects.filter(id_digest__in=digests, ticket__isnull=False).select_related("ticket")
    best_last = sorted(taken, key=lambda mail: (mail.mailbox_id == mailbox, -mail.pk))
    received = {digests[mail.id_digest]: mail.ticket for mail in best_last}
    for one in ids:
        if (row := sent.get(one)) and row.ticket:
            internal = bool(row.event and row.event.message and row.event.message.is_internal)
            return Match(row.ticket, How.KNOWN_ID, row.user_id, internal)
        if ticket := received.get(one):
            return Match(ticket, How.KNOWN_ID)
    return None


def answers_internal(clues: Sequence[Clue], ticket: Ticket) -> bool:
    """Any letter in its thread was about internal words: what answers those must never reach the requester."""
    sealed = [clue.reference for clue in clues if isinstance(clue.reference, Reference)]
    return any(one.side is Side.NOTE for one in sealed if one.ticket == ticket.pk)


def digest(message_id: str) -> str:
    """What is kept of a Message-ID to find it by; "" of none."""
    return sha256(message_id.encode("utf-8", "surrogatepass")).hexdigest() if message_id else ""
