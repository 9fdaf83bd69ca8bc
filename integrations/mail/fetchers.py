"""The threads that look after mailboxes: they wait at mail servers, so that no thread of the worker has to.

Each tick claims what is due and gives it a thread of its own; the tick itself is over at once. While few threads run, a
server that tells of new mail by itself (IMAP IDLE) is listened to; the last quarter is kept for those that only poll,
so that a hundred mailboxes all get their turn. The threads are daemons: a worker that stops or is killed just drops
them, the leases end, and the next worker finds the mailboxes due.
"""

import logging
from datetime import datetime
from threading import Lock, Thread

from django.db import connection

from integrations.mail import fetch
from integrations.models import Mailbox

log = logging.getLogger(__name__)

THREADS = 32
LISTENERS = 24
STAY = 600.0  # seconds of one connection; then it begins anew, with fresh settings and tokens


class Fetchers:
    """At most THREADS of one process."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.running = 0

    def start_due(self, now: datetime) -> int:
        """A thread for each due mailbox, as far as there are any left; answers how many it started."""
        with self.lock:
            free = THREADS - self.running
            mailboxes = fetch.claim(now, limit=free) if free > 0 else []
            for mailbox in mailboxes:
                self.running += 1
                stay = STAY if self.running <= LISTENERS else 0.0
                Thread(target=self.run, args=(mailbox, stay), daemon=True, name=f"mailbox-{mailbox.pk}").start()
        return len(mailboxes)

    def run(self, mailbox: Mailbox, stay: float) -> None:
        """One thread's life."""
        try:
            fetch.tend(mailbox, stay=stay)
        except Exception:  # a thread has nobody to tell; the lease ends and the next look tries again
            log.exception("mailbox %s", mailbox.pk)
        finally:
            connection.close()
            with self.lock:
                self.running -= 1


FETCHERS = Fetchers()
