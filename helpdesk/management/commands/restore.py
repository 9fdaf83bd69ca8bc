"""`manage.py restore FILE`: a desk from its backup, with sending frozen."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import OperationalError
from django.utils import timezone

from helpdesk.backup import BackupFailed
from helpdesk.restore import RestoreFailed, restore_backup


class Command(BaseCommand):
    """Checked first, then in one transaction."""

    help = "Restore an archive of `manage.py backup` into an empty desk. Nothing is sent until an admin releases it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add FILE and --replace."""
        parser.add_argument("file", help="the archive to read")
        parser.add_argument("--replace", action="store_true", help="lose what this desk holds now")

    def handle(self, *args: object, **options: Any) -> None:
        """Restore, then say what to do next."""
        archive = Path(options["file"]).expanduser().absolute()
        try:
            told = restore_backup(archive, replace=options["replace"], at=timezone.now())
        except (RestoreFailed, BackupFailed) as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError(f"The database does not answer: start the desk first (bin/up). {error}") from error
        self.stdout.write(
            f"Restored the desk of {told['made_at']}: {told['tickets']} tickets, {told['people']} people, "
            f"{told['files']} files."
        )
        if told["missing"]:
            shown = ", ".join(told["missing"][:5])
            self.stdout.write(self.style.WARNING(f"{len(told['missing'])} files are missing, among them {shown}."))
        if not told["same_key"]:
            self.stdout.write(
                self.style.WARNING(
                    "SECRET_KEY is not that of the backup: links in mail sent earlier do not open here. Put the old "
                    "key in place (the file secret-key of the data directory, or the variable) and start again."
                )
            )
        self.stdout.write(
            f"Sending is frozen; {told['waiting']} deliveries wait. What next:\n"
            "  1. start the desk and look round: sign in, open a few tickets and files;\n"
            f"  2. check that BASE_URL is right (the backup's was {told['base_url']});\n"
            "  3. look through what waits at /mailbox/, cancel what is no longer true, then release sending there."
        )
        if told["mailboxes"]:
            self.stdout.write(
                f"  4. mail is not fetched from its {told['mailboxes']} mailboxes: once no other desk does so, press "
                "“Fetch now” at each in /settings/mailboxes/."
            )
