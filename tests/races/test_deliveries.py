"""Sending, with real worker processes, a real SMTP conversation and kill -9."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.db import connection
from django.utils import timezone

from deliveries.actions import queue_mail
from deliveries.claims import LEASE
from deliveries.models import Delivery, DeliverySwitch, State

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

# Ticks as beat would make them, `ahead` seconds in the future (a lease that has run out), until nothing is due.
WORKER = """
import sys, time, datetime, django
django.setup()
from django.utils import timezone
from deliveries.models import Delivery
from deliveries.send import send_due
ahead = datetime.timedelta(seconds=float(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
while Delivery.objects.filter(next_try_at__lte=timezone.now() + ahead).exists():
    send_due(timezone.now() + ahead)
    time.sleep(0.02)
"""


class Sink:
    """A provider that can be made to wait before it takes a recipient, or after it took a message."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.wait_at = ""
        self.arrived = 0

    async def pause(self, where: str) -> None:
        if self.wait_at == where:
            self.arrived += 1
            while self.wait_at == where:
                await asyncio.sleep(0.01)

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        await self.pause("rcpt")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        self.messages.append(message_from_bytes(envelope.content)["Message-ID"])
        await self.pause("data")
        if len(self.messages) == 3:
            await self.pause("third")
        return "250 queued as 42"


@pytest.fixture
def sink() -> Iterator[SimpleNamespace]:
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield SimpleNamespace(handler=handler, port=controller.port)
    handler.wait_at = ""
    controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def worker(port: int, *, ahead: float = 0) -> Iterator[subprocess.Popen[str]]:
    """A sender process of its own, ready and waiting for a line on its standard input."""
    db = connection.settings_dict
    where = f"postgresql://{db['USER']}:{db['PASSWORD']}@:{db['PORT']}/{db['NAME']}?host={quote(db['HOST'], safe='')}"
    env = os.environ | {
        "DATABASE_URL": where,
        "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(port),
        "EMAIL_USE_TLS": "false",
    }
    child = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(ahead)],
        env=env, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
        yield child
    finally:
        child.kill()
        child.communicate()


def go(child: subprocess.Popen[str]) -> subprocess.Popen[str]:
    assert child.stdin is not None
    child.stdin.write("go\n")
    child.stdin.flush()
    return child


def run(port: int, *, ahead: float = 0) -> None:
    """One worker until nothing is due."""
    with worker(port, ahead=ahead) as child:
        assert go(child).wait(timeout=60) == 0


def until(true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def rows(count: int) -> list[Delivery]:
    return [
        queue_mail(
            address=f"p{n}@people.example", user=None, subject=f"Mail {n}", text="Hello", html="<p>Hello</p>",
            at=timezone.now(),
        )
        for n in range(count)
    ]  # fmt: skip


AFTER = LEASE.total_seconds() + 5


def test_a_worker_killed_before_it_speaks_to_the_provider_costs_nothing(sink):
    (row,) = rows(1)
    with socket.create_server(("127.0.0.1", 0)) as silent, worker(silent.getsockname()[1]) as child:
        go(child)
        until(lambda: Delivery.objects.filter(pk=row.pk, claim__isnull=False).exists())
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    run(sink.port)
    assert sink.handler.messages == []  # the lease still holds
    run(sink.port, ahead=AFTER)
    row.refresh_from_db()
    assert sink.handler.messages == [row.message_id]
    assert (row.state, row.uncertain, row.attempts) == (State.SENT, False, 1)


def test_a_worker_killed_before_the_provider_took_it_sends_it_once(sink):
    (row,) = rows(1)
    sink.handler.wait_at = "rcpt"
    with worker(sink.port) as child:
        go(child)
        until(lambda: sink.handler.arrived)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    sink.handler.wait_at = ""
    run(sink.port, ahead=AFTER)
    row.refresh_from_db()
    assert sink.handler.messages == [row.message_id]
    assert row.state == State.SENT


def test_a_worker_killed_after_the_provider_took_it_repeats_it_once_with_the_same_id_and_says_so(sink):
    (row,) = rows(1)
    sink.handler.wait_at = "data"
    with worker(sink.port) as child:
        go(child)
        until(lambda: sink.handler.arrived)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    sink.handler.wait_at = ""
    run(sink.port, ahead=AFTER)
    run(sink.port, ahead=2 * AFTER)
    row.refresh_from_db()
    assert sink.handler.messages == [row.message_id] * 2
    assert (row.state, row.uncertain, row.attempts) == (State.SENT, True, 2)
    assert [attempt.outcome for attempt in row.tries.all()] == ["unknown", "sent"]


def test_a_kill_amid_a_batch_repeats_only_the_one_in_hand_and_loses_none(sink):
    made = rows(10)
    sink.handler.wait_at = "third"
    with worker(sink.port) as child:
        go(child)
        until(lambda: sink.handler.arrived)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    sink.handler.wait_at = ""
    run(sink.port, ahead=AFTER)
    counts = Counter(sink.handler.messages)
    assert set(counts) == {row.message_id for row in made}
    assert sorted(counts.values()) == [1] * 9 + [2]
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}
    assert [row.message_id for row in Delivery.objects.filter(uncertain=True)] == [
        message for message, count in counts.items() if count == 2
    ]


def test_four_workers_over_fifty_rows_send_each_once(sink):
    made = rows(50)
    with worker(sink.port) as a, worker(sink.port) as b, worker(sink.port) as c, worker(sink.port) as d:
        for child in (a, b, c, d):
            go(child)
        assert [child.wait(timeout=60) for child in (a, b, c, d)] == [0, 0, 0, 0]
    assert Counter(sink.handler.messages) == Counter(row.message_id for row in made)
    assert Delivery.objects.filter(state=State.SENT, attempts=1, uncertain=False).count() == 50


def test_without_a_provider_everything_waits_and_catches_up(sink):
    made = rows(3)
    with worker(free_port()) as child:
        go(child)
        until(lambda: Delivery.objects.filter(attempts=1).count() == 3)
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.PENDING}
    assert DeliverySwitch.now().rests_until is not None
    run(sink.port, ahead=200)
    assert Counter(sink.handler.messages) == Counter(row.message_id for row in made)
    assert not Delivery.objects.filter(uncertain=True).exists()
