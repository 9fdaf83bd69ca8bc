"""What an admin fills in for a channel of a kind: data, from which the settings form is built."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    """What a field takes."""

    TEXT = "text"
    URL = "url"  # https; http only to this machine
    PHONE = "phone"  # E.164
    CHOICE = "choice"
    LINES = "lines"  # some lines of text


@dataclass(frozen=True)
class Field:
    """One of them. A secret one is kept sealed and never shown again: left empty, it stays what it was."""

    name: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    shape: Shape = Shape.TEXT
    choices: tuple[tuple[str, str], ...] = ()


def nothing_wrong(given: Mapping[str, str]) -> dict[str, str]:
    """The check of a kind that needs none."""
    return {}


@dataclass(frozen=True)
class Description:
    """A kind of channel. `check` is given all values by name, secret ones too (the kept one where none was typed), and
    answers what is wrong, by field. `callbacks`: label and path (with {pk}) of each address that the provider calls.
    `address`: the label of whom a test message goes to, "" when the channel itself is the room. `senders`: (channel of
    the delivery, label) of each way it sends; none: its kind is the one. `makes`: the name of a secret that the desk
    makes itself and shows once."""

    summary: str
    fields: tuple[Field, ...]
    check: Callable[[Mapping[str, str]], dict[str, str]] = nothing_wrong
    callbacks: tuple[tuple[str, str], ...] = ()
    address: str = ""
    address_help: str = ""
    senders: tuple[tuple[str, str], ...] = ()
    makes: str = ""

    @property
    def secrets(self) -> frozenset[str]:
        return frozenset(field.name for field in self.fields if field.secret)
