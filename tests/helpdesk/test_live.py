"""Live hints: told after the commit, to the right audience, and never at the cost of a request."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings
from django.db import transaction
from django.test import Client

from accounts.models import User
from helpdesk import live
from tests import make
from tickets.actions import conversation
from tickets.links import requester_token

Told = Callable[[int], list[str]]
db = pytest.mark.django_db(transaction=True, serialized_rollback=True)
WAIT = 10.0


@pytest.fixture
def store() -> Iterator["redis.Redis[Any]"]:
    """The real store, with no stream of an earlier test."""
    client = redis.Redis.from_url(settings.LIVE_REDIS_URL, decode_responses=True, protocol=2)
    client.flushdb()
    yield client
    client.close()


def until(fact: Callable[[], Any]) -> Any:
    """What `fact` answers once it is true; the background thread needs its moment."""
    end = time.monotonic() + WAIT
    while not (answer := fact()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
    return answer


def ids(store: "redis.Redis[Any]", key: str = live.DESK) -> list[str]:
    return [fields["id"] for _, fields in store.xrange(key)]


class Listener:
    """A browser's stream, read frame by frame."""

    def __init__(self, base: str, path: str, user: User | None = None, **headers: str) -> None:
        if user is not None:
            client = Client()
            client.force_login(user)
            headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        self.connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=WAIT)
        self.connection.request("GET", path, headers=headers)
        self.response = self.connection.getresponse()

    def frame(self) -> dict[str, str]:
        """The next frame: its id, event and data."""
        lines: dict[str, str] = {}
        while True:
            line = self.response.readline().decode()
            assert line, f"the stream ended (status {self.response.status})"
            name, _, value = line.rstrip("\n").partition(": ")
            if name and value and not line.startswith(":"):
                lines[name] = value
            elif lines:
                return lines

    def ticket(self) -> Any:
        """The data of the next frame about a ticket."""
        while (frame := self.frame()).get("event") != "ticket":
            pass
        return json.loads(frame["data"])

    def close(self) -> None:
        self.response.close()
        self.connection.close()


@pytest.fixture
def listen(live_server: Any, store: "redis.Redis[Any]") -> Iterator[Callable[..., Listener]]:
    """listen(path, user) → a stream; closed afterwards."""
    opened: list[Listener] = []

    def open_stream(path: str, user: User | None = None, **headers: str) -> Listener:
        opened.append(Listener(live_server.url, path, user, **headers))
        return opened[-1]

    yield open_stream
    for listener in opened:
        listener.close()


@db
def test_it_tells_of_a_ticket_after_the_commit(cast: SimpleNamespace, shop: Any, store: "redis.Redis[Any]") -> None:
    with transaction.atomic():
        ticket = make.ticket(requester=cast.customer, site=shop)
        time.sleep(0.2)
        assert ids(store) == []
    until(lambda: str(ticket.pk) in ids(store))


@db
def test_it_tells_nothing_when_the_verb_rolls_back(cast: SimpleNamespace, shop: Any, store: "redis.Redis[Any]") -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        lost = make.ticket(requester=cast.customer, site=shop)
        raise ZeroDivisionError
    kept = make.ticket(requester=cast.customer, site=shop)
    until(lambda: str(kept.pk) in ids(store))
    assert str(lost.pk) not in ids(store)


@db
def test_it_streams_ids_to_the_desk(cast: SimpleNamespace, shop: Any, listen: Callable[..., Listener]) -> None:
    agent = listen("/live", cast.agent)
    assert agent.response.headers["Content-Type"] == "text/event-stream"
    assert agent.frame()["event"] == "hello"
    ticket = make.ticket(requester=cast.customer, site=shop, subject="Secret subject")
    assert agent.ticket() == {"id": ticket.pk}


