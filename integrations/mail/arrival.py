"""The mail under way: what a letter that answers it at once has to know before its row is written."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Arrival(NamedTuple):
    """`mailbox`: the primary key of the mailbox it came to. `message_id`: its own id without angle brackets, or ""."""

    mailbox: int | None
    message_id: str


_now: ContextVar[Callable[[int], Arrival | None] | None] = ContextVar("arrival", default=None)


@contextmanager
def arriving(*, mailbox: int | None, message_id: str) -> Iterator[None]:
    """Verbs called within are caused by this mail: what they tell the asking side answers it."""
    arrival = Arrival(mailbox, message_id)
    with _asking(lambda ticket: arrival):
        yield


@contextmanager
def arriving_together(mails: Mapping[int, Arrival]) -> Iterator[None]:
    """The same for several mails, by the numbers of the tickets that they open; filled as those become known."""
    with _asking(mails.get):
        yield


@contextmanager
def _asking(find: Callable[[int], Arrival | None]) -> Iterator[None]:
    token = _now.set(find)
    try:
        yield
    finally:
        _now.reset(token)


def current(ticket: int) -> Arrival | None:
    """The mail that causes what happens to this ticket; None when none does."""
    find = _now.get()
    return find(ticket) if find else None
