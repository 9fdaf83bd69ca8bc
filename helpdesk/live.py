"""Live updates: "something happened to ticket 42" over a Redis stream and server-sent events.

News travels action → commit → a bounded queue in this process → one background thread → Redis → every web worker's
streams → browsers, which ask again through the views that check permission. So a stream carries numbers only, and a
request never waits for Redis: stopped or frozen, it costs a hint, and browsers poll.
"""

import atexit
import contextlib
import json
import logging
import os
import queue
import re
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from tickets.events import follows
from tickets.links import read_requester_token
from tickets.models import Event
from tickets.models.event import PUBLIC_KINDS

log = logging.getLogger(__name__)

DESK = "live:desk"
DESK_LENGTH, TICKET_LENGTH = 2000, 50  # entries kept for whoever reconnects
TICKET_SECONDS = 3600  # a ticket's own stream goes away when nothing happens to it
WAITING = 1000  # hints waiting for Redis; more are dropped
PATIENCE = 1.0  # seconds for Redis to take a hint, or to say where a stream stands
PING = 10.0  # seconds of silence before a ping, which also finds out who has gone
MAX_AGE = 600.0  # seconds; whoever reconnects is asked again who they are
CURSOR = re.compile(r"\d{1,20}-\d{1,20}")
EVERYTHING: dict[str, int] = {}  # a frame without a number: look at everything again


def ticket_key(number: int) -> str:
    return f"live:ticket:{number}"


@cache
def client(url: str, timeout: float) -> redis.Redis:
    """A pool of connections, made anew by redis-py in a forked process. `timeout` in seconds, for each answer."""
    return redis.Redis.from_url(
        url, socket_connect_timeout=PATIENCE, socket_timeout=timeout, retry=None, decode_responses=True, protocol=2
    )


# -- out: from an action to Redis --------------------------------------------------------------------------------------
class Publisher:
    """One thread per process that tells Redis; started by the first hint, so that a fork never inherits a dead one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pid = 0
        self.waiting: queue.Queue[tuple[int, bool] | None] = queue.Queue(WAITING)
        self.ending = threading.Event()
        self.thread: threading.Thread | None = None

    def put(self, number: int, public: bool) -> None:
        """Leave a hint. Never waits: when the queue is full the hint is dropped."""
        if self.pid != os.getpid():
            self.start()
        try:
            self.waiting.put_nowait((number, public))
        except queue.Full:
            log.debug("live hints are dropped: Redis does not take them")

    def start(self) -> None:
        with self.lock:
            if self.pid == os.getpid():
                return
            self.waiting, self.ending = queue.Queue(WAITING), threading.Event()
            self.thread = threading.Thread(target=self.work, args=(self.waiting, self.ending), name="live", daemon=True)
            self.thread.start()
            self.pid = os.getpid()
            atexit.register(self.stop)

    def stop(self) -> None:
        """Tell what waits, then end, within a few seconds. A thread that the interpreter stops in the middle of its
        exit keeps the lock of the connection pool, for which the exit then waits for ever."""
        if self.pid != os.getpid() or self.thread is None:
            return
        self.ending.set()
        with contextlib.suppress(queue.Full):
            self.waiting.put_nowait(None)
        self.thread.join(timeout=5 * PATIENCE)

    def work(self, waiting: "queue.Queue[tuple[int, bool] | None]", ending: threading.Event) -> None:
        """Take what waits, tell Redis, until the process ends. What Redis missed is made good by one frame for
        everything."""
        missed = False
        while not (ending.is_set() and (missed or waiting.empty())):
            hints = {waiting.get()}
            while len(hints) < 100 and not waiting.empty():
                hints.add(waiting.get())
            try:
                publish({hint for hint in hints if hint}, everything=missed)
                missed = False
            except (redis.RedisError, OSError):
                log.debug("Redis does not take live hints", exc_info=True)
                missed = True
                ending.wait(PATIENCE)


def publish(hints: set[tuple[int, bool]], *, everything: bool = False) -> None:
    """Tell Redis of tickets, as (number, whether its requester may know). Raises RedisError."""
    pipe = client(settings.LIVE_REDIS_URL, PATIENCE).pipeline(transaction=False)
    for number in sorted({number for number, _ in hints}):
        pipe.xadd(DESK, {"id": number}, maxlen=DESK_LENGTH, approximate=True)
    if everything:
        pipe.xadd(DESK, {"id": ""}, maxlen=DESK_LENGTH, approximate=True)
    for number in sorted({number for number, public in hints if public}):
        pipe.xadd(ticket_key(number), {"id": number}, maxlen=TICKET_LENGTH, approximate=True)
        pipe.expire(ticket_key(number), TICKET_SECONDS)
    pipe.execute()


publisher = Publisher()


@follows(writes=False)
def follow(events: Sequence[Event]) -> None:
    """Follower of tickets (settings.TICKET_FOLLOWERS): hints once the verb has committed.

    The requester's own stream hears only of what she may read, so that not even its rhythm tells of internal notes.
    """
    hints = {(event.ticket_id, is_public(event)) for event in events}

    def tell() -> None:  # a function, not a partial: Django names it when it fails
        for number, public in hints:
            publisher.put(number, public)

    transaction.on_commit(tell, robust=True)


def is_public(event: Event) -> bool:
    """Whether the ticket's requester reads of it."""
    return event.kind in PUBLIC_KINDS and (event.message is None or not event.message.is_internal)


