"""Fetching: which mailboxes are due, who looks after one, and that nothing is marked as read before it is ours.

A mailbox is claimed by a lease in `next_fetch_at`, which is at once the proof of it: every write names the lease, so
whoever lost it changes nothing more. Mails are committed one by one; then the server is told; then the cursor is kept.
Killed anywhere in between, the next look lists some of them again and finds their rows.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.db import DatabaseError, DataError, InterfaceError, connection, transaction
from django.utils import timezone

from integrations.mail import intake
from integrations.mail.guard import Step, Trouble, said
from integrations.mail.imap import Imap
from integrations.mail.pop3 import Pop3
from integrations.mail.server import FAILURES, HEAD_BYTES, Item, Server
from integrations.models import Mailbox, Protocol

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=15)
LEASE = timedelta(seconds=60)
SLOWEST = 50_000  # bytes a second that a server must at least deliver for a large mail to be waited for
LISTEN = 20.0  # seconds of one IDLE
TRIES = 3  # for one mail that the server does not hand over
LONGEST_WAIT = timedelta(minutes=10)
AFTER_REFUSAL = timedelta(minutes=2)  # refused sign-ins lock accounts
OPENED_BY: dict[str, Callable[[Mailbox], Server]] = {Protocol.IMAP: Imap, Protocol.POP3: Pop3}


class Overtaken(Exception):
    """Somebody else has the mailbox now, or it was changed."""


def claim(now: datetime, *, limit: int) -> list[Mailbox]:
    """Take up to `limit` due mailboxes for LEASE; nobody else gets them meanwhile."""
    with transaction.atomic():
        due = Mailbox.objects.filter(next_fetch_at__lte=now, is_active=True, protocol__in=OPENED_BY)
        mailboxes = list(due.order_by("next_fetch_at").select_for_update(skip_locked=True, of=("self",))[:limit])
        for mailbox in mailboxes:
            mailbox.next_fetch_at = now + LEASE
        Mailbox.objects.filter(pk__in=[mailbox.pk for mailbox in mailboxes]).update(next_fetch_at=now + LEASE)
    return mailboxes


def fetch_due(now: datetime) -> int:
    """Look once into every due mailbox, one after the other; answers how many."""
    mailboxes = claim(now, limit=100)
    for mailbox in mailboxes:
        tend(mailbox)
    return len(mailboxes)


def tend(mailbox: Mailbox, *, stay: float = 0.0) -> None:
    """Fetch what is new from a claimed mailbox. Where the server tells of new mail by itself, stay connected for `stay`
    seconds and fetch it as it comes. Never raises but for the database."""
    until = monotonic() + stay
    try:
        with closing(OPENED_BY[mailbox.protocol](mailbox)) as server:
            look(mailbox, server)
            while server.waits and monotonic() < until and heard(server):
                look(mailbox, server)
        hold(mailbox, timezone.now(), EVERY)
    except Overtaken:
        log.info("mailbox %s is fetched by somebody else", mailbox.pk)
    except Trouble as trouble:
        fail(mailbox, trouble, at=timezone.now())
    except FAILURES as error:
        fail(mailbox, Trouble(Step.FETCH, f"The server stopped in the middle: {said(error)}."), at=timezone.now())
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:  # whatever an odd server makes us stumble over, its page must say so
        log.exception("mailbox %s", mailbox.pk)
        words = f"The desk did not understand the server: {type(error).__name__}, {said(error)}."
        fail(mailbox, Trouble(Step.FETCH, words), at=timezone.now())


def heard(server: Server) -> bool:
    """Wait for news; False when the server hung up, as servers do: the next look connects again."""
    if not connection.in_atomic_block:
        connection.close()  # nobody else's while we listen
    try:
        server.wait(LISTEN)
    except FAILURES:
        return False
    return True


def look(mailbox: Mailbox, server: Server) -> None:
    """Take all that is new, batch by batch."""
    hold(mailbox, timezone.now(), LEASE)
    while items := server.waiting():
        take_batch(mailbox, server, items)
    now = timezone.now()
    hold(mailbox, now, LEASE, cursor=server.cursor, fetched_at=now, failing_since=None, error="")


def take_batch(mailbox: Mailbox, server: Server, items: Sequence[Item]) -> None:
    """Commit each, then tell the server, then keep the cursor; also when one of them ends the connection."""
    over: list[Item] = []
    kept: list[Item] = []
    try:
        for item in items:
            needed, now = timedelta(seconds=30 + item.size // SLOWEST), timezone.now()
            if mailbox.next_fetch_at is None or mailbox.next_fetch_at < now + needed:
                hold(mailbox, now, LEASE + needed)
            if taken := take(mailbox, server, item):
                kept.append(taken)
            over.append(item)
    except (*FAILURES, DataError) as error:
        finish(mailbox, server, kept, over)
        give_up_on(mailbox, server, items[len(over)], error)
        raise
    finish(mailbox, server, kept, over)


def finish(mailbox: Mailbox, server: Server, kept: Sequence[Item], over: Sequence[Item]) -> None:
    """What is committed is marked at the server; if that fails it is still ours, and is not taken again."""
    try:
        server.mark(kept)
    except FAILURES as error:
        log.warning("mailbox %s: mail could not be marked as read: %s", mailbox.pk, said(error))
    fresh = "first_top" not in server.cursor
    server.advance(over)
    now = timezone.now()
    newest = max((item.received_at for item in kept if item.received_at), default=None)
    told = {"newest_at": newest} if newest else {}
    lag = {"lag_seconds": max((now - newest).total_seconds(), 0.0)} if newest and fresh else {}
    hold(mailbox, now, LEASE, cursor=server.cursor, **told, **lag)


def take(mailbox: Mailbox, server: Server, item: Item) -> Item | None:
    """Commit one mail; None when it stays at the server: too large (a row says so), or gone meanwhile."""
    limit, via = settings.MAIL_MAX_BYTES, mailbox.protocol
    # Some servers count line ends as one: more than it said is read, but never much more.
    raw = server.head(item) if item.size > limit else server.read(item, limit=max(item.size, 1024) * 2)
    if raw is None:
        return None
    size = max(item.size, len(raw))
    if size > limit:
        why = f"{intake.too_large(size, limit)} It is still at the mail server, unread."
        intake.store_unfit(mailbox, raw[:HEAD_BYTES], timezone.now(), why=why, size=size, via=via)
        return None
    intake.store(mailbox, raw, timezone.now(), via=via)
    return item if item.received_at else replace(item, received_at=intake.handed_over_at(raw))


def give_up_on(mailbox: Mailbox, server: Server, item: Item, error: Exception) -> None:
    """Count a mail that the server does not hand over. After TRIES a row says so and the mailbox goes on without it."""
    before, tries = server.cursor.get("stuck", ["", 0])
    tries = tries + 1 if before == item.key else 1
    server.cursor["stuck"] = [item.key, tries]
    if tries >= TRIES:
        why = f"The mail server did not hand it over in {TRIES} tries ({said(error)}). It is still there, unread."
        intake.store_unfit(
            mailbox, f"({item.key})".encode(), timezone.now(), why=why, size=item.size, via=mailbox.protocol
        )
        server.advance([item])
        del server.cursor["stuck"]
    hold(mailbox, timezone.now(), LEASE, cursor=server.cursor)


def hold(mailbox: Mailbox, now: datetime, lease: timedelta, **facts: object) -> None:
    """Write facts and a new time, if the mailbox is still ours. Raises Overtaken."""
    mine = Mailbox.objects.filter(pk=mailbox.pk, next_fetch_at=mailbox.next_fetch_at)
    if not mine.update(next_fetch_at=now + lease, **facts):
        raise Overtaken
    mailbox.next_fetch_at = now + lease
    for name, value in facts.items():
        setattr(mailbox, name, value)


def fail(mailbox: Mailbox, trouble: Trouble, *, at: datetime) -> None:
    """Keep what went wrong and wait, the longer the longer it has been going on."""
    since = mailbox.failing_since or at
    wait = min(max((at - since) / 2, EVERY), LONGEST_WAIT)
    if trouble.step == Step.SIGN_IN:
        wait = max(wait, AFTER_REFUSAL)
    log.info("mailbox %s: %s: %s", mailbox.pk, trouble.step, trouble.words)
    try:
        hold(mailbox, at, wait, failing_since=since, error=f"{trouble.step}: {trouble.words}")
    except Overtaken:
        log.info("mailbox %s was changed meanwhile", mailbox.pk)
