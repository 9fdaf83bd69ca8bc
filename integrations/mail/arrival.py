"""The mail under way: what a letter that answers it at once has to know before its row is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Arrival(NamedTuple):
    """`mailbox`: the primary key of the mailbox it came to. `message_id`: its own id without angle brackets, or ""."""

    mailbox: int | None
    message_id: str


_now: ContextVar[Arrival | None] = ContextVar("arrival", default=None)


@contextmanager
def arriving(*, mailbox: int | None, message_id: str) -> Iterator[None]:
    """Verbs called within are caused by this mail: what they tell the asking side answers it."""
    token = _now.set(Arrival(mailbox, message_id))
    try:
        yield
    finally:
        _now.reset(token)


def current() -> Arrival | None:
    """The mail that causes what happens; None when none does."""
    return _now.get()
