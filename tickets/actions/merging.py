"""Duplicates: one ticket goes into another; nothing is copied, moved or lost, and it can be undone."""

from datetime import datetime

from accounts.models import User
from tickets.actions.conversation import set_status
from tickets.actions.progress import cancel_locked
from tickets.errors import Refused
from tickets.events import record, working_on
from tickets.models import Kind, Ticket
from tickets.states import Status


def merge(*, source: Ticket, target: Ticket, at: datetime, actor: User, via: str) -> Ticket:
    """`source` is a duplicate of `target`: it is cancelled and points there; its messages show in the target.

    Both rows are locked in the order of their numbers, so that two merges never wait for each other.
    """
    if source.pk == target.pk:
        raise Refused("A ticket cannot be merged into itself.", field="target")
    first, second = sorted((source.pk, target.pk))
    with working_on(first, at=at) as one, working_on(second, at=at) as two:
        dup, main = (one, two) if one.pk == source.pk else (two, one)
        if dup.is_merged or main.is_merged:
            raise Refused("One of them is merged already.", field="target")
        if dup.merged.exists():
            raise Refused(
                f"Other tickets were merged into #{dup.pk}. Merge #{main.pk} into it instead.", field="target"
            )
        if dup.team.restricted and dup.team_id != main.team_id:
            raise Refused(
                f"#{dup.pk} belongs to {dup.team}, which is restricted: more people see #{main.pk}.", field="target"
            )
        if main.status == Status.CANCELLED:
            raise Refused(f"#{main.pk} is cancelled.", field="target")
        before = dup.status
        dup.merged_into = main
        if dup.status != Status.CANCELLED:
            cancel_locked(dup, actor=actor, via=via, reason=f"Duplicate of #{main.pk}.")
        record(dup, Kind.MERGED, at=dup.now, actor=actor, via=via, into=main.pk, data={"from": before})
        record(main, Kind.ABSORBED, at=main.now, actor=actor, via=via, source=dup.pk, subject=dup.subject)
    return main


def unmerge(*, ticket: Ticket, at: datetime, actor: User, via: str) -> Ticket:
    """Undo a merge: the ticket stands on its own again, as new work to look at."""
    with working_on(ticket.pk, at=at) as locked:
        if not locked.is_merged:
            raise Refused(f"#{locked.pk} is not merged.")
        into, locked.merged_into = locked.merged_into_id, None
        set_status(locked, Status.DIAGNOSING, at=locked.now, actor=actor, via=via, reason="Merge undone.")
        locked.needs_reply = True
        record(locked, Kind.UNMERGED, at=locked.now, actor=actor, via=via, into=into)
    return locked
