"""What must not go round: our own letters coming back, and machines that answer machines.

Automatic answers have caps of their own (notifications.follow), which hold when no header tells a machine apart. These
here end a loop at its first turn where there is a sign, and bound what one address can open where there is none.
"""

from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings

from accounts.models import User
from deliveries import references
from integrations.mail.headers import Headers
from integrations.mail.known import Known, own_forms, plain_address, sent_and_ours, written_id
from integrations.mail.letter import Letter
from tickets.models import Channel, Ticket

HOUR = timedelta(hours=1)
# Signs that it answers something, rather than being sent of itself (a report, a list).
ANSWERS = (
    "auto-submitted: auto-replied", "precedence: auto", "out of office", "x-autoreply", "x-auto-reply", "x-autorespon",
    "x-mail-autoreply",
)  # fmt: skip


def is_own(letter: Letter, headers: Headers, known: Known) -> str:
    """How we know that we sent it ourselves, in words; "" when we did not.

    By address and id, never by domain: agents write from the same domain as the desk.
    """
    if any(references.is_desk_name(value) for value in headers.unicode(references.DESK_HEADER.lower())):
        return "it carries our own name"
    written = written_id(letter)
    if references.read(written) or written in known.sent:
        return "its Message-ID is ours"
    ours = is_what_we_write_from(letter.author.addr) or not known.ours.isdisjoint(own_forms(letter))
    return f"{letter.author.addr} is our own address" if ours else ""


def is_our_address(address: str) -> bool:
    """A mailbox of ours, or what our letters come from, with a plus or without."""
    return is_what_we_write_from(address) or bool(sent_and_ours([], [address.lower(), plain_address(address)])[1])


def is_what_we_write_from(address: str) -> bool:
    plain = plain_address(address)
    return bool(plain) and plain == plain_address(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])


def is_answer(letter: Letter) -> bool:
    """A machine's answer to something, rather than what a machine sent of itself."""
    return bool(letter.in_reply_to) or is_auto_reply(letter)


def is_auto_reply(letter: Letter) -> bool:
    """A machine's answer by its own words (out of office), which monitoring never sends."""
    return any(sign.lower().startswith(ANSWERS) for sign in letter.automatic)


def opens_too_many(user: User, *, at: datetime) -> bool:
    """Whether this address opened as many tickets by mail within an hour as one may."""
    recent = Ticket.objects.filter(requester=user, channel=Channel.EMAIL, opened_at__gt=at - HOUR)
    return recent[: settings.MAIL_TICKETS_PER_SENDER].count() >= settings.MAIL_TICKETS_PER_SENDER
