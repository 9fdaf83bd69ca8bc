"""Requests that the desk makes to addresses which came from outside: guarded, short, and never redirected.

A host is looked up once, each of its addresses judged (see integrations.mail.guard: inside ones only where
settings.INTERNAL_HOSTS lists them), and the one that was judged is dialled. Plain http is spoken to this machine only.
From the lookup to the last byte a request has SECONDS, however slowly the other side drips. A target that fails
several times in a row is left alone for a while (by each process): who waits for it fails at once instead.
"""

import contextlib
import http.client
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock, Timer
from time import monotonic
from urllib.parse import urlsplit

from integrations.mail import guard

SECONDS = 5.0  # from first to last
MAX_BYTES = 1024 * 1024
CHUNK = 64 * 1024
FAILURES, REST = 5, 30.0  # so many in a row, and the target rests for so many seconds


class Unreachable(Exception):
    """The other side could not be asked, or answered too much or too slowly; the text says which. `sent`: the request
    had been handed over, so it may have been heard."""

    def __init__(self, words: str, *, sent: bool = False) -> None:
        super().__init__(words)
        self.sent = sent


@dataclass(frozen=True)
class Answer:
    """What came back: never followed, at most MAX_BYTES. Names of headers are lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)


class Breaker:
    """Which targets (host, port) failed last, and until when they rest."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.failed: dict[tuple[str, int], tuple[int, float]] = {}

    def check(self, target: tuple[str, int]) -> None:
        """Raises Unreachable while the target rests. Once that is over, one request may try it."""
        with self.lock:
            failures, until = self.failed.get(target, (0, 0.0))
            if failures < FAILURES:
                return
            left = until - monotonic()
            if left > 0:
                words = f"{target[0]} failed {failures} times in a row and is left alone for {left:.0f} s more."
                raise Unreachable(words)
            self.failed[target] = failures, monotonic() + REST

    def note(self, target: tuple[str, int], *, failed: bool) -> None:
        with self.lock:
            if not failed:
                self.failed.pop(target, None)
                return
            failures, until = self.failed.get(target, (0, 0.0))
            failures += 1
            self.failed[target] = failures, monotonic() + REST if failures >= FAILURES else until

    def forget(self) -> None:
        with self.lock:
            self.failed.clear()


BREAKER = Breaker()


def get(url: str) -> Answer:
    """Ask for an http(s) address. Raises Unreachable."""
    return request("GET", url)


def request(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", seconds: float = SECONDS
) -> Answer:
    """One request. Whatever the other side answers is an Answer, also a 5xx or a redirect. Raises Unreachable."""
    host, port, scheme, path = taken_apart(url)
    BREAKER.check((host, port))
    until = monotonic() + seconds
    try:
        with _connected(host, port, scheme, until) as connected:
            own = {"Host": urlsplit(url).netloc, "User-Agent": "helpdesk", "Connection": "close"}
            answer = _asked(connected, host, method, path, own | dict(headers or {}), body, until)
    except Unreachable:
        BREAKER.note((host, port), failed=True)
        raise
    BREAKER.note((host, port), failed=answer.status >= 500)
    return answer


def taken_apart(url: str) -> tuple[str, int, str, str]:
    """(host, port, scheme, path with query). Raises Unreachable."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Unreachable("This is not an address.") from error
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise Unreachable("Only http and https addresses without a user are asked.")
    return host, port, parts.scheme, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _connected(host: str, port: int, scheme: str, until: float) -> socket.socket:
    try:
        plain = guard.dial(host, port, plain=scheme == "http", seconds=max(until - monotonic(), 0.1))
    except guard.Trouble as error:
        raise Unreachable(error.words) from error
    plain.settimeout(max(until - monotonic(), 0.1))
    try:
        return guard.wrap(plain, host) if scheme == "https" else plain
    except guard.Trouble as error:
        plain.close()
        raise Unreachable(error.words) from error


def _asked(
    connected: socket.socket, host: str, method: str, path: str, headers: dict[str, str], body: bytes, until: float
) -> Answer:
    connection = http.client.HTTPConnection(host)
    connection.sock = connected
    sent = False
    try:
        with _cut_off(connected, until):
            sent = True
            connection.request(method, path, body=body or None, headers=headers)
            response = connection.getresponse()
            kept = {name.lower(): value for name, value in response.getheaders()}
            answer = Answer(response.status, _read(response), kept)
        if monotonic() >= until:  # we hung up, which may look like the end of the body
            raise TimeoutError
        return answer
    except Unreachable:
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        words = "no answer in time" if monotonic() >= until else guard.said(error)
        raise Unreachable(f"{host} did not answer: {words}.", sent=sent) from error


def _read(response: http.client.HTTPResponse) -> bytes:
    body = b""
    while chunk := response.read1(CHUNK):
        body += chunk
        if len(body) > MAX_BYTES:
            raise Unreachable(f"The answer has more than {MAX_BYTES:,} bytes.", sent=True)
    return body


@contextlib.contextmanager
def _cut_off(connected: socket.socket, until: float) -> Iterator[None]:
    """Hang up when the time is over: a timeout of the socket alone would begin anew with each byte that drips in."""

    def hang_up() -> None:
        with contextlib.suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)

    timer = Timer(max(until - monotonic(), 0.01), hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
