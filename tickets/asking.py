"""What the pages of the desk ask of the database each time, written once for each role (lib/written.py)."""

from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value, Window

from accounts.models import User
from lib.written import Written
from tickets.models import Event, Ticket
from tickets.models.ticket import Among, TicketQuerySet
from tickets.paging import PAGE, SORTS, ordering
from tickets.queues import NEVER, VIEWS, somebody, teams_of_desk
from tickets.rows import CARD, RELATED, printed

LIMIT = 300  # lines of one page; an alert that repeats all night must not weigh on whoever opens its ticket
PAST_SHOWN = 3
# What a line about another ticket prints; a ticket has fifty columns.
SHORT = ("status", "subject", "opened_at", "merged_into", "follows")


def seen(role: str, me: int) -> TicketQuerySet:
    return Ticket.objects.visible_to(somebody(role, me))


def first_page(key: str, order: str, role: str, me: int) -> QuerySet[Any, Any]:
    """The top of a view that nobody narrowed.

    Of a view in halves, the top of each: PostgreSQL may take an OR for common, and read all that is open to find none.
    """
    view, person, sort = VIEWS[key], somebody(role, me), ordering(SORTS[order], backwards=False)
    halves = [choose(seen(role, me), person, NEVER) for choose in view.halves or (view.choose,)]
    if key == "all":
        halves = [tickets.open() for tickets in halves]
    first, *others = (printed(tickets.order_by(*sort))[: PAGE + 1] for tickets in halves)
    return first.union(*others, all=True).order_by(*sort)[: PAGE + 1] if others else first


top_of_view = Written[tuple[Any, ...]](first_page, maybe=("me",))
teams_to_name = Written[tuple[int, str]](
    lambda role, me: teams_of_desk(somebody(role, me)).values_list("pk", "name"), maybe=("me",)
)
ticket_by_number = Written[Ticket](
    lambda role, pk, me: seen(role, me).filter(pk=pk).select_related(*RELATED).annotate(**CARD), "pk", maybe=("me",)
)
newest_events = Written[Event](
    lambda everything, pk: (
        Event.objects.timeline(Ticket(pk=pk))
        .select_related(None)
        .select_related("message")
        .order_by("-at", "-id")[: None if everything else LIMIT + 1]
    ),
    "pk",
)
people_by_key = Written[User](lambda keys: User.objects.filter(Among(F("pk"), Value(keys))).order_by(), "keys")
# The requester's newest other tickets; each carries `total`, how many there are.
past_of = Written[Ticket](
    lambda role, requester, pk, me: (
        seen(role, me)
        .filter(requester=requester)
        .exclude(pk=pk)
        .only(*SHORT)
        .annotate(total=Window(Count("*")))
        .order_by("-opened_at")[:PAST_SHOWN]
    ),
    "requester",
    "pk",
    maybe=("me",),
)
# What was merged into it, what follows it, what it follows and where it went.
linked_to = Written[Ticket](
    lambda role, pk, follows, into, me: (
        seen(role, me)
        .filter(Q(merged_into=pk) | Q(follows=pk) | Q(pk=follows) | Q(pk=into))
        .only(*SHORT)
        .order_by("pk")
    ),
    "pk",
    "follows",
    "into",
    maybe=("me",),
)
