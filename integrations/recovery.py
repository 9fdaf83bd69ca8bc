"""After the last alert of a ticket recovered: quiet verifies it, and closes."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q

from integrations.models import Alert, Recovery
from lib.sweeps import each_alone
from tickets.actions import progress
from tickets.models import Audience, Message, Ticket, Verification
from tickets.states import Status

BATCH = 200


def home(ticket: Ticket) -> Ticket:
    """Where its alerts belong now: the ticket into which it was merged, else itself."""
    while ticket.merged_into is not None:
        ticket = ticket.merged_into
    return ticket


def others_open(ticket: Ticket) -> int:
    """How many alerts of this ticket, and of those merged into it, still fire."""
    of_it = Q(ticket=ticket) | Q(ticket__merged_into=ticket) | Q(ticket__merged_into__merged_into=ticket)
    return Alert.objects.filter(of_it, resolved_at=None).count()


def any_open(ticket: Ticket) -> bool:
    """Whether one does: the ticket's own are asked first, which mostly answers."""
    return Alert.objects.filter(ticket=ticket, resolved_at=None).exists() or others_open(ticket) > 0


def was_answered(ticket: Ticket) -> bool:
    """An agent has written to a requester: then a machine's recovery does not speak for the person."""
    reached = ticket.requester_id or ticket.followers.exists() or ticket.merged.filter(requester__isnull=False).exists()
    public = Message.objects.filter(ticket=ticket, from_desk=True, automatic=False, audience=Audience.PUBLIC)
    return bool(reached) and public.exists()


def expect_quiet(locked: Ticket, *, recovered_at: datetime, until: datetime | None) -> None:
    """Verify at `until` (None: no longer). The caller holds the ticket's lock."""
    if until is None:
        Recovery.objects.filter(ticket=locked).update(verifies_at=None)
    else:
        Recovery.objects.update_or_create(ticket=locked, defaults={"recovered_at": recovered_at, "verifies_at": until})


def on_time(column: str, act: Callable[[Ticket, datetime], bool], now: datetime, *, failing: str) -> int:
    """Do what fell due in one column of the recoveries; answers how many. `failing`: of whom, in the log."""

    def one(pk: int) -> bool:
        # The ticket before its recovery, as everybody else locks them.
        ticket = Ticket.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
        return ticket is not None and act(ticket, now)

    due = Recovery.objects.filter(**{f"{column}__lte": now}).order_by(column).values_list("pk", flat=True)
    return each_alone(list(due[:BATCH]), one, failing)


def verify_due(now: datetime) -> int:
    """Close what stayed quiet; answers how many. A ticket that fails is logged and waits for the next tick."""
    return on_time("verifies_at", verify, now, failing="recovery of #%s failed")


def verify(ticket: Ticket, now: datetime) -> bool:
    """Verify and close one locked ticket, dated when the quiet time was over."""
    recovery = Recovery.objects.get(pk=ticket.pk)
    if recovery.verifies_at is None or recovery.verifies_at > now:
        return False
    due = recovery.verifies_at
    Recovery.objects.filter(pk=ticket.pk).update(verifies_at=None)
    if ticket.status != Status.RESOLVED or others_open(ticket):
        return False
    quiet = int((due - recovery.recovered_at) / timedelta(minutes=1))
    evidence = f"No new alert for {quiet} minutes after the recovery."
    progress.verify_and_close(
        ticket=ticket, how=Verification.RECOVERY, at=due, actor=None, via="system", evidence=evidence
    )
    return True
