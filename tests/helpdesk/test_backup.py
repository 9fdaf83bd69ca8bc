"""The drill: a desk that runs is backed up, lost, and restored elsewhere."""

import io
import json
import os
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from deliveries.models import Delivery, DeliverySwitch
from files.models import File
from files.store import path_of, save_file
from integrations.models import Mailbox
from tests import make
from tests.make import T0
from tickets.actions.opening import NewTicket, open_ticket
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
CONTENT = b"the log of that night\n" * 1000


@pytest.fixture
def desk(cast, shop, tmp_path: Path, settings) -> Ticket:
    """A ticket with a file and mail that waits."""
    settings.MEDIA_ROOT = tmp_path / "files"
    log = save_file(stream=io.BytesIO(CONTENT), name="night.log", uploaded_by=cast.customer, at=T0)
    new = NewTicket(subject="Down", body="See *log*", channel="form", requester=cast.customer, site=shop, files=[log])
    ticket = open_ticket(new=new, at=T0, actor=cast.customer, via="form")
    assert Delivery.objects.filter(next_try_at__isnull=False).exists()
    mailbox = Mailbox(name="Support", address="desk@helpdesk.example", host="mail.example", next_fetch_at=T0)
    mailbox.seal("a password")
    mailbox.save()
    return ticket


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of a new, empty database on the same server."""
    given, name = connection.settings_dict, f"{connection.settings_dict['NAME']}_restored"
    server = psycopg2.connect(
        host=given["HOST"], port=given["PORT"], user=given["USER"], password=given["PASSWORD"], dbname="postgres"
    )
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield (
        f"postgresql://{given['USER']}:{given['PASSWORD']}@:{given['PORT']}/{name}?host={given['HOST']}"
        if str(given["HOST"]).startswith("/")
        else f"postgresql://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{name}"
    )
    with server.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    server.close()


def manage(database: str, files: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Another installation: its own database and files."""
    env = {**os.environ, "DATABASE_URL": database, "FILES_DIR": str(files)}
    return subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *command], env=env, capture_output=True, text=True
    )


LOOK = """
from django.utils import timezone
from deliveries.models import Delivery, DeliverySwitch
from tickets.models import Ticket, Message
from files.models import File
from files.store import path_of
from integrations.models import Mailbox
import hashlib, json
print(json.dumps({
    "tickets": list(Ticket.objects.order_by("pk").values_list("pk", "subject", "token")),
    "bodies": list(Message.objects.order_by("pk").values_list("body", flat=True)),
    "files": [hashlib.sha256(path_of(f).read_bytes()).hexdigest() for f in File.objects.all()],
    "waiting": Delivery.objects.filter(next_try_at__isnull=False).count(),
    "due": Delivery.objects.due(timezone.now()).count(),
    "frozen": DeliverySwitch.now().frozen_at is not None,
    "mailboxes": [[m.address, m.next_fetch_at, "password" in m.secret, m.open_secret()] for m in Mailbox.objects.all()],
}))
"""


OPEN = """
from accounts.models import User
from tests import make
print(make.ticket(requester=User.objects.get(email="cora@acme.example")).pk)
"""


def test_a_lost_desk_comes_back_elsewhere_and_sends_nothing(desk, elsewhere, tmp_path):
    archive = tmp_path / "desk.tar.gz"
    call_command("backup", str(archive), stdout=io.StringIO())
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600 and list(tmp_path.glob(".desk*")) == []
    told = manage(elsewhere, tmp_path / "new-files", "restore", str(archive))
    assert told.returncode == 0, told.stderr
    assert "Sending is frozen" in told.stdout and "1 tickets" in told.stdout and "missing" not in told.stdout
    seen = json.loads(manage(elsewhere, tmp_path / "new-files", "shell", "-v0", "-c", LOOK).stdout.splitlines()[-1])
    assert seen == {
        "tickets": [[desk.pk, "Down", desk.token]],
        "bodies": list(Message.objects.order_by("pk").values_list("body", flat=True)),
        "files": [File.objects.get().sha256],
        "waiting": Delivery.objects.filter(next_try_at__isnull=False).count(),
        "due": 0,
        "frozen": True,
        "mailboxes": [["desk@helpdesk.example", None, False, "a password"]],
    }
    number = manage(elsewhere, tmp_path / "new-files", "shell", "-v0", "-c", OPEN).stdout.split()[-1]
    assert int(number) == desk.pk + 1
    again = manage(elsewhere, tmp_path / "new-files", "restore", str(archive))
    assert again.returncode != 0 and "not empty" in again.stderr
    replaced = manage(elsewhere, tmp_path / "new-files", "restore", str(archive), "--replace")
    assert replaced.returncode == 0, replaced.stderr


