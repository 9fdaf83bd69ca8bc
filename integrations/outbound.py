"""Requests that the desk makes to addresses which came from outside: guarded, short, and never redirected.

A host is looked up once, each of its addresses judged (see integrations.mail.guard: inside ones only where
settings.INTERNAL_HOSTS lists them), and the one that was judged is dialled. Plain http is spoken to this machine only.
"""

import http.client
import socket
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urlsplit

from integrations.mail import guard

SECONDS = 5.0  # from first to last, after connecting
MAX_BYTES = 1024 * 1024
CHUNK = 64 * 1024


class Unreachable(Exception):
    """The other side could not be asked, or answered too much or too slowly; the text says which."""


@dataclass(frozen=True)
class Answer:
    """What came back: never followed, at most MAX_BYTES."""

    status: int
    body: bytes


def get(url: str) -> Answer:
    """Ask for an http(s) address. Raises Unreachable."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Unreachable("This is not an address.") from error
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise Unreachable("Only http and https addresses without a user are asked.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with _connected(host, port, parts.scheme) as connected:
        connection = http.client.HTTPConnection(host, port)
        connection.sock = connected
        try:
            return _asked(connection, path, monotonic() + SECONDS)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(f"{host} did not answer: {guard.said(error)}.") from error


def _connected(host: str, port: int, scheme: str) -> socket.socket:
    try:
        plain = guard.dial(host, port, plain=scheme == "http")
    except guard.Trouble as error:
        raise Unreachable(error.words) from error
    try:
        return guard.wrap(plain, host) if scheme == "https" else plain
    except guard.Trouble as error:
        plain.close()
        raise Unreachable(error.words) from error


def _asked(connection: http.client.HTTPConnection, path: str, until: float) -> Answer:
    connection.sock.settimeout(SECONDS)
    connection.request("GET", path, headers={"User-Agent": "helpdesk", "Connection": "close"})
    answer = connection.getresponse()
    body = b""
    while chunk := answer.read1(CHUNK):
        body += chunk
        if len(body) > MAX_BYTES:
            raise Unreachable(f"The answer has more than {MAX_BYTES:,} bytes.")
        if monotonic() > until:
            raise Unreachable(f"The answer took longer than {SECONDS:.0f} s.")
    return Answer(answer.status, body)
