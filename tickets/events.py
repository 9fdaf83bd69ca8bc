"""The timeline is the desk's event bus: `record` writes a line of history, `drain` tells the followers.

Law two (docs/architecture.md): a verb writes its rows and its lines in one transaction; once its own writes are done,
each function named in settings.TICKET_FOLLOWERS is called in order with the lines, oldest first: a verb's two or three,
a sweep's hundreds. Binding followers roll the verb back when they raise; any other leaves a FollowerFailure row that
can be replayed, and never costs a customer's reply. What else a follower says of itself, `follows` knows.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import prefetch_related_objects
from django.utils.module_loading import import_string

from accounts.models import User
from lib import rows
from tickets.models import Event, FollowerFailure, Kind, Message, Ticket

log = logging.getLogger(__name__)
MAX_DEPTH = 8

Follower = Callable[[Sequence[Event]], None]


def follows(*, kinds: Collection[str] | None = None, writes: bool = True) -> Callable[[Follower], Follower]:
    """Marks a follower: it listens to these kinds only (None: all), and `writes=False` when it leaves the database
    alone, which spares it a savepoint."""

    def mark(follower: Follower) -> Follower:
        vars(follower).update(kinds=kinds, writes=writes)
        return follower

    return mark


@cache
def follower(name: str) -> Follower:
    """The function that a dotted name in settings.TICKET_FOLLOWERS stands for."""
    return import_string(name)


def record(
    ticket: Ticket,
    kind: Kind,
    *,
    at: datetime,
    actor: User | None = None,
    via: str = "system",
    message: Message | None = None,
    depth: int = 0,
    data: dict[str, Any] | None = None,
    **facts: Any,
) -> Event:
    """Note one line of history. The caller holds the ticket's row lock; `drain` inserts it and tells the followers.

    What is to be kept goes in as keywords, or in `data` (names such as "from"). A follower that records in turn
    passes `depth=event.depth + 1`.
    """
    if depth > MAX_DEPTH:
        raise RecursionError(f"{kind} on #{ticket.pk}: followers answer each other more than {MAX_DEPTH} deep")
    event = Event(
        ticket=ticket, kind=kind, at=at, actor=actor, via=via, message=message, data={**(data or {}), **facts}
    )
    event.depth = depth
    ticket.last_event_at = max(at, ticket.last_event_at)
    ticket.unfollowed.append(event)
    return event


def insert(tickets: Iterable[Ticket]) -> list[Event]:
    """Write the lines that these locked tickets have waiting, in one statement; their versions follow."""
    lines = [event for ticket in tickets for event in ticket.unfollowed]
    rows.insert([event for event in lines if event.pk is None])
    for event in lines:
        event.ticket.last_event = max(event.ticket.last_event, event.pk)
    return lines


def keep(tickets: Collection[Ticket]) -> None:
    """Write down what lines of history and followers left on locked tickets: one statement, however many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tickets_ticket SET last_event = new.event, last_event_at = new.at, next_due_at = new.due"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS new(id, event, at, due)"
            " WHERE tickets_ticket.id = new.id",
            [
                rows.array([getattr(t, n) for t in tickets])
                for n in ("pk", "last_event", "last_event_at", "next_due_at")
            ],
        )


def tell(name: str, events: Sequence[Event]) -> None:
    """Call one follower on these lines. Where one that is not binding fails, it is told of them one by one, and each
    that fails becomes a row."""
    follow = follower(name)
    kinds: Collection[str] | None = getattr(follow, "kinds", None)
    wanted = [event for event in events if kinds is None or event.kind in kinds]
    if not wanted:
        return
    if name in settings.BINDING_FOLLOWERS:
        follow(wanted)
        return
    try:
        with transaction.atomic() if getattr(follow, "writes", True) else nullcontext():
            follow(wanted)
    except Exception as error:  # a broken wording or hook must never cost the reply that caused it
        if len(wanted) > 1:
            for event in wanted:
                tell(name, [event])
            return
        log.exception("follower %s failed on event %s", name, wanted[0].pk)
        reason = f"{type(error).__name__}: {error}"[:2000]
        FollowerFailure.objects.create(event=wanted[0], follower=name, reason=reason)


def drain(*tickets: Ticket) -> None:
    """Insert the lines, tell every follower, outer before inner, until none is left."""
    while events := insert(tickets):
        for ticket in tickets:
            ticket.unfollowed.clear()
        for name in settings.TICKET_FOLLOWERS:
            tell(name, events)


@contextmanager
def working_on(pk: int, *, at: datetime) -> Iterator[Ticket]:
    """Lock a ticket, let the verb change it, save it, then tell the followers: one transaction.

    `ticket.now` is the instant to use: `at`, but never before the ticket's last line of history.
    """
    with transaction.atomic():
        ticket = Ticket.objects.lock(pk)
        ticket.now = max(at, ticket.last_event_at)
        yield ticket
        save([ticket])


@contextmanager
def working_on_all(pks: Collection[int], *, at: datetime) -> Iterator[list[Ticket]]:
    """The same with several tickets, by number; those that are gone are missing."""
    with transaction.atomic():
        # in the one order in which nobody waits for each other
        tickets = list(Ticket.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk"))
        prefetch_related_objects(tickets, "team")
        for ticket in tickets:
            ticket.now = max(at, ticket.last_event_at)
        yield tickets
        save(tickets)


def save(tickets: Sequence[Ticket]) -> None:
    """Write locked tickets and their lines of history, and tell the followers."""
    insert(tickets)
    for ticket in tickets:
        rows.update(ticket)
    saved = [version(ticket) for ticket in tickets]
    drain(*tickets)
    if moved := [ticket for ticket, before in zip(tickets, saved, strict=True) if version(ticket) != before]:
        keep(moved)


def version(ticket: Ticket) -> tuple[Any, ...]:
    """What followers may move on."""
    return ticket.last_event, ticket.last_event_at, ticket.next_due_at


def replay(failure: FollowerFailure, *, at: datetime) -> None:
    """Tell the follower again; raises what it raises, else marks the failure replayed."""
    with transaction.atomic():
        ticket = Ticket.objects.lock(failure.event.ticket_id)
        failure.event.ticket = ticket
        follower(failure.follower)([failure.event])
        drain(ticket)
        keep([ticket])
        FollowerFailure.objects.filter(pk=failure.pk).update(replayed_at=at)
