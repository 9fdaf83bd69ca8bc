"""The rows of a list of tickets: what one prints, read in one statement without a join.

Each name is looked up by a subquery of its own, for the rows of the page only. Joined, the four tables would cost more
to plan than the page costs to read: a ticket has many indexes, and every order of the joins is weighed.
"""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from django.db.models import BigIntegerField, CharField, F, Field, Func, Model, QuerySet, SmallIntegerField
from django.utils.safestring import SafeString

from accounts.models import Team, User
from catalog.models import Site
from tickets.models import Channel, Csat, Ticket
from tickets.states import OPEN

FLAPPING = "flapping"  # the tag that says so
CHANNELS = dict(Channel.choices)
OWN = (
    "id", "subject", "status", "severity", "channel", "needs_reply", "last_event_at", "next_due_at", "handed_over_at",
    "tags",
)  # fmt: skip


class LookedUp(Func):
    """Told apart as an object, not by what it was made of: that is asked of each column of each ordered statement."""

    @property
    def identity(self) -> tuple[Any, ...]:
        return (id(self),)


def looked_up(
    column: str, model: type[Model], said: str = "name", *, key: str = "id", output: "Field[Any, Any] | None" = None
) -> LookedUp:
    """What the one row of another table says whose `key` is this column of the ticket. All SQL here is our own."""
    template = f"(SELECT {said} FROM {model._meta.db_table} WHERE {key} = %(expressions)s)"  # noqa: S608
    return LookedUp(F(column), template=template, output_field=output or CharField())


PERSON = "COALESCE(NULLIF(TRIM(name), ''), email)"  # as lib.templatetags.ui.person calls somebody
NAMES = {
    "who": looked_up("requester_id", User, PERSON),
    "owner": looked_up("assignee_id", User, PERSON),
    "site": looked_up("site_id", Site),
    "team": looked_up("team_id", Team),
}
# What a ticket's own page joins; its people are read with those of its timeline, or when a verb asks for one.
RELATED = ("organisation", "team", "site", "component")
CARD = {
    "standing_handover": LookedUp(
        F("id"),
        template="(SELECT max(id) FROM tickets_handover WHERE ticket_id = %(expressions)s"
        " AND state IN ('pending', 'accepted'))",
        output_field=BigIntegerField(),
    ),
    "rating": looked_up("id", Csat, "score", key="ticket_id", output=SmallIntegerField()),
    "rating_comment": looked_up("id", Csat, "comment", key="ticket_id"),
}


@dataclass(slots=True)
class Row:
    """One ticket of a list. `who` asked, or by which channel it came; `owner` and `site` may be empty.

    `href` is the ticket out of this list, `current` whether it is the one open beside it; both are the page's to say.
    """

    id: int
    subject: str
    status: str
    severity: int
    channel: str
    needs_reply: bool
    last_event_at: datetime
    next_due_at: datetime | None
    handed_over_at: datetime | None
    tags: list[str]
    who: str
    owner: str
    site: str
    team: str
    number: SafeString = SafeString("")
    href: SafeString = SafeString("")
    current: bool = False

    def __post_init__(self) -> None:
        # As text once: a template would put a number through the rules of how numbers are written, five times a row.
        self.number = SafeString(self.id)
        self.who = self.who or str(CHANNELS.get(self.channel, self.channel))

    def __getitem__(self, name: str) -> Any:
        """Templates ask for row["who"] first; without an answer each word of each row would raise and be caught."""
        try:
            return getattr(self, name)
        except AttributeError:
            raise KeyError(name) from None

    @property
    def pk(self) -> int:
        return self.id

    @property
    def flaps(self) -> bool:
        """An alert of it comes and goes; it stays open until that is over."""
        return FLAPPING in self.tags

    @property
    def unread(self) -> bool:
        return self.needs_reply and self.status in OPEN


def rows_of(tickets: QuerySet[Ticket]) -> list[Row]:
    """The rows of these tickets, in their order: one statement."""
    return [Row(*values) for values in printed(tickets)]


def printed(tickets: QuerySet[Ticket]) -> QuerySet[Ticket, tuple[Any, ...]]:
    """What a row is made of, column by column."""
    return tickets.values_list(*OWN, *NAMES.values())


def placed(rows: list[Row], query: str, *, current: int | None) -> list[Row]:
    """The same rows, each with its address in a list of this query string, and the one that is open marked."""
    after = f"?{escape(query)}" if query else ""
    for row in rows:
        row.href = SafeString(f"/tickets/{row.id}{after}")
        row.current = row.id == current
    return rows
