"""Thousands of stages that fall due while workers die: each is there once, with its line, its breach and its verb."""

import random
from collections import Counter
from datetime import timedelta

from django.utils import timezone

from accounts.models import Team
from catalog.models import Site
from lib import rows
from sla import clocks, rulebook
from sla.models import Act, Breach, Calendar, Clock, Firing, Policy, Stage, Target
from tickets.models import Event, Kind, Severity, Ticket

NAME = "Soak stages"
EARLY = (25, 50, 75)  # and one at the deadline itself
EACH = len(EARLY) + 1


def fall_due(count: int, *, within: int, seed: int) -> None:
    """Open so many fourths of `count` tickets, each with one clock whose four stages are reached within so many
    seconds. The one at half the time starts a ladder, so that a verb goes with it."""
    team = Team.objects.create(name=NAME, slug="soak-stages")
    site = Site.objects.create(name=NAME, slug="soak-stages", url="https://stages.example", fallback_team=team)
    policy = Policy.objects.create(name=NAME, site=site)
    always = Calendar.objects.get(name="Around the clock")
    target = max(8, within // 2)
    Target.objects.create(policy=policy, severity=1, obligation="acknowledge", seconds=target, calendar=always)
    for percent in (*EARLY, 100):
        actions = [{"do": Act.START_LADDER}] if percent == 50 else []
        Stage.objects.create(policy=policy, percent=percent, position=percent, actions=actions)
    rulebook.renew()
    rule = rulebook.current().by_pk[policy.pk]
    dice, now = random.Random(seed), timezone.now()
    tickets = [
        Ticket(
            subject=f"Soak stage {number}", severity=Severity.P1, team=team, site=site, channel="monitor",
            opened_at=now, last_event_at=now,
        )
        for number in range(count // EACH)
    ]  # fmt: skip
    Ticket.objects.bulk_create(tickets)
    made = []
    for ticket in tickets:
        start = now + timedelta(seconds=dice.uniform(0, max(1, within - target)))
        made.append(clocks.start(ticket, "acknowledge", rule, at=start, cause="Opened"))
    rows.insert(made)


def unfired() -> int:
    """Clocks of which something is still to come."""
    return Clock.objects.filter(policy__name=NAME, fires_at__isnull=False).count()


def broken() -> dict[str, list[str]]:
    """Each broken promise with examples."""
    ours = list(Clock.objects.filter(policy__name=NAME).values_list("pk", "ticket"))
    fired = Counter(Firing.objects.filter(clock__policy__name=NAME).values_list("clock", flat=True))
    breaches = Counter(Breach.objects.filter(policy__name=NAME).values_list("clock", flat=True))
    lines = Counter(
        Event.objects.filter(ticket__in=[ticket for _, ticket in ours]).values_list("ticket", "kind")
    )  # fmt: skip
    wanted = {Kind.WARNED: len(EARLY), Kind.BREACHED: 1, Kind.ESCALATED: 1}
    return {
        "a clock whose stages did not fire once each": [f"{pk}: {fired[pk]}" for pk, _ in ours if fired[pk] != EACH],
        "a clock without its one breach": [f"{pk}: {breaches[pk]}" for pk, _ in ours if breaches[pk] != 1],
        "a stage without its one line": [
            f"#{ticket} {kind}: {lines[ticket, kind]}"
            for _, ticket in ours
            for kind, count in wanted.items()
            if lines[ticket, kind] != count
        ],
    }


def fired() -> int:
    """How many stages fired."""
    return Firing.objects.filter(clock__policy__name=NAME).count()
