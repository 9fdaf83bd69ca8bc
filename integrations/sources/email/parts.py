"""A letter as the reader of mail takes it. Pure."""

from typing import Any

from integrations.mail.charsets import clean
from integrations.mail.letter import Letter

MAX_TEXT = 100_000  # characters


def parts_of(letter: Letter) -> dict[str, Any]:
    """What `read` reads: `subject`, `from`, `date`, `text`, `html`, `dmarc`."""
    return {
        "subject": clean(letter.subject),
        "from": clean(letter.author.addr),
        "date": letter.date.isoformat() if letter.date else "",
        "text": clean(letter.text[:MAX_TEXT]),
        "html": clean(letter.html[:MAX_TEXT]),
        "dmarc": letter.authentication.dmarc,
    }
