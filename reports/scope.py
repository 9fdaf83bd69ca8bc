"""Over what a reader's figures are counted: the tickets she may see, of one team or of all."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.models import Team, User
from tickets.models import Ticket, teams_hidden_from

Tickets = QuerySet[Ticket]


@dataclass(frozen=True, slots=True)
class Scope:
    """`about` says of rows that have a ticket (clocks, ratings) what `tickets` holds, in the way that costs least."""

    tickets: Tickets
    about: Q

    @classmethod
    def of(cls, user: User, team: Team | None = None) -> "Scope":
        """What this person of the desk may see; of one team when given. At most one small statement."""
        seen = Ticket.objects.visible_to(user)
        if team:
            seen = seen.filter(team=team)
            return cls(seen, Q(ticket__in=seen))
        # Looking up the ticket of each of fifty thousand clocks costs more than counting them. Most readers see every
        # team, the others nearly all: so what they do not see is left out, instead of the rest being looked up.
        hidden = list(teams_hidden_from(user).values_list("pk", flat=True))
        return cls(seen, ~Q(ticket__in=Ticket.objects.filter(team__in=hidden)) if hidden else Q())
