"""Message ids, In-Reply-To and References."""

import re

from integrations.mail import limits
from integrations.mail.encoded import decode_words
from integrations.mail.headers import Headers

_ANGLE = re.compile(r"<([^<>]{1,10000})>")
_BLANKS = re.compile(r"\s+")


def message_id(headers: Headers) -> str:
    """The mail's own id without its angle brackets; "" when it has none."""
    for value in headers.unicode("message-id") or headers.unicode("resent-message-id"):
        if found := several(value):
            return found[0]
    return ""


def read(headers: Headers, name: str) -> tuple[str, ...]:
    """The ids of every header of that name, oldest first, each once."""
    return tuple(dict.fromkeys(found for value in headers.unicode(name) for found in several(value)))[-limits.IDS :]


def several(value: str) -> list[str]:
    """The ids in one header value. Without angle brackets, words with an @ in them count."""
    value = decode_words(value)
    found = [_BLANKS.sub("", match) for match in _ANGLE.findall(value)]
    if not found:
        found = [word for word in re.split(r"[\s,<>\"]+", value) if "@" in word]
        if not found and len(value.split()) == 1:
            found = [value.strip("<> \t")]
    return [one[: limits.ID_CHARACTERS] for one in found if one]
