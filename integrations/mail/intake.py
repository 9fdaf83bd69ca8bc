"""The door of mail: its bytes become a row before anything is made of them, one row for each mail and mailbox."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.template.defaultfilters import filesizeformat

from integrations.mail import addresses, alerting, headers, identifiers, receive
from integrations.models import Door, Inbound, Mailbox, State
from integrations.models.source import PAUSED as SOURCE_PAUSED
from lib.rows import ByKey
from tickets.errors import Refused

PAUSED = "The mailbox is paused. Replay it once the mailbox accepts mail again."
MAILBOXES = ByKey(lambda: Mailbox.objects.select_related("team", "site__fallback_team"), "pk", 1)
MAX_SIZE = 2**31 - 1  # that the column holds
NOT_TAKEN = "not-taken"  # among a row's headers: why it can never be interpreted


def store(
    mailbox: Mailbox, raw: bytes, at: datetime, *, via: str = "", remote_ip: str | None = None
) -> tuple[Inbound, bool]:
    """Keep a mail: (its row, True), or (the row of the same mail that came before, False).

    The same: the same Message-ID in the same mailbox or, without one, the same bytes. Outside a transaction it is
    committed when this returns. What came to a paused mailbox or source waits for a replay.
    """
    head, _ = headers.read(raw)
    known = identifiers.message_id(head)
    source = alerting.source_for(mailbox, head)
    paused = PAUSED if not mailbox.is_active else SOURCE_PAUSED if source and not source.is_active else ""
    row = row_of(mailbox, raw, head, at, via=via, remote_ip=remote_ip)
    row.source, row.size = source, len(raw)
    row.submission = key_of(mailbox, f"id:{known}" if known else f"raw:{sha256(raw).hexdigest()}")
    row.state, row.reason = (State.IGNORED, paused) if paused else (State.PENDING, "")
    row.next_try_at = None if paused else at
    return keep(row)


def store_unfit(
    mailbox: Mailbox,
    raw: bytes,
    at: datetime,
    *,
    why: str,
    size: int = 0,
    via: str = "",
    state: str = State.FAILED,
    remote_ip: str | None = None,
) -> tuple[Inbound, bool]:
    """A row that says why something is not taken, with what there is of it. It never counts as the mail itself, so the
    whole mail may still come another way."""
    head, _ = headers.read(raw)
    row = row_of(mailbox, raw, head, at, via=via, remote_ip=remote_ip)
    row.size = min(size or len(raw), MAX_SIZE)
    row.submission = key_of(mailbox, f"unfit:{size}:{sha256(raw).hexdigest()}")
    row.state, row.reason = state, why
    row.headers[NOT_TAKEN] = why
    return keep(row)


def too_large(size: int, limit: int) -> str:
    """Why a mail is not taken, in words."""
    return f"The mail has {filesizeformat(size)}; at most {filesizeformat(limit)} are taken (MAIL_MAX_BYTES)."


def take(inbound: Inbound, *, at: datetime) -> None:
    """Make of a stored mail what it says. Raises Refused."""
    if why := inbound.headers.get(NOT_TAKEN):
        raise Refused(why)
    receive.take(inbound, at=at, by=alerting.interpret if inbound.source_id else None)


def give_mailboxes(inbounds: Sequence[Inbound]) -> None:
    """Each row's mailbox with its team and site: one statement for all of them."""
    boxes = {box.pk: box for box in MAILBOXES.among(row.mailbox_id for row in inbounds if row.mailbox_id)}
    for row in inbounds:
        row.mailbox = boxes.get(row.mailbox_id) if row.mailbox_id else None


def is_plain(inbound: Inbound) -> bool:
    """Mail that others may be taken with: no alert, not failed before, not kept as something that is not taken."""
    return inbound.source_id is None and inbound.attempts < receive.TWICE and NOT_TAKEN not in inbound.headers


def row_of(
    mailbox: Mailbox, raw: bytes, head: headers.Headers, at: datetime, *, via: str, remote_ip: str | None
) -> Inbound:
    """An unsaved row with what its headers say at a glance."""
    senders = addresses.read(head, "from")
    told = {"subject": head.text("subject")[:300], "message-id": head.text("message-id")[:300]}
    return Inbound(
        door=Door.MAIL,
        mailbox=mailbox,
        path=via,
        raw=raw,
        content_type="message/rfc822",
        headers={name: clean(value) for name, value in told.items() if value},
        remote_ip=remote_ip,
        sender=clean(senders[0].addr)[:254] if senders else "",
        received_at=at,
    )


def key_of(mailbox: Mailbox, identity: str) -> str:
    """What makes two copies one row."""
    return sha256(f"mail:{mailbox.pk}:{identity}".encode("utf-8", "surrogatepass")).hexdigest()


def keep(row: Inbound) -> tuple[Inbound, bool]:
    """Save it, unless it is there already."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
        return row, True
    except IntegrityError:
        return Inbound.objects.defer("raw").get(submission=row.submission), False


def clean(text: str) -> str:
    """Text that the database takes."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def handed_over_at(raw: bytes) -> datetime | None:
    """When the receiving server says it took a mail: the date of the topmost Received header."""
    head, _ = headers.read(raw[: 64 * 1024])
    for value in head.unicode("received")[:1]:
        try:
            read = parsedate_to_datetime(value.rpartition(";")[2].strip())
        except (TypeError, ValueError, IndexError, OverflowError):
            return None
        return read if read.tzinfo else read.replace(tzinfo=UTC)
    return None