# -- in: from Redis to a browser ---------------------------------------------------------------------------------------
# Threads are for pages first: past these caps a browser is told to poll. Requesters never take all the room.
slots = threading.BoundedSemaphore(settings.LIVE_MAX_STREAMS)
requester_slots = threading.BoundedSemaphore(max(1, settings.LIVE_MAX_STREAMS // 2))


def frame(name: str, data: dict[str, int], cursor: str = "") -> str:
    return f"{f'id: {cursor}' if cursor else ''}\nevent: {name}\ndata: {json.dumps(data)}\n\n".lstrip("\n")


class Stream:
    """The frames of one browser's stream. Ends after MAX_AGE, or when Redis does not answer; gives its slots back."""

    def __init__(self, key: str, cursor: str, opening: list[str], held: list[threading.BoundedSemaphore]) -> None:
        self.held = held
        self.frames = self.read(key, cursor, opening)

    def __iter__(self) -> Iterator[str]:
        return self.frames

    def close(self) -> None:
        """Called by the server when the browser has gone, even before the first frame."""
        self.frames.close()  # type: ignore[attr-defined]
        while self.held:
            self.held.pop().release()

    def read(self, key: str, cursor: str, opening: list[str]) -> Iterator[str]:
        yield from opening
        store, end = client(settings.LIVE_REDIS_URL, PING + 5), time.monotonic() + MAX_AGE
        while time.monotonic() < end:
            try:
                found: Any = store.xread({key: cursor}, block=int(PING * 1000), count=50)
            except (redis.RedisError, OSError):
                return
            if not found:
                yield ": ping\n\n"
                continue
            for cursor, fields in found[0][1]:
                yield frame("ticket", {"id": int(fields["id"])} if fields["id"] else EVERYTHING, cursor)


def opening_of(key: str, asked: str) -> tuple[str, list[str]]:
    """(where to read on, first frames): from the cursor asked for, else from now. Raises RedisError.

    When what happened since that cursor is no longer known, the browser is told to look at everything.
    """
    store = client(settings.LIVE_REDIS_URL, PATIENCE)
    known = CURSOR.fullmatch(asked) and store.xrange(key, asked, asked, count=1)
    if known:
        return asked, [f"retry: 3000\n{frame('hello', {}, asked)}"]
    newest: Any = store.xrevrange(key, count=1)
    now = newest[0][0] if newest else "0-0"
    again = [frame("ticket", EVERYTHING, now)] if asked and asked != now else []
    return now, [f"retry: 3000\n{frame('hello', {}, now)}", *again]


def stream(request: HttpRequest, key: str, *caps: threading.BoundedSemaphore) -> HttpResponseBase:
    """A stream of one key; 204 (please poll) when there is no room or Redis does not answer."""
    held: list[threading.BoundedSemaphore] = []
    for cap in caps:
        if not cap.acquire(blocking=False):
            release(held)
            return HttpResponse(status=204)
        held.append(cap)
    asked = request.headers.get("Last-Event-ID") or request.GET.get("last", "")
    try:
        cursor, opening = opening_of(key, asked)
    except (redis.RedisError, OSError):
        release(held)
        return HttpResponse(status=204)
    if not connection.in_atomic_block:
        connection.close()  # an idle stream holds no connection to the database
    answer = StreamingHttpResponse(Stream(key, cursor, opening, held), content_type="text/event-stream")
    answer["Cache-Control"] = "no-cache, no-transform"
    answer["X-Accel-Buffering"] = "no"
    return answer


def release(held: list[threading.BoundedSemaphore]) -> None:
    while held:
        held.pop().release()


@require_GET
def desk(request: HttpRequest) -> HttpResponseBase:
    """GET /live: numbers of tickets to which something happened, for people of the desk."""
    if not (request.user.is_authenticated and request.user.is_desk):
        raise Http404
    return stream(request, DESK, slots)


@require_GET
def requester(request: HttpRequest, token: str) -> HttpResponseBase:
    """GET /live/t/<token>: hints about one ticket, for whoever holds its requester's link."""
    found = read_requester_token(token)
    if found is None:
        raise Http404
    return stream(request, ticket_key(found[0].pk), slots, requester_slots)
