"""Putting a backup back: checked first, then in one transaction of the database, with sending frozen."""

import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from accounts.models import User
from deliveries.actions import freeze
from deliveries.models import Delivery, DeliverySwitch
from files.models import File
from files.store import path_of
from helpdesk.backup import DUMP, FILES, FORMAT, MANIFEST, digest_of, key_fingerprint, programs, reach
from integrations.models import Mailbox, Protocol
from tickets.models import Ticket

STORED = re.compile(r"files/([0-9a-f]{2})/(\1[0-9a-f]{46})")
REASON = "Restored from a backup: look through what waits before mail goes out."
FREEZE = """
INSERT INTO public.{switch} (id, frozen_at, reason) VALUES ({row}, now(), '{reason}')
ON CONFLICT (id) DO UPDATE SET frozen_at = excluded.frozen_at, reason = excluded.reason;
"""
# Another desk may still be fetching from them.
LEAVE = "UPDATE public.{mailboxes} SET next_fetch_at = NULL;"
COUNT = """
DO $$ BEGIN IF (SELECT count(*) FROM public.{table}) <> {rows} THEN
RAISE EXCEPTION 'the table {table} does not have the {rows} rows that the manifest promises'; END IF; END $$;
"""


class RestoreFailed(RuntimeError):
    """The desk is as it was. The message says why."""


def is_empty() -> bool:
    """Nobody works here and nothing was asked: a new database, migrated or not."""
    tables = set(connection.introspection.table_names())
    used = (User, Ticket)
    return not any(model._meta.db_table in tables and model.objects.exists() for model in used)


@contextmanager
def opened(archive: Path) -> Iterator[tarfile.TarFile]:
    """The archive for reading. Raises RestoreFailed when it is none, or broken off."""
    try:
        with tarfile.open(archive, "r:*") as tar:
            yield tar
    except (tarfile.TarError, EOFError, OSError) as error:
        raise RestoreFailed(f"{archive} cannot be read as a backup: {error}") from error


def read_manifest(archive: Path) -> dict[str, Any]:
    """The manifest. Raises RestoreFailed when this version cannot restore what it describes."""
    with opened(archive) as tar:
        first = tar.next()
        if first is None or first.name != MANIFEST or not (file := tar.extractfile(first)):
            raise RestoreFailed(f"{archive} is not a backup of a helpdesk: it does not begin with a manifest.")
        try:
            manifest: dict[str, Any] = json.loads(file.read(1024 * 1024))
            number, migrations = manifest["format"], {(app, name) for app, name in manifest["migrations"]}
            rows = {str(name): int(count) for name, count in manifest["rows"].items()}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RestoreFailed(f"The manifest of {archive} is damaged.") from error
    if number != FORMAT:
        raise RestoreFailed(f"This backup has format {number}; this version reads format {FORMAT}.")
    ours = {app.label for app in apps.get_app_configs()}
    known = set(MigrationLoader(None).disk_migrations)
    unknown = [pair for pair in migrations - known if pair[0] in ours]
    if unknown:
        raise RestoreFailed(
            f"The backup is of a newer version (it knows {'.'.join(min(unknown))}): update this one first."
        )
    return manifest | {"rows": rows}


def unpack(archive: Path, place: Path) -> tuple[Path, int]:
    """The dump and the files beneath `place`, by names that only we give; -> (dump, number of files)."""
    dump, files = place / DUMP, 0
    with opened(archive) as tar:
        for member in tar:
            target = dump if member.name == DUMP else None
            if match := STORED.fullmatch(member.name):
                target = place / FILES / match[1] / match[2]
                files += 1
            source = tar.extractfile(member) if target and member.isfile() else None
            if target is None or source is None:
                if member.name == MANIFEST:
                    continue
                raise RestoreFailed(f"The backup holds something that is none of ours: {member.name[:100]!r}.")
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as out:
                shutil.copyfileobj(source, out)
    return dump, files


def restore_backup(archive: Path, *, replace: bool, at: datetime) -> dict[str, Any]:
    """Make the desk what the archive says, sending frozen; -> a report. Raises RestoreFailed and changes nothing.

    A database that holds people or tickets is only replaced when told so. Files are added, never taken away: their
    names are random, so that they cannot meet.
    """
    manifest = read_manifest(archive)
    if not replace and not is_empty():
        raise RestoreFailed("This desk is not empty. Restore into a new one, or give --replace to lose what is here.")
    media = Path(settings.MEDIA_ROOT)
    media.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=media.parent, prefix=".restore-") as name:
        place = Path(name)
        dump, files = unpack(archive, place)
        if not dump.exists() or digest_of(dump) != manifest["dump_sha256"]:
            raise RestoreFailed("The dump in this backup is not the one its manifest describes: it is damaged.")
        move_files(place / FILES, media)
        load(dump, manifest["rows"], place / "restore.sql")
    connection.close()
    call_command("migrate", interactive=False, verbosity=0)
    freeze(reason=REASON, at=at, actor=None)  # again, for the audit log
    missing = [file.name for file in File.objects.iterator() if not path_of(file).exists()]
    return {
        "made_at": manifest["made_at"], "base_url": manifest.get("base_url", ""), "files": files, "missing": missing,
        "tickets": Ticket.objects.count(), "people": User.objects.count(),
        "waiting": Delivery.objects.filter(next_try_at__isnull=False).count(),
        "mailboxes": Mailbox.objects.filter(is_active=True).exclude(protocol=Protocol.PUSH).count(),
        "same_key": manifest.get("key") == key_fingerprint(),
    }  # fmt: skip


def move_files(source: Path, media: Path) -> None:
    """Into their places, each whole or not at all."""
    for path in source.glob("??/*"):
        target = media / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)


def load(dump: Path, rows: dict[str, int], script: Path) -> None:
    """Empty the schema, fill it, count it and freeze sending, in one transaction: a worker that runs sees none of it
    before mail is stopped, out and in. Raises RestoreFailed; BackupFailed when PostgreSQL's programs are missing."""
    found = programs()
    made = run([found.path("pg_restore"), "--no-owner", "--no-privileges", f"--file={script}", str(dump)])
    if made.returncode:
        raise RestoreFailed(f"The dump cannot be read: {made.stderr.strip()[:500]}")
    head = script.with_name("head.sql")  # the dump makes the schema anew
    head.write_text(
        "SET client_min_messages = warning; SET lock_timeout = '60s'; SET statement_timeout = 0;"
        "DROP SCHEMA IF EXISTS public CASCADE;"
    )
    tail = script.with_name("tail.sql")
    quote = connection.ops.quote_name
    counts = "".join(COUNT.format(table=quote(name), rows=count) for name, count in rows.items())
    switch = quote(DeliverySwitch._meta.db_table)
    mailboxes = Mailbox._meta.db_table
    leave = LEAVE.format(mailboxes=quote(mailboxes)) if mailboxes in rows else ""
    tail.write_text(counts + leave + FREEZE.format(switch=switch, row=DeliverySwitch.ROW, reason=REASON))
    connection.close()
    argv = [found.path("psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    done = run([*argv, "--output=/dev/null", f"--file={head}", f"--file={script}", f"--file={tail}"])
    if done.returncode:
        raise RestoreFailed(f"PostgreSQL refused, nothing was changed: {done.stderr.strip()[:1000]}")


def run(argv: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(argv, env=reach(), capture_output=True, text=True, errors="replace", check=False)
