"""How a source is: when it last sent, how fast, what of it failed; and what its last bodies would say under another
mapping."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from integrations.models import Door, Inbound, Source, State
from integrations.reading import Reading, Unreadable
from integrations.sources.email.settings import may_send, settings_of
from integrations.stored import body_of

LOOKED_AT = 1_000  # newest bodies; what is over is said so
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TRIED, TRIED_BYTES, SHOWN = 10, 1024 * 1024, 20


@dataclass(frozen=True)
class Health:
    """Counts of the newest LOOKED_AT bodies of the last day; `is_more` when there were more than those."""

    last: datetime | None
    hour: int
    day: int
    failed: int
    is_more: bool


def health(source: Source, *, now: datetime) -> Health:
    """How much came in the last hour and day, and how much of it failed."""
    newest = Inbound.objects.filter(source=source).order_by("-id").values_list("received_at", "state")[:LOOKED_AT]
    came = list(newest)
    day = [(at, state) for at, state in came if now - at <= DAY]
    return Health(
        last=came[0][0] if came else None,
        hour=sum(now - at <= HOUR for at, _ in day),
        day=len(day),
        failed=sum(state == State.FAILED for _, state in day),
        is_more=len(day) == LOOKED_AT,
    )


@dataclass(frozen=True)
class Trial:
    """A stored body as a mapping reads it, or why it cannot be read."""

    inbound: Inbound
    readings: list[Reading] = field(default_factory=list)
    reason: str = ""
    is_refused: bool = False  # whoever sent it may not, under that mapping


def try_mapping(source: Source, mapping: Mapping[str, Any]) -> list[Trial]:
    """The last bodies of a source read anew under a mapping; nothing is changed by it."""
    kind = source.reader
    rows = Inbound.objects.filter(source=source, is_test=False, size__lte=TRIED_BYTES).order_by("-id")
    found = []
    for row in rows.select_related("mailbox")[:TRIED] if kind else ():
        try:
            assert kind is not None
            read = kind.read(body_of(row), {"path": row.path} | row.headers, mapping)
            refused = row.door == Door.MAIL and not may_send(settings_of(mapping), row.sender)
            found.append(Trial(row, read[:SHOWN], is_refused=refused))
        except Unreadable as refusal:
            found.append(Trial(row, reason=refusal.reason))
    return found
