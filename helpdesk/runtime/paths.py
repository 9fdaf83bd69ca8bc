"""Where this checkout keeps its data and its sockets, and how its servers are reached.

Standard library only: the settings import this module before Django exists. Every path is a pure function of the
environment and of the checkout's place, so that `manage.py shell` in another terminal finds the servers that
`manage.py up` started, and two checkouts on one machine never meet.
"""

import argparse
import contextlib
import hashlib
import os
import secrets
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

CHECKOUT = Path(__file__).resolve().parents[2]

# sockaddr_un holds 104 bytes on the BSDs and macOS, 108 on Linux; one of them is the closing NUL.
LONGEST_SOCKET_PATH = 103
SHARED_TEMP = Path("/tmp")  # fixed: a TMPDIR that differs between two terminals must not hide the servers


class Unusable(RuntimeError):
    """The place where data or sockets should live cannot be used; the message says why and what to do."""


def data_dir() -> Path:
    """The directory that holds everything this installation keeps (HELPDESK_DATA, else one per checkout)."""
    chosen = os.environ.get("HELPDESK_DATA")
    if chosen:
        return Path(chosen).expanduser().resolve()
    name = f"{CHECKOUT.name}-{_short_hash(CHECKOUT)}"
    if os.geteuid() == 0:
        return Path("/var/lib/helpdesk") / name
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser().resolve() / "helpdesk" / name


def run_dir() -> Path:
    """The directory of the sockets: in the data directory, or a private one in /tmp when that path is too long."""
    inside = data_dir() / "run"
    if max(len(os.fsencode(path)) for path in (_database_socket(inside), _redis_socket(inside))) <= LONGEST_SOCKET_PATH:
        return inside
    return SHARED_TEMP / f"helpdesk-{os.geteuid()}-{_short_hash(inside)}"


def database_url() -> str:
    """DATABASE_URL, else the embedded server's socket (`postgresql://helpdesk@:5432/helpdesk?host=<directory>`)."""
    # The port is part of a socket's name; said aloud, so that a PGPORT in somebody's shell changes nothing.
    embedded = f"postgresql://helpdesk@:5432/helpdesk?host={quote(str(database_socket_dir()), safe='')}"
    return os.environ.get("DATABASE_URL") or embedded


def database_socket_dir() -> Path:
    """The directory in which the embedded PostgreSQL puts its socket."""
    return _database_socket(run_dir()).parent


def redis_socket() -> Path:
    """The socket of the embedded Valkey."""
    return _redis_socket(run_dir())


def redis_url(db: int = 0) -> str:
    """REDIS_URL with its database number replaced by `db`, else the embedded server's socket."""
    given = os.environ.get("REDIS_URL")
    if not given:
        return f"unix://{redis_socket()}?db={db}"
    parts = urlsplit(given)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={db}"
    return urlunsplit(parts._replace(path=f"/{db}"))


def broker_url() -> str:
    """The address of the Celery broker: CELERY_BROKER_URL, else database 0 of Redis as kombu spells it."""
    chosen = os.environ.get("CELERY_BROKER_URL")
    if chosen:
        return chosen
    parts = urlsplit(redis_url(0))
    if parts.scheme == "unix":
        return f"redis+socket://{parts.path}?virtual_host=0"
    return urlunsplit(parts)


def secret_key() -> str:
    """SECRET_KEY, else a key made once and kept in the data directory, readable by its owner only."""
    given = os.environ.get("SECRET_KEY")
    if given:
        return given
    kept = data_dir() / "secret-key"
    if not kept.exists():
        _write_once(kept, secrets.token_urlsafe(50))
    return kept.read_text().strip()


def take_data_option(argv: list[str]) -> None:
    """Turn the `--data DIR` of `manage.py up` into HELPDESK_DATA, before the settings are read."""
    if argv[1:2] == ["up"]:
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        parser.add_argument("--data")
        chosen = parser.parse_known_args(argv[2:])[0].data
        if chosen:
            os.environ["HELPDESK_DATA"] = str(Path(chosen).expanduser().resolve())


def make_data_dir() -> Path:
    """Create the data directory, private, if it is missing, and return it.

    Raises Unusable when it cannot be created or written.
    """
    path = data_dir()
    if not path.is_dir():
        # The directories above a new one are root's to share: its PostgreSQL, another user, must pass through them.
        before = os.umask(0o022) if os.geteuid() == 0 else None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            reason = f"cannot be created ({error.strerror})"
            raise Unusable(f"The data directory {path} {reason}: use --data or HELPDESK_DATA.") from error
        finally:
            if before is not None:
                os.umask(before)
    if not os.access(path, os.W_OK | os.X_OK):
        raise Unusable(f"The data directory {path} cannot be written by this user: use --data or HELPDESK_DATA.")
    return path


def make_run_dir() -> Path:
    """Create the directory of the sockets and return it. Raises Unusable when somebody else holds its name."""
    make_data_dir()
    path = run_dir()
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Unusable(
            f"{path} belongs to somebody else: use --data with a shorter path, so that sockets fit inside it."
        )
    if found.st_mode & (stat.S_IRWXO | stat.S_IRGRP | stat.S_IWGRP):
        path.chmod(0o700)
    return path


def _database_socket(run: Path) -> Path:
    return run / "pg" / ".s.PGSQL.5432"


def _redis_socket(run: Path) -> Path:
    return run / "kv" / "valkey.sock"


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:8]


def _write_once(path: Path, text: str) -> None:
    """Write `path` whole or not at all; whoever comes second keeps the first one's text."""
    make_data_dir()
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mkstemp files are 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()
