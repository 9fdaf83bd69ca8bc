"""What was stored, as the reader of its source takes it."""

from typing import Any

from integrations.mail import receive
from integrations.mail.charsets import clean
from integrations.mail.letter import Letter
from integrations.models import Door, Inbound
from integrations.reading import load

MAX_TEXT = 100_000  # characters


def body_of(inbound: Inbound) -> object:
    """A body as it was sent; of a mail its parts. Raises integrations.reading.Unreadable."""
    raw = bytes(inbound.raw)
    return parts_of(receive.read_letter(raw, inbound.mailbox)[0]) if inbound.door == Door.MAIL else load(raw)


def parts_of(letter: Letter) -> dict[str, Any]:
    """What `integrations.sources.email` reads."""
    text = clean(letter.text[:MAX_TEXT])
    return {
        "subject": clean(letter.subject),
        "from": clean(letter.author.addr),
        "date": letter.date.isoformat() if letter.date else "",
        "text": text,
        "html": clean(letter.html[:MAX_TEXT]),
        "dmarc": letter.authentication.dmarc,
    }
