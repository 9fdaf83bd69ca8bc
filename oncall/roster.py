"""Whom the targets of a step stand for at an instant, and by what each person is reached. Asked once for many pages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F

from accounts.models import Membership, Role, User
from integrations.models import Channel
from oncall.models import ContactMethod, Pager, Rota, Step, TargetKind, Via
from oncall.reading import Loaded, load
from oncall.rota import RotaError, zone_named
from sla.hours import Calendar, CalendarError, is_working
from tickets.models import Severity, Ticket

Part = Mapping[str, Any]  # of a plan: see oncall.plans


@dataclass(frozen=True)
class Way:
    """One way to reach somebody: its name, the method (None: their own mail address), and when."""

    name: str
    method: ContactMethod | None
    due_at: datetime


@dataclass(frozen=True)
class Called:
    """Those whom a step calls. `missing`: in words, whom it would have called had there been anybody."""

    people: list[User]
    rooms: list[Channel]
    missing: list[str]


class Roster:
    """Good for one instant and one transaction."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.rotas: dict[int, Loaded | None] = {}
        self.teams: dict[int, list[User]] = {}
        self.users: dict[int, User | None] = {}
        self.channels: dict[int, Channel | None] = {}
        self.methods: dict[int, list[ContactMethod]] = {}
        self.pagers: dict[int, Pager] = {}

    def foresee(self, users: Iterable[int]) -> None:
        """Ask at once for these people and their ways, who are likely to be called."""
        missing = [pk for pk in users if pk not in self.users]
        self.users |= dict.fromkeys(missing)
        self.users |= User.objects.filter(is_active=True).in_bulk(missing)
        self.know(pk for pk in missing if self.users[pk])

    def know(self, users: Iterable[int]) -> None:
        """Read the contact methods and quiet hours of these people: two statements."""
        asked = [pk for pk in users if pk not in self.methods]
        if not asked:
            return
        self.methods |= {pk: [] for pk in asked}
        rows = ContactMethod.objects.select_related("channel").filter(user__in=asked, verified_at__isnull=False)
        for row in rows.order_by("pk"):
            if row.channel is None or row.channel.is_active:
                self.methods[row.user_id].append(row)
        self.pagers |= {
            pager.user_id: pager for pager in Pager.objects.filter(user__in=asked, quiet_from__isnull=False)
        }

    # -- who ---------------------------------------------------------------------------------------------------------

    def called(self, step: Part, ticket: Ticket) -> Called:
        """Whom this step of a plan calls for this ticket, each once; of a round robin, the one whose turn it is."""
        people: list[User] = []
        rooms: list[Channel] = []
        missing: list[str] = []
        if not self.is_time(step):
            return Called([], [], ["it is outside of its hours"])
        for target in step["targets"]:
            found = self.people_of(target, ticket)
            self.know(user.pk for user in found)
            able = [user for user in found if user.is_desk and self.ways(user, ticket.severity)]
            room = self.channel(target["id"]) if target["kind"] == TargetKind.CHANNEL else None
            people += able
            rooms += [room] if room else []
            if not able and not room:
                missing.append(self.said(target, found))
        people = list({user.pk: user for user in people}.values())
        if step["round_robin"] and len(people) > 1:
            people = [sorted(people, key=lambda user: user.pk)[self.turn(step["row"]) % len(people)]]
        if not step["targets"]:
            missing.append(step["name"])
        return Called(people, list({room.pk: room for room in rooms}.values()), missing)

    def is_time(self, step: Part) -> bool:
        """Within the step's hours; a calendar that cannot be read keeps nobody from being called."""
        if not step["hours"]:
            return True
        try:
            return is_working(Calendar.from_dict(step["hours"]), self.at)
        except CalendarError:
            return True

    def people_of(self, target: Part, ticket: Ticket) -> list[User]:
        match target["kind"]:
            case TargetKind.USER:
                return self.user(target["id"])
            case TargetKind.ROTA:
                loaded = self.rota(target["id"])
                found = loaded.who(self.at) if loaded else None
                return [found] if found else []
            case TargetKind.TEAM:
                return self.team(target["id"])
            case TargetKind.ASSIGNEE:
                return self.user(ticket.assignee_id)
            case TargetKind.MANAGER:
                return self.managers(ticket)
        return []

    def said(self, target: Part, found: list[User]) -> str:
        """Why nobody is called."""
        if found:
            return f"{found[0]} cannot be reached by anything"
        match target["kind"]:
            case TargetKind.ROTA:
                loaded = self.rota(target["id"])
                return f"nobody is on call for {loaded.row}" if loaded else "its rota is gone"
            case TargetKind.TEAM:
                return "nobody works in its team"
            case TargetKind.ASSIGNEE:
                return "nobody has the ticket"
            case TargetKind.MANAGER:
                return "there is no manager"
            case TargetKind.CHANNEL:
                return "its channel is gone or not in use"
        return "the person is gone"

    def turn(self, step: int | None) -> int:
        """The next turn of a round robin, counted on."""
        if step is None or not Step.objects.filter(pk=step).update(turn=F("turn") + 1):
            return 0
        return Step.objects.values_list("turn", flat=True).get(pk=step) - 1

    def user(self, pk: int | None) -> list[User]:
        if pk is None:
            return []
        if pk not in self.users:
            self.users[pk] = User.objects.filter(pk=pk, is_active=True).first()
        found = self.users[pk]
        return [found] if found else []

    def rota(self, pk: int) -> Loaded | None:
        if pk not in self.rotas:
            self.rotas[pk] = next(iter(load(Rota.objects.filter(pk=pk), since=self.at, until=self.at)), None)
        return self.rotas[pk]

    def team(self, pk: int) -> list[User]:
        if pk not in self.teams:
            rows = Membership.objects.filter(team=pk).select_related("user").order_by("user")
            self.teams[pk] = [row.user for row in rows]
        return self.teams[pk]

    def managers(self, ticket: Ticket) -> list[User]:
        """The team's manager; of a team without one, every manager and admin."""
        if ticket.team.manager_id:
            return self.user(ticket.team.manager_id)
        return list(User.objects.filter(role__in=[Role.MANAGER, Role.ADMIN], is_active=True))

    def channel(self, pk: int) -> Channel | None:
        if pk not in self.channels:
            self.channels[pk] = Channel.objects.filter(pk=pk, is_active=True).first()
        return self.channels[pk]

    # -- by what -----------------------------------------------------------------------------------------------------

    def ways(self, user: User, severity: int) -> list[Way]:
        """By what and when this person is called, the earliest first. Who set up nothing for such tickets is written to
        at the address they sign in with, unless mail to it comes back."""
        self.know([user.pk])
        begin = self.begin(user, severity)
        found = [
            Way(method.way, method, begin + timedelta(minutes=after))
            for method in self.methods[user.pk]
            if (after := method.after(severity)) is not None
        ]
        if not found and user.undeliverable_at is None:
            found = [Way(Via.EMAIL.value, None, begin)]
        return sorted(found, key=lambda way: (way.due_at, way.name))

    def begin(self, user: User, severity: int) -> datetime:
        """Now; for P3 and P4 the end of the person's quiet hours."""
        pager, local = self.pagers.get(user.pk), self.at.astimezone(zone_of(user))
        if severity <= Severity.P2 or pager is None or not pager.is_quiet(local.time()) or pager.quiet_to is None:
            return self.at
        end = local.replace(hour=pager.quiet_to.hour, minute=pager.quiet_to.minute, second=0, microsecond=0)
        if end <= local:
            end += timedelta(days=1)
        return end.astimezone(self.at.tzinfo)


def zone_of(user: User) -> ZoneInfo:
    """The person's time zone; UTC when a later time zone database has dropped it."""
    try:
        return zone_named(user.time_zone)
    except RotaError:
        return zone_named("UTC")
