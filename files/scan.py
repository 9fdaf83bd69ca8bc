"""Asking ClamAV's daemon about a file, when settings.CLAMD_SOCKET names one (clamd(8), INSTREAM)."""

import socket
import struct
from typing import BinaryIO

from django.conf import settings

CHUNK = 128 * 1024
SECONDS = 30.0  # for the whole of a file's answer


class NoScanner(OSError):
    """The daemon is set but gave no answer; its text says why."""


def is_set() -> bool:
    return bool(settings.CLAMD_SOCKET)


def scan(stream: BinaryIO) -> str:
    """The name of what was found in it, "" when it is clean. Raises NoScanner."""
    try:
        with connect() as daemon:
            daemon.sendall(b"zINSTREAM\0")
            while chunk := stream.read(CHUNK):
                daemon.sendall(struct.pack("!L", len(chunk)) + chunk)
            daemon.sendall(struct.pack("!L", 0))
            answer = b""
            while not answer.endswith(b"\0") and (more := daemon.recv(4096)) and len(answer) < 8192:
                answer += more
    except OSError as error:
        raise NoScanner(str(error)) from error
    return verdict(answer.rstrip(b"\0\n").decode("utf-8", "replace"))


def verdict(answer: str) -> str:
    """ "stream: OK", "stream: Eicar-Test-Signature FOUND", or an error, which raises NoScanner."""
    said = answer.partition(": ")[2] or answer
    if said == "OK":
        return ""
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")[:180] or "something"
    raise NoScanner(answer[:200] or "it hung up without an answer")


def connect() -> socket.socket:
    """To a path of a Unix socket, or host:port."""
    host, colon, port = settings.CLAMD_SOCKET.rpartition(":")
    if colon and port.isdigit():
        return socket.create_connection((host, int(port)), timeout=SECONDS)
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    daemon.settimeout(SECONDS)
    try:
        daemon.connect(settings.CLAMD_SOCKET)
    except OSError:
        daemon.close()
        raise
    return daemon
