"""Mail for the tests beside this file: written in a few words, put through the real intake, as a worker would do it."""

from datetime import datetime

from deliveries.models import Delivery
from deliveries.senders.email import as_bytes
from integrations import inbound
from integrations.mail import headers, identifiers, intake
from integrations.models import Inbound, Mail, Mailbox
from tests.make import T0
from tickets.models import Ticket

SERVER = "mx.desk.example"
PROVEN = f"Authentication-Results: {SERVER}; dmarc=pass header.from=people.example"
REFUTED = f"Authentication-Results: {SERVER}; dmarc=fail header.from=people.example"


def mail(
    body: str | bytes = "It does not work.\n",
    *lines: str,
    sender: str = "Cora <cora@acme.example>",
    to: str = "support@desk.example",
    subject: str = "Checkout fails",
    kind: str = "text/plain; charset=utf-8",
) -> bytes:
    """A mail with these further header lines; its id is made of what it says, unless a line says it."""
    if not any(line.lower().startswith("message-id:") for line in lines):
        lines = (f"Message-ID: <{abs(hash((body, lines, sender, subject)))}@customer.example>", *lines)
    head = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", *lines, f"Content-Type: {kind}"]
    return "\n".join(head).encode() + b"\n\n" + (body.encode() if isinstance(body, str) else body)


def letter_to(ticket: Ticket, address: str) -> Delivery:
    """The newest letter that the desk wrote about a ticket to this address."""
    found = Delivery.objects.filter(ticket=ticket, address=address).order_by("-pk").first()
    assert found is not None, f"nothing was written to {address} about #{ticket.pk}"
    return found


def answering(delivery: Delivery) -> str:
    """The header line of an answer to a letter of ours."""
    return f"In-Reply-To: {delivery.message_id}"


def arrives(mailbox: Mailbox, raw: bytes, at: datetime = T0) -> Mail:
    """Store it and let the worker make of it what it says; -> what it noted."""
    row, _ = intake.store(mailbox, raw, at)
    return worked(row, at)


def worked(row: Inbound, at: datetime = T0) -> Mail:
    """What a worker makes of a stored mail."""
    inbound.claim(at, batch=20)
    row.refresh_from_db()
    inbound.interpret(row, now=at)
    row.refresh_from_db()
    assert row.state in ("done", "ignored"), f"{row.state}: {row.reason}"
    return Mail.objects.get(inbound=row)


def sent(delivery: Delivery) -> bytes:
    """The bytes of a letter of ours."""
    return as_bytes(delivery)


def id_of(raw: bytes) -> str:
    return identifiers.message_id(headers.read(raw)[0])
