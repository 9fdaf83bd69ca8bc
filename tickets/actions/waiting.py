"""What time does to a ticket. Each is called by a sweep with the instant at which it fell due."""

from datetime import datetime, timedelta

from django.conf import settings

from tickets.actions.conversation import set_status
from tickets.actions.progress import close_locked, verify_locked
from tickets.events import record, working_on
from tickets.models import Kind, Ticket, Verification
from tickets.states import Status


def tell_unowned(*, ticket: Ticket, at: datetime) -> None:
    """A P1 that nobody owns after five minutes is an event (dated when it fell due)."""
    with working_on(ticket.pk, at=at) as locked:
        if locked.unowned_at is None or locked.unowned_at > at:
            return
        due, locked.unowned_at = locked.unowned_at, None
        if locked.is_open and locked.assignee_id is None:
            record(locked, Kind.UNOWNED, at=locked.now, due=due.isoformat(), severity=locked.severity)


def remind(*, ticket: Ticket, at: datetime) -> None:
    """The requester has been waited for: remind once, then start the silence that resolves it."""
    with working_on(ticket.pk, at=at) as locked:
        if locked.reminds_at is None or locked.reminds_at > at:
            return
        locked.reminds_at = None
        if locked.status == Status.WAITING:
            locked.closes_at = locked.now + timedelta(seconds=settings.AUTO_CLOSE_SECONDS)
            record(locked, Kind.REMINDED, at=locked.now)


def close_for_silence(*, ticket: Ticket, at: datetime) -> None:
    """Nobody objected for the agreed time: that verifies the fix, and closes.

    A ticket still waiting is first resolved as answered, with a text that says so.
    """
    with working_on(ticket.pk, at=at) as locked:
        if locked.closes_at is None or locked.closes_at > at:
            return
        locked.closes_at = None
        if locked.status == Status.WAITING:
            locked.resolution = "answered"
            locked.resolution_text = "Closed because we did not hear from you. Write to us any time to go on."
            locked.resolved_at, locked.resolved_by = locked.now, None
            set_status(locked, Status.RESOLVED, at=locked.now, actor=None, via="system")
            record(locked, Kind.RESOLVED, at=locked.now, code="answered", silence=True)
        if locked.status == Status.RESOLVED:
            verify_locked(locked, how=Verification.SILENCE, actor=None, via="system", evidence="")
            close_locked(locked, actor=None, via="system")


def wake(*, ticket: Ticket, at: datetime) -> None:
    """An on-hold ticket comes back to the desk on its date."""
    with working_on(ticket.pk, at=at) as locked:
        if locked.wakes_at is None or locked.wakes_at > at:
            return
        due = locked.wakes_at
        if locked.status == Status.ON_HOLD:
            set_status(locked, Status.DIAGNOSING, at=locked.now, actor=None, via="system")
            record(locked, Kind.WOKEN, at=locked.now, due=due.isoformat())
        locked.wakes_at = None