@db
def test_it_streams_to_nobody_else(cast: SimpleNamespace, listen: Callable[..., Listener]) -> None:
    assert listen("/live").response.status == 404
    assert listen("/live", cast.customer).response.status == 404
    assert listen("/live/t/forged").response.status == 404


@db
def test_it_goes_on_where_a_browser_left(
    cast: SimpleNamespace, shop: Any, listen: Callable[..., Listener], store: "redis.Redis[Any]"
) -> None:
    first = make.ticket(requester=cast.customer, site=shop)
    until(lambda: ids(store))
    last = store.xrevrange(live.DESK, count=1)[0][0]
    missed = make.ticket(requester=cast.customer, site=shop)
    until(lambda: str(missed.pk) in ids(store))
    for listener in (listen(f"/live?last={last}", cast.agent), listen("/live", cast.agent, **{"Last-Event-ID": last})):
        assert listener.frame() == {"retry": "3000", "id": last, "event": "hello", "data": "{}"}
        told = listener.ticket()
        assert told["id"] in (first.pk, missed.pk)


@db
@pytest.mark.parametrize("last", ["1-1", "99999999999999-0", "x", "$", "0", "9" * 50 + "-1"])
def test_it_says_look_at_everything_when_the_gap_is_unknown(
    cast: SimpleNamespace, shop: Any, listen: Callable[..., Listener], store: "redis.Redis[Any]", last: str
) -> None:
    make.ticket(requester=cast.customer, site=shop)
    until(lambda: ids(store))
    assert listen(f"/live?last={last}", cast.agent).ticket() == {}


@db
def test_it_tells_a_requester_of_her_ticket_only_and_never_of_notes(
    cast: SimpleNamespace, shop: Any, listen: Callable[..., Listener], store: "redis.Redis[Any]"
) -> None:
    hers, other = (make.ticket(requester=person, site=shop) for person in (cast.customer, cast.stranger))
    until(lambda: store.exists(live.ticket_key(hers.pk)))
    time.sleep(0.3)
    before = store.xlen(live.ticket_key(hers.pk))
    listener = listen(f"/live/t/{requester_token(hers, cast.customer)}")
    assert listener.frame()["event"] == "hello"
    conversation.note(ticket=hers, body="between us", at=make.later(hours=1), actor=cast.agent, via="web")
    conversation.note(ticket=other, body="between us", at=make.later(hours=1), actor=cast.agent, via="web")
    until(lambda: ids(store).count(str(other.pk)) >= 2)
    assert store.xlen(live.ticket_key(hers.pk)) == before
    conversation.reply(ticket=hers, body="Hello", at=make.later(hours=2), actor=cast.agent, via="web")
    assert listener.ticket() == {"id": hers.pk}
    assert 0 < store.ttl(live.ticket_key(hers.pk)) <= live.TICKET_SECONDS


@db
def test_it_asks_browsers_to_poll_when_full_and_gives_room_back(
    cast: SimpleNamespace, listen: Callable[..., Listener], monkeypatch: pytest.MonkeyPatch, store: "redis.Redis[Any]"
) -> None:
    monkeypatch.setattr(live, "slots", live.threading.BoundedSemaphore(1))
    monkeypatch.setattr(live, "PING", 0.1)
    first = listen("/live", cast.agent)
    assert listen("/live", cast.agent).response.status == 204
    first.close()
    until(lambda: live.slots._value == 1)
    assert listen("/live", cast.agent).frame()["event"] == "hello"


