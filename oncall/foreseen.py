"""Whom ladders would call, looked at without calling: nothing is counted on, and long ladders cost no more statements
than short ones."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Membership, Role, User
from integrations.models import Channel
from lib.templatetags.ui import human_seconds
from oncall.models import ContactMethod, Pager, Rota, Step, TargetKind
from oncall.plans import Plan
from oncall.reading import load
from oncall.roster import Called, Part, Roster
from tickets.models import Ticket

EMAIL = "e-mail"
AHEAD = timedelta(days=1)  # overrides that begin while a ladder is climbed


class Foreseen(Roster):
    """The roster of these steps, read at once: eleven statements at most."""

    def __init__(self, at: datetime, steps: Iterable[Part], tickets: Iterable[Ticket]) -> None:
        super().__init__(at)
        steps, tickets = list(steps), list(tickets)
        asked: dict[str, set[int]] = defaultdict(set)
        for step in steps:
            for target in step["targets"]:
                asked[target["kind"]].add(target["id"] or 0)
        self.rotas |= dict.fromkeys(asked[TargetKind.ROTA])
        if self.rotas:
            rotas = Rota.objects.filter(pk__in=self.rotas)
            self.rotas |= {one.row.pk: one for one in load(rotas, since=at, until=at + AHEAD)}
        self.teams |= {pk: [] for pk in asked[TargetKind.TEAM]}
        if self.teams:
            members = Membership.objects.filter(team__in=self.teams).select_related("user").order_by("user")
            for row in members:
                self.teams[row.team_id].append(row.user)
        self.channels |= dict.fromkeys(asked[TargetKind.CHANNEL])
        if self.channels:
            self.channels |= {row.pk: row for row in Channel.objects.filter(pk__in=self.channels, is_active=True)}
        self.bosses = list(User.objects.filter(role__in=[Role.MANAGER, Role.ADMIN], is_active=True))
        leads = {ticket.team.manager_id for ticket in tickets} | {ticket.assignee_id for ticket in tickets}
        wanted = asked[TargetKind.USER] | {pk for pk in leads if pk}
        self.users |= dict.fromkeys(wanted) | {u.pk: u for u in User.objects.filter(pk__in=wanted, is_active=True)}
        self.read_ways()
        rows = {step["row"] for step in steps if step["round_robin"] and step["row"]}
        self.turns = dict(Step.objects.filter(pk__in=rows).values_list("pk", "turn")) if rows else {}

    def read_ways(self) -> None:
        """The contact methods and quiet hours of everybody who may be called."""
        people = {user.pk for user in self.users.values() if user} | {user.pk for user in self.bosses}
        people |= {user.pk for users in self.teams.values() for user in users}
        people |= {user.pk for one in self.rotas.values() if one and (user := one.who(self.at))}
        self.methods |= {pk: [] for pk in people}
        rows = ContactMethod.objects.select_related("channel").filter(user__in=people, verified_at__isnull=False)
        for row in rows:
            if row.channel is None or row.channel.is_active:
                self.methods[row.user_id].append(row)
        self.pagers |= dict.fromkeys(people) | {row.pk: row for row in Pager.objects.filter(user__in=people)}

    def turn(self, step: int | None) -> int:
        return self.turns.get(step or 0, 0)

    def managers(self, ticket: Ticket) -> list[User]:
        return self.user(ticket.team.manager_id) if ticket.team.manager_id else self.bosses


@dataclass(frozen=True)
class Rung:
    """One step as it would be taken. `after`: seconds from the beginning, None when it is skipped; `lines`: who by
    what and when; `missing`: whom it cannot reach, in words."""

    number: int
    name: str
    after: int | None
    lines: list[str]
    missing: list[str]


def foresee(plan: Plan, ticket: Ticket, at: datetime) -> list[Rung]:
    """Each step of a plan at `at`, were the ticket paged then; the last one is what happens when nobody answers."""
    roster = Foreseen(at, plan["steps"], [ticket])
    begin, found = 0, list[Rung]()
    for number, step in enumerate(plan["steps"], 1):
        roster.at = at + timedelta(seconds=begin)
        called = roster.called(step, ticket)
        reached = bool(called.people or called.rooms)
        lines = spoken(called, roster, ticket)
        found.append(Rung(number, step["name"], begin if reached else None, lines, called.missing))
        begin += step["wait"] if reached else 0
    roster.at = at
    managers = [user for user in roster.managers(ticket) if roster.ways(user, ticket.severity)]
    begin *= plan["repeats"] + 1
    last = spoken(Called(managers, [], []), roster, ticket)
    return [*found, Rung(0, "Nobody answered", begin, last, [] if managers else ["there is no manager to tell"])]


def spoken(called: Called, roster: Roster, ticket: Ticket) -> list[str]:
    """ "Ada: SMS at once, phone call after 3m"."""
    people = []
    for user in called.people:
        ways = [
            f"{way.method.get_via_display() if way.method else EMAIL} {when((way.due_at - roster.at).total_seconds())}"
            for way in roster.ways(user, ticket.severity)
        ]
        people.append(f"{user}: {', '.join(ways)}")
    return people + [f"{room} ({room.get_kind_display()})" for room in called.rooms]


def when(seconds: float) -> str:
    return f"after {human_seconds(seconds)}" if seconds >= 1 else "at once"


def next_called(plan: Plan, first: int, ticket: Ticket, at: datetime) -> tuple[int, list[str]] | None:
    """The first step from number `first` on that reaches anybody, and whom; None when none does."""
    steps: Sequence[Part] = plan["steps"][first - 1 :]
    roster = Foreseen(at, steps, [ticket])
    for number, step in enumerate(steps, first):
        called = roster.called(step, ticket)
        if called.people or called.rooms:
            return number, [*map(str, called.people), *map(str, called.rooms)]
    return None
