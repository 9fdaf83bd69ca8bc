"""Where a letter says it belongs: clues, the strongest first. Pure; whether they lead anywhere is asked elsewhere.

The order is what each is worth: a reference that we sealed; an id that only somebody who has the mail can know; our
mark in the quoted text; and a ticket's number in the subject, which anybody can guess and which proves nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from integrations.mail.letter import Letter

_NUMBER = re.compile(r"\[#(\d{1,18})\]")
LOOKED_UP = 50  # ids of one letter; threads of strangers may carry hundreds


class Sealed(Protocol):
    """A reference of ours (deliveries.references): the ticket and the person a letter was written to."""

    @property
    def ticket(self) -> int: ...
    @property
    def user(self) -> int: ...


class How(StrEnum):
    """What led to a ticket."""

    ANSWERED_ID = "answered id"  # our sealed Message-ID in In-Reply-To
    ADDRESS = "reply address"
    EARLIER_ID = "earlier id"  # our sealed Message-ID in References
    KNOWN_ID = "known id"  # any other mail of the ticket, sent or received, that this one answers
    MARK = "mark in the text"
    SUBJECT = "number in subject"


@dataclass(frozen=True, slots=True)
class Clue:
    """`reference` is sealed by us; `ids` are to be looked up, best first; `ticket` is a number and no more."""

    how: How
    reference: Sealed | None = None
    ids: tuple[str, ...] = ()
    ticket: int = 0


def clues(letter: Letter, read: Callable[[str], Iterable[Sealed]]) -> list[Clue]:
    """Every clue of a letter, the strongest first. `read` finds the references of ours in a text."""
    return list(_clues(letter, read))


def _clues(letter: Letter, read: Callable[[str], Iterable[Sealed]]) -> Iterator[Clue]:
    answered, earlier = letter.in_reply_to[::-1], letter.references[::-1]
    for how, ids in ((How.ANSWERED_ID, answered[:LOOKED_UP]), (How.EARLIER_ID, earlier[:LOOKED_UP])):
        for one in ids:
            yield from (Clue(how, reference) for reference in read(one))
        if how == How.ANSWERED_ID:
            for address in (*letter.delivered_to, *letter.to, *letter.cc):
                yield from (Clue(How.ADDRESS, reference) for reference in read(address.addr))
    if ids := tuple(dict.fromkeys((*answered, *earlier)))[:LOOKED_UP]:
        yield Clue(How.KNOWN_ID, ids=ids)
    for reference in read(letter.text):
        yield Clue(How.MARK, reference)
    for number in _NUMBER.findall(letter.subject):
        yield Clue(How.SUBJECT, ticket=int(number))
