"""The threads that look after mailboxes: they wait at mail servers, so that no thread of the worker has to.

Each tick claims what is due and gives it a thread of its own. While few threads run, a server that tells of new mail by
itself (IMAP IDLE) is listened to; the last quarter is kept for those that only poll, so that a hundred mailboxes all
get their turn.
"""

from datetime import datetime

from integrations.mail import fetch
from integrations.models import Mailbox
from lib.crew import Crew

THREADS = 32
LISTENERS = 24
STAY = 600.0  # seconds of one connection; then it begins anew, with fresh settings and tokens


class Fetchers(Crew):
    """At most THREADS of one process."""

    def __init__(self) -> None:
        super().__init__("mailbox", limit=THREADS)

    def start_due(self, now: datetime) -> int:
        """A thread for each due mailbox, as far as there are any left; answers how many it started."""
        return self.start(lambda free: fetch.claim(now, limit=free), tend)


def tend(mailbox: Mailbox, place: int) -> None:
    """One thread's life."""
    fetch.tend(mailbox, stay=STAY if place <= LISTENERS else 0.0)


FETCHERS = Fetchers()
