"""A small real HTTP server that stands for whatever the desk talks to: it keeps what it is asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qs

import pytest

from integrations import outbound


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a posted form."""
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


Given = tuple[int, bytes] | tuple[int, bytes, dict[str, str]] | None


@dataclass
class Beyond:
    """`answers`: by path, or "" for all others; a function is asked with the request; None hangs up without a word.
    `hold`: while it is not set, an answer does not come (a channel that hangs)."""

    base: str = ""
    answers: dict[str, Given | Callable[[Asked], Given]] = field(default_factory=lambda: {"": (200, b"{}")})
    asked: list[Asked] = field(default_factory=list)
    hold: Event = field(default_factory=Event)

    def answer(self, asked: Asked) -> Given:
        found = self.answers.get(asked.path.partition("?")[0], self.answers.get("", (404, b"")))
        return found(asked) if callable(found) else found


@contextmanager
def listening() -> Iterator[Beyond]:
    """A server at 127.0.0.1, for as long as the block lasts."""
    state = Beyond()
    state.hold.set()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            names = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, names, body)
            state.asked.append(asked)
            state.hold.wait(30)
            given = state.answer(asked)
            if given is None:
                self.close_connection = True
                return
            status, answer, *more = given
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    state.base = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        state.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def beyond(settings) -> Iterator[Beyond]:
    """The server, at an address that the operator lists, with no failures remembered."""
    settings.INTERNAL_HOSTS = ["127.0.0.0/8"]
    outbound.BREAKER.forget()
    with listening() as state:
        yield state
    outbound.BREAKER.forget()
