"""The lifecycle as data: which statuses there are, what each asserts, and which moves a person may make. Pure."""

from enum import StrEnum


class Status(StrEnum):
    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    DIAGNOSING = "diagnosing"
    WAITING = "waiting"
    ON_HOLD = "on_hold"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


LABELS = {
    Status.NEW: "New",
    Status.ACKNOWLEDGED: "Acknowledged",
    Status.DIAGNOSING: "Diagnosing",
    Status.WAITING: "Waiting on requester",
    Status.ON_HOLD: "On hold",
    Status.RESOLVED: "Resolved",
    Status.CLOSED: "Closed",
    Status.CANCELLED: "Cancelled",
}

# What the requester reads: whose move it is, in their words.
CUSTOMER_LABELS = {
    Status.NEW: "Received",
    Status.ACKNOWLEDGED: "Seen by our team",
    Status.DIAGNOSING: "Being worked on",
    Status.WAITING: "Waiting for your answer",
    Status.ON_HOLD: "On hold",
    Status.RESOLVED: "Resolved – please confirm",
    Status.CLOSED: "Closed",
    Status.CANCELLED: "Cancelled",
}

# The desk's move / open at all / finished.
ACTIVE = (Status.NEW, Status.ACKNOWLEDGED, Status.DIAGNOSING)
OPEN = (*ACTIVE, Status.WAITING, Status.ON_HOLD)
DONE = (Status.RESOLVED, Status.CLOSED, Status.CANCELLED)

# From → to, by hand. Resolving, closing, reopening and cancelling are verbs of their own, with their own facts.
MOVES: dict[Status, tuple[Status, ...]] = {
    Status.NEW: (
        Status.ACKNOWLEDGED, Status.DIAGNOSING, Status.WAITING, Status.ON_HOLD, Status.RESOLVED, Status.CANCELLED,
    ),
    Status.ACKNOWLEDGED: (Status.DIAGNOSING, Status.WAITING, Status.ON_HOLD, Status.RESOLVED, Status.CANCELLED),
    Status.DIAGNOSING: (Status.WAITING, Status.ON_HOLD, Status.RESOLVED, Status.CANCELLED),
    Status.WAITING: (Status.DIAGNOSING, Status.ON_HOLD, Status.RESOLVED, Status.CANCELLED),
    Status.ON_HOLD: (Status.DIAGNOSING, Status.WAITING, Status.RESOLVED, Status.CANCELLED),
    Status.RESOLVED: (Status.CLOSED, Status.DIAGNOSING),
    Status.CLOSED: (Status.DIAGNOSING,),
    Status.CANCELLED: (Status.DIAGNOSING,),
}  # fmt: skip


def can_move(now: str, to: str) -> bool:
    """Whether a ticket in status `now` may go to `to`."""
    return Status(to) in MOVES[Status(now)]
