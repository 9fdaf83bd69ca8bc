from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from helpdesk.demo.scale import seed_scale


class Command(BaseCommand):
    help = "Bulk-load tickets for measuring. Deterministic; not for a desk in use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tickets", type=int, default=100_000)
        parser.add_argument("--seed", type=int, default=7)

    def handle(self, *args: Any, **options: Any) -> None:
        seed_scale(options["tickets"], now=timezone.now(), seed=options["seed"], say=self.stdout.write)
