"""What providers call us back with: verified by their signature, and read into one plain value. Pure.

Whose signature does not hold is told nothing. What a value means for a page is decided above.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl

from integrations.reading import Unreadable

FIELDS = 200  # of a posted form
Kind = Literal["acknowledge", "resolve", "stop", "start", "delivered", "failed", "asked", "nothing"]


class Unverified(Exception):
    """It is not from the provider, or too old to be told from a copy."""


@dataclass(frozen=True)
class Said:
    """One callback. Which fields are set depends on how the person answered: with a code (and from which number), with
    a button (who, under which page, in which conversation), or in a call (of which delivery)."""

    kind: Kind
    token: str = ""
    code: str = ""
    address: str = ""
    user_key: str = ""
    text: str = ""
    delivery: int | None = None
    page: int | None = None
    conversation: str = ""
    answer: str = ""  # what to say back where nothing has to be decided


def form_of(raw: bytes) -> dict[str, str]:
    """The fields of a posted form; of a name that comes twice, the first. Raises Unreadable."""
    found: dict[str, str] = {}
    for name, value in pairs_of(raw):
        found.setdefault(name, value)
    return found


def pairs_of(raw: bytes) -> list[tuple[str, str]]:
    """The fields of a posted form, in order. Raises Unreadable."""
    try:
        return parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS, errors="replace")
    except ValueError as error:
        raise Unreadable("The body is no form.") from error


def object_of(value: object) -> Mapping[str, object]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def number_of(value: object) -> int | None:
    """A key of ours, as a text of digits."""
    text = value if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def text_of(value: object, limit: int = 200) -> str:
    """The value if it is a text that the database takes."""
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode().replace("\0", "")[:limit]
