"""kill -9 in the middle of fetching: nothing is lost, nothing is there twice; and listening, in threads of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from integrations.mail import fetch, fetchers
from integrations.mail.fetchers import Fetchers
from integrations.models import Inbound, Mailbox
from tests.mail.conftest import letter, mailbox_at

pytestmark = pytest.mark.django_db(transaction=True)

# One look into every due mailbox, as of `ahead` seconds from now (a lease that has run out).
WORKER = """
import sys, datetime, django
django.setup()
from django.utils import timezone
from integrations.mail.fetch import fetch_due
print("ready", flush=True)
sys.stdin.readline()
fetch_due(timezone.now() + datetime.timedelta(seconds=float(sys.argv[1])))
"""
AFTER = fetch.LEASE.total_seconds() + 60


@contextmanager
def worker(*, ahead: float = 0) -> Iterator["subprocess.Popen[str]"]:
    """A process of its own that begins to fetch."""
    db = connection.settings_dict
    where = f"postgresql://{db['USER']}:{db['PASSWORD']}@:{db['PORT']}/{db['NAME']}?host={quote(db['HOST'], safe='')}"
    env = os.environ | {
        "DATABASE_URL": where, "DJANGO_SETTINGS_MODULE": "helpdesk.settings", "INTERNAL_HOSTS": "127.0.0.0/8,::1",
        "SECRET_KEY": settings.SECRET_KEY,
    }  # fmt: skip
    child = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(ahead)],
        env=env, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
        yield child
    finally:
        child.kill()
        child.communicate()


def until(true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def subjects() -> list[str]:
    return sorted(row.headers["subject"] for row in Inbound.objects.all())


def killed_at(serving, command: str, count: int = 1) -> tuple[int, int]:
    """Let a worker run until the server is asked for `command` the `count`th time, and kill it there; -> how many mails
    were marked at the server by then, and how many it had."""
    reached, go_on, times = Event(), Event(), []

    def stop(*args: object) -> None:
        times.append(args)
        if len(times) == count:
            reached.set()
            go_on.wait(20)

    serving.box.hooks[command] = stop
    with worker() as child:
        assert reached.wait(20)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    found = len(serving.box.seen), len(serving.box.kept)
    go_on.set()
    serving.box.hooks.clear()
    return found


@pytest.mark.parametrize("moment", ["body", "marking", "quit"])
def test_killed_anywhere_it_loses_nothing_and_repeats_nothing(serving, moment):
    command = {"marking": {"imap": "store", "pop3": "dele"}[serving.protocol]}.get(moment, moment)
    if (serving.protocol, moment) == ("imap", "quit"):
        command, moment = "fetch", "a second look"
    sent = [f"Mail {number}" for number in range(5)]
    for number in range(5):
        serving.box.put(letter(number))
    mailbox = mailbox_at(serving, serving.protocol)
    assert killed_at(serving, command, count=3 if moment == "body" else 1) == (0, 5)
    committed = subjects()
    assert committed == {"body": sent[:2], "a second look": []}.get(moment, sent)
    with worker() as child:
        assert child.wait(timeout=30) == 0
    assert subjects() == committed  # the lease still holds
    with worker(ahead=AFTER) as child:
        assert child.wait(timeout=30) == 0
    mailbox.refresh_from_db()
    assert (subjects(), mailbox.error) == (sent, "")
    assert len(serving.box.seen) == 5 if serving.protocol == "imap" else serving.box.kept == []


def test_four_workers_fetch_each_mail_once(imap):
    for number in range(40):
        imap.box.put(letter(number))
    mailbox_at(imap)
    with worker() as a, worker() as b, worker() as c, worker() as d:
        assert [child.wait(timeout=60) for child in (a, b, c, d)] == [0, 0, 0, 0]
    assert Inbound.objects.count() == 40 and imap.box.commands.count("store") == 1


def test_a_server_that_tells_of_new_mail_is_listened_to(imap, monkeypatch):
    monkeypatch.setattr(fetch, "LISTEN", 45.0)  # without being told, it would look again only then
    mailbox = mailbox_at(imap)
    pool = Fetchers()
    assert (pool.start_due(timezone.now()), pool.start_due(timezone.now())) == (1, 0)
    until(lambda: Mailbox.objects.filter(pk=mailbox.pk, fetched_at__isnull=False).exists())
    began = time.monotonic()
    for number in range(3):
        imap.box.put(letter(number))
        until(lambda number=number: Inbound.objects.count() == number + 1, seconds=40)
    assert time.monotonic() - began < 40
    Mailbox.objects.update(next_fetch_at=None, is_active=False)  # paused: the thread lets go of it
    imap.box.put(letter("late"))
    until(lambda: pool.running == 0)
    assert Inbound.objects.count() == 3


def test_more_mailboxes_than_threads_all_get_their_turn(imap, monkeypatch):
    monkeypatch.setattr(fetchers, "THREADS", 2)
    monkeypatch.setattr(fetchers, "LISTENERS", 1)
    monkeypatch.setattr(fetch, "LISTEN", 0.2)
    mailboxes = [
        mailbox_at(imap, address=f"box{number}@helpdesk.example", username="desk@helpdesk.example")
        for number in range(5)
    ]
    pool = Fetchers()

    def all_looked_into() -> bool:
        pool.start_due(timezone.now())
        return Mailbox.objects.filter(fetched_at__isnull=False).count() == len(mailboxes)

    until(all_looked_into)
    assert pool.running <= 2
    Mailbox.objects.update(next_fetch_at=None)
    until(lambda: pool.running == 0)
