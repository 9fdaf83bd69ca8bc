"""What fetching asks of a mail server, whichever protocol it speaks."""

import imaplib
import poplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from imap_tools import ImapToolsError

from integrations.mail.guard import Step, Trouble, said
from integrations.models import Mailbox, Security
from lib import crypto

BATCH = 50  # mails between two saves of the cursor
HEAD_BYTES = 64 * 1024  # kept of a mail that is too large
FAILURES = (OSError, EOFError, ValueError, imaplib.IMAP4.error, poplib.error_proto, ImapToolsError)


@dataclass(frozen=True, slots=True)
class Item:
    """A mail that waits at the server. `size` in bytes as the server says; `received_at` None when it does not say."""

    key: str
    size: int
    received_at: datetime | None = None


class Server(Protocol):
    """A mailbox, open. `cursor` is what is remembered between two looks; whoever fetches keeps it."""

    cursor: dict[str, Any]
    waits: bool  # tells of new mail by itself
    about: str  # for the test of a connection

    def waiting(self) -> list[Item]:
        """The next mails to take, oldest first, at most BATCH."""

    def read(self, item: Item, *, limit: int) -> bytes | None:
        """Its bytes; None when it is gone. Raises one of FAILURES, also when there are more than `limit`."""

    def head(self, item: Item) -> bytes:
        """The beginning of it."""

    def mark(self, kept: Sequence[Item]) -> None:
        """These are committed here: mark them there as read, or delete them."""

    def advance(self, over: Sequence[Item]) -> None:
        """Never list these again. Changes `cursor` only."""

    def wait(self, seconds: float) -> None:
        """Come back when there is new mail, or after `seconds`."""

    def close(self) -> None:
        """Say good-bye; never raises."""


@contextmanager
def at(step: Step) -> Iterator[None]:
    """What fails in here failed at this step."""
    try:
        yield
    except FAILURES as error:
        raise Trouble(step, f"{words_of(step)}: {said(error)}.") from error


def words_of(step: Step) -> str:
    """How a failure of a step begins."""
    return {
        Step.SIGN_IN: "The server refused the sign-in",
        Step.FOLDER: "The folder cannot be opened",
        Step.TLS: "TLS could not be started",
        Step.CONNECT: "The server did not greet us",
    }.get(step, "The server stopped in the middle")


def port_of(mailbox: Mailbox) -> int:
    """The port given, or the protocol's own."""
    usual = {"imap": (143, 993), "pop3": (110, 995)}[mailbox.protocol]
    return mailbox.port or usual[mailbox.security == Security.TLS]


def secret_of(mailbox: Mailbox) -> str:
    """Its password or refresh token. Raises Trouble."""
    try:
        secret = mailbox.open_secret()
    except crypto.Undecryptable as error:
        raise Trouble(Step.SIGN_IN, "Its password was sealed with another SECRET_KEY. Enter it again.") from error
    if not secret:
        raise Trouble(Step.SIGN_IN, "No password is kept for it. Enter one.")
    return secret
