"""What was stored, as the reader of its source takes it."""

from integrations.mail import receive
from integrations.models import Door, Inbound
from integrations.reading import load
from integrations.sources.email.parts import parts_of


def body_of(inbound: Inbound) -> object:
    """A body as it was sent; of a mail its parts. Raises integrations.reading.Unreadable."""
    raw = bytes(inbound.raw)
    return parts_of(receive.read_letter(raw, inbound.mailbox)[0]) if inbound.door == Door.MAIL else load(raw)
