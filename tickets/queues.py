"""The views of the queue as data: which tickets each holds, and how many."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Membership, Team, User
from tickets.models import Ticket, teams_hidden_from
from tickets.models.ticket import TicketQuerySet
from tickets.states import Status

Chosen = Callable[[TicketQuerySet, User, datetime], TicketQuerySet]

# A count stops here ("999+"), so that the rail costs the same on a desk with a million tickets.
COUNT_CAP = 1000
ORDER = "due"  # how a view of open tickets is sorted (tickets/paging.py) until somebody says otherwise


def teams_of(user: User) -> QuerySet[Any, Any]:
    """The ids of a person's teams, as a subquery."""
    return Membership.objects.filter(user=user).values("team")


def teams_of_desk(user: User) -> QuerySet[Team]:
    """Teams whose tickets somebody of the desk may see, for choosing."""
    return Team.objects.exclude(pk__in=teams_hidden_from(user))


@dataclass(frozen=True, kw_only=True)
class View:
    """One entry of the rail. `choose(visible tickets, user, now)` answers its tickets; `empty` says what next."""

    key: str
    name: str
    icon: str
    hint: str
    stroke: str
    empty: tuple[str, str]
    choose: Chosen
    by_time: bool = False  # what it holds changes while nothing happens
    halves: tuple[Chosen, ...] = ()  # disjoint parts, when each has an index and the whole has none

    @property
    def url(self) -> str:
        return f"/queue/{self.key}"


VIEWS = {
    view.key: view
    for view in (
        View(
            key="needs-me", name="Needs me", icon="inbox", stroke="g i",
            hint="Your move: yours, or nobody's in your teams",
            empty=("Nothing needs you", "Tickets that wait for you or your team land here."),
            choose=lambda tickets, user, now: tickets.needs(user),
            halves=(
                lambda tickets, user, now: tickets.active().filter(assignee=user),
                lambda tickets, user, now: tickets.active().filter(assignee=None, team__in=teams_of(user)),
            ),
        ),
        View(
            key="team", name="My teams", icon="users", stroke="g t", hint="Everything open in your teams",
            empty=("Your teams have nothing open", "New tickets are routed here."),
            choose=lambda tickets, user, now: tickets.open().filter(team__in=teams_of(user)),
        ),
        View(
            key="unassigned", name="Unassigned", icon="user-x", stroke="g u", hint="Open, and nobody has it",
            empty=("Everything has an owner", "A ticket that nobody has taken shows up here."),
            choose=lambda tickets, user, now: tickets.open().filter(assignee=None),
        ),
        View(
            key="at-risk", name="SLA at risk", icon="timer", stroke="g r", hint="Due within the hour, or overdue",
            empty=("No deadline is near", "Tickets due within the hour, and overdue ones, show up here."),
            choose=lambda tickets, user, now: tickets.at_risk(now),
            by_time=True,
        ),
        View(
            key="waiting", name="Waiting", icon="hourglass", stroke="g w",
            hint="Somebody else's move: the requester's, a third party's, a date's",
            empty=("Nobody is waited for", "Tickets waiting for an answer or on hold show up here."),
            choose=lambda tickets, user, now: tickets.filter(status__in=(Status.WAITING, Status.ON_HOLD)),
        ),
        View(
            key="all", name="All tickets", icon="layers", stroke="g a", hint="Everything you may see; open at first",
            empty=("There are no tickets yet", "They arrive by form, alert and API, or you open one for somebody."),
            choose=lambda tickets, user, now: tickets,
        ),
    )
}  # fmt: skip


def tickets_of(view: View, user: User, now: datetime) -> TicketQuerySet:
    """The visible tickets of a view."""
    return view.choose(Ticket.objects.visible_to(user), user, now)


# Who and when the statement of the counts is written for; `counts` puts the real ones in their place.
NOBODY, NEVER = -1, datetime(1970, 1, 1, tzinfo=UTC)


def somebody(role: str, pk: int) -> User:
    """A person of whom the role is known and nothing else, to write a statement for all of that role.

    `visible_to` and the views may decide by the role alone: who asks for more of this person gets DoesNotExist.
    """
    return User.from_db(DEFAULT_DB_ALIAS, ["id", "role", "is_active"], [pk, role, True])


@cache
def statement(role: str) -> tuple[str, tuple[Any, ...]]:
    """The one statement that counts every view for people of a role: to write it anew costs more than to run it."""
    user = somebody(role, NOBODY)
    columns: list[str] = []
    params: list[Any] = []
    for view in VIEWS.values():
        sums = []
        for choose in view.halves or (view.choose,):
            tickets = choose(Ticket.objects.visible_to(user), user, NEVER)
            if view.key == "all":
                tickets = tickets.open()
            sql, values = tickets.order_by().values("team")[:COUNT_CAP].query.sql_with_params()
            sums.append(f"(SELECT count(*) FROM ({sql}) v)")  # noqa: S608 - written by the ORM
            params.extend(values)
        columns.append(" + ".join(sums))
    return f"SELECT {', '.join(columns)}", tuple(params)  # noqa: S608 - written by the ORM


def counts(user: User, now: datetime) -> dict[str, int]:
    """How many tickets each view shows this person, up to COUNT_CAP: one statement. "all" counts what is open."""
    sql, params = statement(user.role)

    def real(value: Any) -> Any:
        return now + (value - NEVER) if isinstance(value, datetime) else user.pk if value == NOBODY else value

    with connection.cursor() as cursor:
        cursor.execute(sql, [real(value) for value in params])
        row = cursor.fetchone()
    return dict(zip(VIEWS, row, strict=True))


def counts_for(request: HttpRequest, user: User) -> dict[str, int]:
    """The counts, asked once per request however many regions print them."""
    if not hasattr(request, "queue_counts"):
        request.queue_counts = counts(user, timezone.now())  # type: ignore[attr-defined]
    return request.queue_counts  # type: ignore[attr-defined]


def shown(count: int) -> str:
    """A count as the rail prints it; nothing for none."""
    return f"{COUNT_CAP - 1}+" if count >= COUNT_CAP else str(count or "")
