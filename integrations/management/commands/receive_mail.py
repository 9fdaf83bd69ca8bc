"""`manage.py receive_mail < message`: the door for a mail server on this machine."""

import argparse
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from integrations.mail import intake
from integrations.models import Mailbox, Protocol

TEMPFAIL = 75  # EX_TEMPFAIL of sysexits.h: keep it and try again


class Command(BaseCommand):
    """Stores one mail and interprets nothing: the worker does."""

    help = "Take one mail from standard input. Exit 0 once it is stored, 75 (try again later) on any error."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add --mailbox."""
        parser.add_argument(
            "--mailbox",
            metavar="ADDRESS",
            default=os.environ.get("ORIGINAL_RECIPIENT") or os.environ.get("RECIPIENT") or "",
            help="whose mail it is (also ORIGINAL_RECIPIENT or RECIPIENT, as Postfix sets them); not needed with one "
            "mailbox only",
        )

    def run_from_argv(self, argv: list[str]) -> None:
        """A mail server bounces what ends with any other number."""
        try:
            super().run_from_argv(argv)
        except SystemExit as end:
            if end.code in (0, None):
                raise
            sys.exit(TEMPFAIL)
        except Exception as error:  # whatever it is, the mail must stay with the mail server
            self.stderr.write(f"{type(error).__name__}: {error}")
            sys.exit(TEMPFAIL)

    def handle(self, *args: object, **options: Any) -> None:
        """Find the mailbox, store, say nothing."""
        mailbox = mailbox_for(options["mailbox"])
        limit = settings.MAIL_MAX_BYTES
        raw = sys.stdin.buffer.read(limit + 1)
        if not raw.strip():
            raise CommandError("There is no mail on standard input.")
        if len(raw) > limit:
            why = intake.too_large(len(raw), limit)
            intake.store_unfit(mailbox, raw[: 64 * 1024], timezone.now(), why=why, size=len(raw), via="pipe")
            raise CommandError(why)
        intake.store(mailbox, raw, timezone.now(), via="pipe")


def mailbox_for(address: str) -> Mailbox:
    """The mailbox of an address, with or without a +detail; the only one there is for "". Raises CommandError."""
    mailboxes = Mailbox.objects.all()
    if not address:
        only = list(mailboxes.filter(protocol=Protocol.PUSH)[:2]) or list(mailboxes[:2])
        if len(only) != 1:
            raise CommandError("Say whose mail it is: --mailbox ADDRESS")
        return only[0]
    local, _, domain = address.strip().strip("<>").rpartition("@")
    for wanted in (f"{local}@{domain}", f"{local.partition('+')[0]}@{domain}"):
        if found := mailboxes.filter(address__iexact=wanted).first():
            return found
    raise CommandError(f"There is no mailbox {address}.")