@db
def test_it_ends_a_stream_that_is_old(
    cast: SimpleNamespace, listen: Callable[..., Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PING", 0.1)
    monkeypatch.setattr(live, "MAX_AGE", 0.3)
    assert b"event: hello" in listen("/live", cast.agent).response.read()


def test_it_gives_its_room_back_even_before_the_first_frame() -> None:
    cap = live.threading.BoundedSemaphore(1)
    cap.acquire()
    live.Stream(live.DESK, "0-0", ["x"], [cap]).close()
    assert cap.acquire(blocking=False)


# -- Redis is away ----------------------------------------------------------------------------------------------------
@pytest.fixture
def frozen() -> Iterator[str]:
    """A server that takes connections and never answers, as a stopped process does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/1"


@pytest.fixture
def refused() -> str:
    """An address where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"redis://127.0.0.1:{probe.getsockname()[1]}/1"


def seconds_of(many: int, cast: SimpleNamespace, shop: Any) -> float:
    """The slowest of so many actions. Warm: the first of a process imports and compiles."""
    make.ticket(requester=cast.customer, site=shop)
    slowest = 0.0
    for _ in range(many):
        began = time.perf_counter()
        make.ticket(requester=cast.customer, site=shop)
        slowest = max(slowest, time.perf_counter() - began)
    return slowest


@db
@pytest.mark.parametrize("away", ["frozen", "refused"])
def test_it_never_makes_an_action_wait_for_redis(
    cast: SimpleNamespace, shop: Any, settings: Any, request: pytest.FixtureRequest, away: str
) -> None:
    settings.LIVE_REDIS_URL = request.getfixturevalue(away)
    assert seconds_of(20, cast, shop) < live.PATIENCE * 0.9  # one wait alone would take this long
    assert live.publisher.waiting.qsize() <= live.WAITING


def test_it_drops_hints_when_nobody_takes_them(settings: Any, frozen: str) -> None:
    settings.LIVE_REDIS_URL = frozen
    publisher = live.Publisher()
    began = time.perf_counter()
    for number in range(live.WAITING * 3):
        publisher.put(number, public=True)
    assert time.perf_counter() - began < live.PATIENCE
    assert publisher.waiting.qsize() <= live.WAITING


@db
@pytest.mark.parametrize("away", ["frozen", "refused"])
def test_it_asks_browsers_to_poll_while_redis_is_away(
    cast: SimpleNamespace, settings: Any, request: pytest.FixtureRequest, away: str, as_user: Callable[..., Client]
) -> None:
    settings.LIVE_REDIS_URL = request.getfixturevalue(away)
    free = live.slots._value
    began = time.perf_counter()
    assert as_user(cast.agent).get("/live").status_code == 204
    assert time.perf_counter() - began < live.PATIENCE * 3
    assert live.slots._value == free


def test_it_makes_good_what_redis_missed(settings: Any, refused: str, store: "redis.Redis[Any]") -> None:
    there, settings.LIVE_REDIS_URL = settings.LIVE_REDIS_URL, refused
    publisher = live.Publisher()
    publisher.put(1, public=False)
    time.sleep(0.3)
    settings.LIVE_REDIS_URL = there
    time.sleep(live.PATIENCE)
    publisher.put(2, public=False)
    assert until(lambda: ids(store)) == ["2", ""] or until(lambda: "" in ids(store))


@db
def test_it_never_fails_an_action_when_no_thread_can_be_started(
    cast: SimpleNamespace, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(live, "publisher", live.Publisher())
    with monkeypatch.context() as patched:
        patched.setattr(live.threading.Thread, "start", refuse)
        assert make.ticket(requester=cast.customer, site=shop).pk


LEAVE = """
import sys
import django
django.setup()
from django.conf import settings
from helpdesk import live
settings.LIVE_REDIS_URL = sys.argv[1]
live.publisher.put(42, False)
"""


def leave(url: str) -> None:
    """A process that leaves a hint and ends at once, as a management command does."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
    ended = subprocess.run([sys.executable, "-c", LEAVE, url], cwd=settings.BASE_DIR, env=env, timeout=60)
    assert ended.returncode == 0


def test_it_tells_of_what_a_process_did_last(store: "redis.Redis[Any]") -> None:
    leave(settings.LIVE_REDIS_URL)
    assert ids(store) == ["42"]


def test_it_lets_a_process_end_while_redis_is_frozen(frozen: str) -> None:
    leave(frozen)
