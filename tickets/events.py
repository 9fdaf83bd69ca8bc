"""The timeline is the desk's event bus: `record` writes a line of history, `drain` tells the followers.

Law two (docs/architecture.md): a verb writes its rows and its lines in one transaction; once its own writes are done,
each function named in settings.TICKET_FOLLOWERS is called in order. Binding followers roll the verb back when they
raise; any other leaves a FollowerFailure row that can be replayed, and never costs a customer's reply.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from accounts.models import User
from tickets.models import Event, FollowerFailure, Kind, Message, Ticket

log = logging.getLogger(__name__)
MAX_DEPTH = 8

Follower = Callable[[Event], None]


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
    """Insert one line of history. The caller holds the ticket's row lock; `drain` tells the followers later.

    What is to be kept goes in as keywords, or in `data` (names such as "from"). A follower that records in turn
    passes `depth=event.depth + 1`.
    """
    if depth > MAX_DEPTH:
        raise RecursionError(f"{kind} on #{ticket.pk}: followers answer each other more than {MAX_DEPTH} deep")
    event = Event(
        ticket=ticket, kind=kind, at=at, actor=actor, via=via, message=message, data={**(data or {}), **facts}
    )
    event.depth = depth
    event.save(force_insert=True)
    ticket.last_event = event.pk
    ticket.last_event_at = max(at, ticket.last_event_at)
    ticket.unfollowed.append(event)
    return event


def record_all(lines: Sequence[Event]) -> None:
    """Insert prepared lines of many locked tickets at once (a sweep's); `drain` each ticket and `keep` them after."""
    Event.objects.bulk_create(lines)
    for event in lines:
        ticket = event.ticket
        ticket.last_event = max(ticket.last_event, event.pk)
        ticket.last_event_at = max(ticket.last_event_at, event.at)
        ticket.unfollowed.append(event)


def keep(tickets: Collection[Ticket]) -> None:
    """Write down what lines of history and followers left on locked tickets: one statement, however many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tickets_ticket SET last_event = new.event, last_event_at = new.at, next_due_at = new.due"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS new(id, event, at, due)"
            " WHERE tickets_ticket.id = new.id",
            [[getattr(t, name) for t in tickets] for name in ("pk", "last_event", "last_event_at", "next_due_at")],
        )


def tell(name: str, event: Event) -> None:
    """Call one follower on one event; a failure of a follower that is not binding becomes a row.

    A follower may name what it listens to in an attribute `kinds`: it is then spared everything else.
    """
    kinds = getattr(follower(name), "kinds", None)
    if kinds is not None and event.kind not in kinds:
        return
    if name in settings.BINDING_FOLLOWERS:
        follower(name)(event)
        return
    try:
        with transaction.atomic():
            follower(name)(event)
    except Exception as error:  # a broken wording or hook must never cost the reply that caused it
        log.exception("follower %s failed on event %s", name, event.pk)
        FollowerFailure.objects.create(event=event, follower=name, reason=f"{type(error).__name__}: {error}"[:2000])


def drain(ticket: Ticket) -> None:
    """Tell every follower of every line, outer before inner, until none is left."""
    while ticket.unfollowed:
        event = ticket.unfollowed.pop(0)
        for name in settings.TICKET_FOLLOWERS:
            tell(name, event)


@contextmanager
def working_on(pk: int, *, at: datetime) -> Iterator[Ticket]:
    """Lock a ticket, let the verb change it, save it, then tell the followers: one transaction.

    `ticket.now` is the instant to use: `at`, but never before the ticket's last line of history.
    """
    with transaction.atomic():
        ticket = Ticket.objects.lock(pk)
        ticket.now = max(at, ticket.last_event_at)
        yield ticket
        ticket.save()
        drain(ticket)
        keep([ticket])


def replay(failure: FollowerFailure, *, at: datetime) -> None:
    """Tell the follower again; raises what it raises, else marks the failure replayed."""
    with transaction.atomic():
        ticket = Ticket.objects.lock(failure.event.ticket_id)
        failure.event.ticket = ticket
        follower(failure.follower)(failure.event)
        drain(ticket)
        keep([ticket])
        FollowerFailure.objects.filter(pk=failure.pk).update(replayed_at=at)
