"""Along the lifecycle: moves, resolution, verification, closing, reopening, rating."""

from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from files.models import File
from tickets.actions.conversation import reopen_locked, set_status, stop_if_moved, take_note, write
from tickets.errors import Refused
from tickets.events import record, working_on
from tickets.models import Audience, Csat, Kind, Resolution, Ticket, Verification
from tickets.states import OPEN, Status, can_move


def change_status(
    *, ticket: Ticket, to: str, at: datetime, actor: User | None, via: str, reason: str = "",
    wakes_at: datetime | None = None,
) -> Ticket:  # fmt: skip
    """Move between the open statuses, along states.MOVES. On hold needs a reason and a date."""
    with working_on(ticket.pk, at=at) as locked:
        if locked.status == to:
            return locked
        if to not in OPEN or locked.status not in OPEN or not can_move(locked.status, to):
            raise Refused(f"A ticket that is {locked.status_label.lower()} cannot go to “{to}”.", field="status")
        if to == Status.ON_HOLD:
            if not reason.strip():
                raise Refused("Say why it is on hold.", field="reason")
            if wakes_at is None or wakes_at <= locked.now:
                raise Refused("Say until when, in the future.", field="wakes_at")
            locked.hold_reason, locked.wakes_at = reason.strip()[:300], wakes_at
        if actor is not None:
            locked.acknowledged_at = locked.acknowledged_at or locked.now
            locked.unowned_at = None
        set_status(locked, Status(to), at=locked.now, actor=actor, via=via, reason=reason)
    return locked


def resolve(
    *, ticket: Ticket, code: str, text: str, at: datetime, actor: User | None, via: str, files: Sequence[File] = (),
    seen: int | None = None,
) -> Ticket:  # fmt: skip
    """Fix or workaround delivered, not yet verified. The text goes to the requester with fixed / not fixed.

    `seen`: the newest line of history its author had seen; raises Moved when others wrote since.
    """
    with working_on(ticket.pk, at=at) as locked:
        if not can_move(locked.status, Status.RESOLVED):
            raise Refused(f"#{locked.pk} is already {locked.status_label.lower()}.")
        if code not in Resolution.values:
            raise Refused("Choose how it was resolved.", field="resolution")
        if not text.strip():
            raise Refused("Say what was done; the requester reads it.", field="text")
        stop_if_moved(locked, seen, actor)
        message = write(
            locked, body=text, audience=Audience.PUBLIC, author=actor, from_desk=True, channel=via,
            files=files, automatic=actor is None,
        )  # fmt: skip
        if actor is not None:
            take_note(locked, at=locked.now, actor=actor, via=via)
            locked.first_responded_at = locked.first_responded_at or locked.now
        locked.resolution, locked.resolution_text, locked.resolved_by = code, text.strip(), actor
        locked.resolved_at, locked.needs_reply, locked.unowned_at = locked.now, False, None
        set_status(locked, Status.RESOLVED, at=locked.now, actor=actor, via=via)
        record(locked, Kind.RESOLVED, at=locked.now, actor=actor, via=via, message=message, code=code)
    return locked


def verify(*, ticket: Ticket, how: str, at: datetime, actor: User | None, via: str, evidence: str = "") -> Ticket:
    """Record that the fix holds: who, how, when, evidence. A QA check is by someone other than the resolver."""
    with working_on(ticket.pk, at=at) as locked:
        verify_locked(locked, how=how, actor=actor, via=via, evidence=evidence)
    return locked


def verify_locked(locked: Ticket, *, how: str, actor: User | None, via: str, evidence: str) -> None:
    if locked.status != Status.RESOLVED:
        raise Refused("Only a resolved ticket can be verified.")
    if how not in Verification.values:
        raise Refused("Say how it was verified.", field="how")
    if how == Verification.QA and (actor is None or actor.pk == locked.resolved_by_id):
        raise Refused("A check is made by somebody other than who resolved it.", field="how")
    locked.verification, locked.verified_at, locked.verified_by = how, locked.now, actor
    locked.evidence = evidence.strip()
    record(locked, Kind.VERIFIED, at=locked.now, actor=actor, via=via, how=how, evidence=evidence.strip())


