"""Whom the desk's letters may reach: asked at most once for a batch of news, however many lines it has."""

from collections.abc import Iterable
from datetime import UTC

from accounts.models import Membership, Role, User
from sla.models import Contact
from tickets.models import Event, Ticket


class People:
    """Users, members and managers that these lines ask for. Good for one transaction: nothing is kept beyond it."""

    def __init__(self, events: Iterable[Event]) -> None:
        tickets = [event.ticket for event in events]
        self.foreseen = {ticket.assignee_id for ticket in tickets} if len(tickets) > 1 else set()
        self.users: dict[int, User | None] = {}
        self.of_team: dict[int, list[User]] = {}
        self.within_team: dict[int, set[int]] = {}
        self.in_charge: list[User] | None = None

    def person(self, pk: int | None) -> list[User]:
        """This one; nobody when there is no such person."""
        if pk is None:
            return []
        if pk not in self.users:
            wanted = {pk, *(foreseen for foreseen in self.foreseen if foreseen is not None)}
            self.users |= dict.fromkeys(wanted)
            self.users |= User.objects.in_bulk(wanted)
        found = self.users[pk]
        return [found] if found else []

    def members(self, ticket: Ticket) -> list[User]:
        """The agents of its team."""
        if ticket.team_id not in self.of_team:
            self.of_team[ticket.team_id] = list(User.objects.desk().filter(memberships__team=ticket.team_id))
        return self.of_team[ticket.team_id]

    def managers(self, ticket: Ticket) -> list[User]:
        """The team's manager; of a team without one, every manager and admin: a P1 always lands with somebody."""
        if ticket.team.manager_id:
            return self.person(ticket.team.manager_id)
        if self.in_charge is None:
            self.in_charge = list(User.objects.filter(role__in=[Role.MANAGER, Role.ADMIN], is_active=True))
        return self.in_charge

    def assignee_or_team(self, ticket: Ticket) -> list[User]:
        """Who has it; its team while nobody has."""
        return self.person(ticket.assignee_id) if ticket.assignee_id else self.members(ticket)

    def contacts(self, ticket: Ticket) -> list[User]:
        """Whom its customer's contract names for tickets of this severity. One statement."""
        day = ticket.opened_at.astimezone(UTC).date()
        found = Contact.objects.filter(contract__organisation=ticket.organisation_id).select_related("contract", "user")
        return [
            one.user
            for one in found
            if one.contract.in_force(day) and (not one.severities or ticket.severity in one.severities)
        ]

    def within(self, ticket: Ticket) -> set[int]:
        """The ids of its team's members."""
        if ticket.team_id not in self.within_team:
            members = Membership.objects.filter(team=ticket.team_id).values_list("user", flat=True)
            self.within_team[ticket.team_id] = set(members)
        return self.within_team[ticket.team_id]
