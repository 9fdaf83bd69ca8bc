"""Who wrote a letter, as far as a letter can tell, and what they may do on a ticket.

From is easily forged. So nobody acts for the desk unless our own receiving server vouches for their domain
(`dmarc=pass`), and whoever writes as a requester must at least have seen a letter of the ticket.
"""

from dataclasses import dataclass
from enum import StrEnum

from accounts.models import User
from integrations.mail.known import Known, sender_address
from integrations.mail.letter import Letter
from integrations.mail.matching import Match
from tickets.models import Ticket, TicketFollower

SEVERAL = "several senders"  # integrations.mail.authentication says so


class Standing(StrEnum):
    """What somebody is to a ticket."""

    DESK = "desk"
    ASKING = "asking"  # its requester, or somebody who is kept informed
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Sender:
    """`user` is known by the address already, or None. `proven`: our receiving server vouches for the domain of From;
    `refuted`: it says that somebody else wrote it."""

    address: str
    name: str
    user: User | None
    proven: bool
    refuted: bool


def sender_of(letter: Letter, known: Known) -> Sender:
    """Who it says it is from. Without a usable address, or with two, nobody can be believed."""
    author, single = letter.author, SEVERAL not in letter.spoof
    address = sender_address(author)
    return Sender(
        address=address,
        name=author.name[:200],
        user=known.owner_of(address),
        proven=single and letter.authentication.dmarc == "pass",
        refuted=not single or letter.authentication.dmarc == "fail",
    )


def standing(user: User | None, ticket: Ticket) -> Standing:
    """What this person is to the ticket, were they who they say."""
    if user is None or not user.is_active:
        return Standing.STRANGER
    if ticket.requester_id == user.pk:
        return Standing.ASKING
    if user.is_desk:  # also one who follows it: what they write is the desk's word
        return Standing.DESK if Ticket.objects.visible_to(user).filter(pk=ticket.pk).exists() else Standing.STRANGER
    copied = TicketFollower.objects.filter(ticket=ticket, user=user).exists()
    return Standing.ASKING if copied else Standing.STRANGER


def why_not(sender: Sender, found: Match) -> str:
    """Why this letter may not join the ticket by itself, in words; "" when it may."""
    place = standing(sender.user, found.ticket)
    if place == Standing.STRANGER:
        return f"{sender.address or 'its sender'} has no part in #{found.ticket.pk}"
    if place == Standing.DESK:
        return "" if sender.proven else "nobody acts for the desk by mail without dmarc=pass from our own server"
    if not found.proven and not sender.proven:
        return "a number in the subject proves nothing, and no server vouches for the sender"
    if sender.refuted and not (sender.user and found.user == sender.user.pk):
        return "our server says that somebody else wrote it (dmarc=fail, or several senders)"
    return ""