def close(*, ticket: Ticket, at: datetime, actor: User | None, via: str) -> Ticket:
    """Final: verified and documented. Refused without a recorded verification."""
    with working_on(ticket.pk, at=at) as locked:
        close_locked(locked, actor=actor, via=via)
    return locked


def close_locked(locked: Ticket, *, actor: User | None, via: str) -> None:
    if locked.status != Status.RESOLVED:
        raise Refused("Resolve it before you close it.")
    if not locked.verification:
        raise Refused("It has not been verified yet: by the requester, or by a check of another agent.")
    locked.closed_at = locked.now
    set_status(locked, Status.CLOSED, at=locked.now, actor=actor, via=via)
    record(locked, Kind.CLOSED, at=locked.now, actor=actor, via=via, how=locked.verification)


def verify_and_close(
    *, ticket: Ticket, how: str, at: datetime, actor: User | None, via: str, evidence: str = ""
) -> Ticket:
    """The requester's click, silence, recovery or a check, and the closing that follows from it."""
    with working_on(ticket.pk, at=at) as locked:
        verify_locked(locked, how=how, actor=actor, via=via, evidence=evidence)
        close_locked(locked, actor=actor, via=via)
    return locked


def reopen(*, ticket: Ticket, at: datetime, actor: User | None, via: str, reason: str) -> Ticket:
    """Not fixed after all: back to work with the same resolve clock."""
    with working_on(ticket.pk, at=at) as locked:
        if locked.status not in (Status.RESOLVED, Status.CLOSED, Status.CANCELLED):
            raise Refused(f"#{locked.pk} is {locked.status_label.lower()}; there is nothing to reopen.")
        if locked.is_merged:
            raise Refused(f"#{locked.pk} was merged into #{locked.merged_into_id}. Undo the merge instead.")
        if not reason.strip():
            raise Refused("Say why.", field="reason")
        reopen_locked(locked, at=locked.now, actor=actor, via=via, reason=reason.strip())
    return locked


def cancel(*, ticket: Ticket, reason: str, at: datetime, actor: User | None, via: str) -> Ticket:
    """Spam, or not ours: leaves the statistics. Needs a reason."""
    with working_on(ticket.pk, at=at) as locked:
        if not can_move(locked.status, Status.CANCELLED):
            raise Refused(f"#{locked.pk} is {locked.status_label.lower()} and cannot be cancelled.")
        if not reason.strip():
            raise Refused("Say why it is cancelled.", field="reason")
        cancel_locked(locked, actor=actor, via=via, reason=reason.strip())
    return locked


def cancel_locked(locked: Ticket, *, actor: User | None, via: str, reason: str) -> None:
    locked.unowned_at = None
    locked.needs_reply = False
    before = locked.status
    set_status(locked, Status.CANCELLED, at=locked.now, actor=actor, via=via, reason=reason)
    record(locked, Kind.CANCELLED, at=locked.now, actor=actor, via=via, reason=reason, data={"from": before})


def rate(*, ticket: Ticket, score: int, comment: str, at: datetime, actor: User | None, via: str) -> Csat:
    """The requester's rating, 1 to 5, once the ticket is closed; a second one replaces the first."""
    with working_on(ticket.pk, at=at) as locked:
        if locked.status != Status.CLOSED:
            raise Refused("It can be rated once it is closed.")
        if score not in range(1, 6):
            raise Refused("Choose 1 to 5.", field="score")
        csat, _ = Csat.objects.update_or_create(
            ticket=locked, defaults={"score": score, "comment": comment.strip()[:2000], "at": locked.now}
        )
        record(locked, Kind.RATED, at=locked.now, actor=actor, via=via, score=score)
    return csat
