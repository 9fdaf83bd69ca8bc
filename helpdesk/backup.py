"""One file that holds the whole desk: a dump of the database, the files, and a manifest that says what is in it.

The archive is a tar (gzip when its name ends so): `manifest.json` first, then `database.dump` (pg_dump's custom
format), then `files/<two>/<key>`. It may be taken while the desk runs: the dump and the counts share one snapshot, and
the files are read after it, so that every file that the snapshot names is there. It is readable by its owner only.
SECRET_KEY is not in it: whoever found both could forge sign-ins to the desk that still runs.
"""

import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from psycopg2 import sql

from helpdesk.runtime import paths
from helpdesk.runtime.postgres import Programs, find_programs

FORMAT = 1
MANIFEST, DUMP, FILES = "manifest.json", "database.dump", "files/"
CHUNK = 1024 * 1024


class BackupFailed(RuntimeError):
    """It could not be made; nothing was left behind. The message says why."""


def programs() -> Programs:
    """PostgreSQL's own programs. Raises BackupFailed naming the way out."""
    try:
        return find_programs()
    except paths.Unusable as error:
        raise BackupFailed(str(error)) from error


def reach() -> dict[str, str]:
    """The environment by which PostgreSQL's programs reach the desk's database; no password on a command line."""
    given = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    chosen = {name: str(given[key]) for name, key in names.items() if given.get(key)}
    ssl = {"PGSSLMODE": "sslmode", "PGSSLROOTCERT": "sslrootcert"}
    chosen |= {name: str(given["OPTIONS"][key]) for name, key in ssl.items() if key in given["OPTIONS"]}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "PGCONNECT_TIMEOUT": "10", **chosen}


def key_fingerprint() -> str:
    """Tells whether a restored desk has the key of the old one, and nothing else about it."""
    return hashlib.scrypt(settings.SECRET_KEY.encode(), salt=b"helpdesk backup", n=2**14, r=8, p=1, dklen=16).hex()


def table_counts() -> dict[str, int]:
    """Rows of every table, in the snapshot of the transaction under way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        names = [row[0] for row in cursor.fetchall()]
        counts = {}
        for name in names:
            cursor.execute(sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(name)))
            counts[name] = int(cursor.fetchone()[0])
    return counts


@contextmanager
def snapshot() -> Iterator[str]:
    """A transaction that sees one instant for as long as it lasts; yields the name by which pg_dump joins it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        yield str(cursor.fetchone()[0])


def dump_database(to: Path) -> dict[str, int]:
    """Write the dump; -> the rows of each table in it."""
    with snapshot() as name:
        counts = table_counts()
        argv = [programs().path("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={name}"]
        done = subprocess.run(
            [*argv, "--schema=public", "--extension=*", "--no-comments", "--lock-wait-timeout=60s", f"--file={to}"],
            env=reach(), capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise BackupFailed(f"pg_dump failed: {done.stderr.strip()}")
    return counts


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def kept_files() -> Iterator[tuple[str, Path]]:
    """(name in the archive, place) of every stored file."""
    root = Path(settings.MEDIA_ROOT)
    for path in sorted(root.glob("??/*")) if root.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            yield FILES + path.relative_to(root).as_posix(), path


def applied_migrations() -> list[list[str]]:
    """[app, name] of what this database has been through."""
    return sorted([app, name] for app, name in MigrationRecorder(connection).applied_migrations())


def write_backup(to: Path, *, at: datetime) -> dict[str, Any]:
    """Make the archive `to`, whole or not at all, mode 0600; -> its manifest. Raises BackupFailed."""
    to.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}-")  # 0600
    os.close(handle)
    draft = Path(name)
    try:
        with tempfile.TemporaryDirectory(dir=to.parent, prefix=f".{to.name}-") as place:
            dump = Path(place) / DUMP
            counts = dump_database(dump)
            files = list(kept_files())
            manifest = {
                "format": FORMAT, "made_at": at.isoformat(), "base_url": settings.BASE_URL, "rows": counts,
                "dump_sha256": digest_of(dump), "migrations": applied_migrations(), "files": len(files),
                "key": key_fingerprint(), "postgres": connection.pg_version,  # type: ignore[attr-defined]
            }  # fmt: skip
            pack(draft, manifest, dump, files, gzip=to.suffix in {".gz", ".tgz"})
        draft.replace(to)
    except OSError as error:
        raise BackupFailed(f"{to} could not be written: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def pack(draft: Path, manifest: dict[str, Any], dump: Path, files: list[tuple[str, Path]], *, gzip: bool) -> None:
    """Write the members, manifest first. A file deleted meanwhile is left out."""
    with draft.open("wb") as out:
        with tarfile.open(fileobj=out, mode="w:gz" if gzip else "w", format=tarfile.PAX_FORMAT) as tar:
            text = json.dumps(manifest, indent=1).encode()
            add(tar, MANIFEST, io.BytesIO(text), len(text))
            with dump.open("rb") as file:
                add(tar, DUMP, file, dump.stat().st_size)
            for name, path in files:
                try:
                    with path.open("rb") as file:
                        add(tar, name, file, os.fstat(file.fileno()).st_size)
                except FileNotFoundError:
                    continue
        out.flush()
        os.fsync(out.fileno())


def add(tar: tarfile.TarFile, name: str, file: Any, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    tar.addfile(member, file)
