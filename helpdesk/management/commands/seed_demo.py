import time
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from accounts.models import User
from helpdesk.demo.ladders import make_ladders
from helpdesk.demo.replay import DAYS, replay
from helpdesk.demo.rotas import make_rotas
from helpdesk.demo.world import make_world
from tickets.models import Ticket


class Command(BaseCommand):
    help = "Fill an empty desk with demo data: thirty days replayed through the real verbs."

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exists() or Ticket.objects.exists():
            raise CommandError("This desk is not empty. Demo data goes into a new one only.")
        began = time.monotonic()
        now = timezone.now().replace(microsecond=0)
        self.say("  teams, people, customers, sites, articles")
        world = make_world(at=now - timedelta(days=DAYS + 1))
        self.say("  replaying thirty days")
        replay(world, now=now, say=self.say)
        self.say("  two rotas, two ladders")
        make_rotas(teams=world.teams, desk=world.desk, now=now)
        make_ladders(teams=world.teams, desk=world.desk, sites=world.sites, now=now)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self.say(f"  {Ticket.objects.count()} tickets in {time.monotonic() - began:.0f} s")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