def test_sending_here_is_not_frozen_by_a_backup(desk, tmp_path):
    call_command("backup", str(tmp_path / "a.tar"), stdout=io.StringIO())
    assert DeliverySwitch.now().frozen_at is None and path_of(File.objects.get()).read_bytes() == CONTENT
    assert Delivery.objects.due(T0 + timedelta(days=1)).exists()


def test_it_replaces_no_archive_unasked(desk, tmp_path):
    (tmp_path / "a.tar").write_text("mine")
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(tmp_path / "a.tar"))
    assert (tmp_path / "a.tar").read_text() == "mine"


def rewritten(archive: Path, to: Path, **changed: object) -> Path:
    """The archive with members replaced (or added) by name; "/" is spelt "__"."""
    with tarfile.open(archive) as source, tarfile.open(to, "w") as target:
        members = {m.name: source.extractfile(m).read() for m in source}
        for name, content in changed.items():
            key = {"manifest": "manifest.json", "dump": "database.dump"}.get(name, name.replace("__", "/"))
            members[key] = content(members.get(key)) if callable(content) else content
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    return to


def edited(**fields: object):
    """A manifest with other fields."""
    return lambda text: json.dumps({**json.loads(text), **fields}).encode()


def one_ticket_more(text: bytes) -> bytes:
    manifest = json.loads(text)
    manifest["rows"]["tickets_ticket"] += 1
    return json.dumps(manifest).encode()


BROKEN = [
    ({"dump": b"nonsense"}, "damaged"),
    ({"manifest": b"{"}, "damaged"),
    ({"manifest": edited(format=99)}, "format 99"),
    ({"manifest": edited(migrations=[["tickets", "9999_future"]])}, "newer version"),
    ({"manifest": one_ticket_more}, "does not have the 2 rows"),
    ({"..__..__evil": b"x"}, "none of ours"),
]


def test_it_refuses_a_backup_that_is_not_whole_and_changes_nothing(desk, tmp_path):
    archive = tmp_path / "desk.tar"
    call_command("backup", str(archive), stdout=io.StringIO())
    for changed, why in BROKEN:
        broken = rewritten(archive, tmp_path / "broken.tar", **changed)
        with pytest.raises(CommandError, match=why):
            call_command("restore", str(broken), "--replace", stdout=io.StringIO())
        assert Ticket.objects.get().pk == desk.pk and DeliverySwitch.now().frozen_at is None
    whole = tmp_path / "half.tar"
    whole.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    with pytest.raises(CommandError, match="damaged|cannot be read"):
        call_command("restore", str(whole), "--replace", stdout=io.StringIO())


def test_it_refuses_what_is_no_archive(db, tmp_path):
    (tmp_path / "x.tar").write_bytes(b"hello")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("restore", str(tmp_path / "x.tar"))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("restore", str(tmp_path / "missing.tar"))


def test_it_refuses_to_overwrite_a_desk_unasked(desk, tmp_path):
    archive = tmp_path / "desk.tar"
    call_command("backup", str(archive), stdout=io.StringIO())
    make.ticket(subject="since then")
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", str(archive))
    assert Ticket.objects.count() == 2
