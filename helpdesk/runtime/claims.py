"""What a running desk claims for itself: its data directory and its port."""

import errno
import fcntl
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from helpdesk.runtime import paths

PORTS_TO_TRY = 50
AFTER_A_KILL_SECONDS = 15.0  # the servers of a killed start end on their own; PostgreSQL writes its checkpoint first


def claim_data(say: Callable[[str], None]) -> TextIO:
    """Lock the data directory for this process and the servers that inherit the file; two must never share it.

    Raises Unusable naming who holds it. After a kill, waits for the servers left behind to end.
    """
    file = (paths.make_data_dir() / "up.lock").open("a+")
    try:
        _wait_for_lock(file, say)
    except BaseException:
        file.close()
        raise
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def _wait_for_lock(file: TextIO, say: Callable[[str], None]) -> None:
    path = Path(file.name)
    deadline, told = time.monotonic() + AFTER_A_KILL_SECONDS, False
    while not _try_lock(file):
        holder = _holder(path)
        if holder and _alive(holder):
            raise paths.Unusable(
                f"The desk already runs on {path.parent} (process {holder}). Stop that one, or use another --data."
            )
        if time.monotonic() > deadline:
            raise paths.Unusable(f"Servers of an earlier start still use {path.parent} and do not end.")
        if not told:
            say("waiting for the servers of an earlier start to end")
            told = True
        time.sleep(0.1)


def parse_bind(text: str) -> tuple[str, int]:
    """'127.0.0.1:8000', '0.0.0.0:80', '[::1]:8000', ':8000' or '8000' as host and port. Raises Unusable."""
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise paths.Unusable(f"--bind {text} is not HOST:PORT, such as 127.0.0.1:8000.")
    return host.strip("[]") or "127.0.0.1", int(port)


def listen(host: str, port: int, say: Callable[[str], None]) -> socket.socket:
    """A socket bound to the port, or to the next free one after saying which was busy. Raises Unusable."""
    for candidate in range(port, min(port + PORTS_TO_TRY, 65536)):
        try:
            return _listen(host, candidate)
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno != errno.EADDRINUSE:
                raise paths.Unusable(f"Cannot listen on {host}:{candidate}: {error.strerror}.") from error
            say(f"port {candidate} is busy, trying {candidate + 1}")
    raise paths.Unusable(f"No free port from {port} on: choose one with --bind.")


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)  # two could bind, one can listen: the port is ours only now
    except OSError:
        listener.close()
        raise
    return listener


def address_of(listener: socket.socket) -> str:
    """The web address a browser on this machine uses for a listening socket."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{port}"


def _try_lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(path: Path) -> int | None:
    text = path.read_text().strip()
    return int(text) if text.isdigit() else None


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
