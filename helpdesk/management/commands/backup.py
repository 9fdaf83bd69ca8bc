"""`manage.py backup FILE`: the whole desk in one file, while it runs."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import OperationalError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from helpdesk.backup import BackupFailed, write_backup


class Command(BaseCommand):
    """Database and files, from one instant."""

    help = "Write the database and all files into one archive (.tar, or .tar.gz). The desk may run meanwhile."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add FILE and --force."""
        parser.add_argument("file", help="the archive to write, such as /backups/desk-monday.tar")
        parser.add_argument("--force", action="store_true", help="replace FILE if it exists")

    def handle(self, *args: object, **options: Any) -> None:
        """Write it and say what is in it."""
        to = Path(options["file"]).expanduser().absolute()
        if to.exists() and not options["force"]:
            raise CommandError(f"{to} exists already. Choose another name, or give --force.")
        try:
            manifest = write_backup(to, at=timezone.now())
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError(f"The database does not answer: start the desk first (bin/up). {error}") from error
        rows = manifest["rows"]
        self.stdout.write(
            f"{to}: {filesizeformat(to.stat().st_size)}, {rows.get('tickets_ticket', 0)} tickets, "
            f"{rows.get('tickets_message', 0)} messages, {rows.get('accounts_user', 0)} people, "
            f"{manifest['files']} files."
        )
        self.stdout.write(
            "It holds personal data: keep it safe. Keep SECRET_KEY (the file secret-key of the data directory) in "
            "another place: links in mail sent so far need it."
        )
