"""The stored bodies of sources, newest first, as they are read under two mappings; for so long."""

import heapq
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import zip_longest

from django.db.models import Q

from integrations.inbound import PAUSED
from integrations.models import Door, Inbound, Outcome, Source, State
from integrations.reading import Reading, Unreadable
from integrations.stored import body_of as as_sent

PAGE = 200
PIECE_BYTES = 8 * 1024 * 1024  # of bodies that are in memory at once
KEPT_BYTES = 64 * 1024 * 1024  # of bodies whose readings are in memory at once
KEPT = 30_000  # readings

Sides = tuple[Source, Source]  # a source as it is, and as it would be


@dataclass(slots=True)
class Body:
    """A stored body: its readings under both settings, or why there are none."""

    pk: int
    source: int
    at: datetime
    before: list[Reading] = field(default_factory=list)
    after: list[Reading] = field(default_factory=list)
    reasons: tuple[str, str] = ("", "")

    @property
    def pairs(self) -> Iterator[tuple[Reading | None, Reading | None]]:
        """Alert by alert, as it is read and as it would be."""
        return zip_longest(self.before, self.after)


def read(sides: Sequence[Sides], *, since: datetime, seconds: float) -> tuple[list[Body], bool]:
    """The bodies received since then, newest first, as far as the time goes; and whether there are more."""
    until, kept, size = time.monotonic() + seconds, 0, 0
    by_source = {source.pk: (source, draft) for source, draft in sides}
    found: list[Body] = []
    streams = [newest(source, since) for source, _ in sides]
    for row in heapq.merge(*streams, key=lambda one: -one.pk):
        found.append(body_of(row, *by_source[row.source_id or 0]))
        kept, size = kept + len(found[-1].before) + len(found[-1].after), size + row.size
        if time.monotonic() > until or kept > KEPT or size > KEPT_BYTES:
            return found, True
    return found, False


def newest(source: Source, since: datetime) -> Iterator[Inbound]:
    """What its sender sent, newest first; not what came while it was paused, which nothing was made of, nor mail that
    was no alert."""
    alerts = ~Q(door=Door.MAIL) | Q(mail__outcome=Outcome.ALERT)
    rows = Inbound.objects.filter(alerts, source=source, is_test=False).exclude(state=State.IGNORED, reason=PAUSED)
    rows, before = rows.order_by("-id"), None
    while page := list(
        (rows.filter(pk__lt=before) if before else rows).values_list("pk", "size", "received_at")[:PAGE]
    ):
        before = page[-1][0]
        recent = [(pk, size) for pk, size, at in page if at >= since]
        for piece in pieces(recent):
            yield from rows.filter(pk__in=piece).select_related("mailbox")
        if len(recent) < len(page):
            return


def pieces(rows: list[tuple[int, int]]) -> Iterator[list[int]]:
    """Keys of rows whose bodies fit into memory together; always one."""
    piece, total = list[int](), 0
    for pk, size in rows:
        if piece and total + size > PIECE_BYTES:
            yield piece
            piece, total = [], 0
        piece.append(pk)
        total += size
    if piece:
        yield piece


def body_of(row: Inbound, source: Source, draft: Source) -> Body:
    """A body as both settings read it; read once when they read alike."""
    body = Body(row.pk, source.pk, row.received_at)
    before, reason = readings_of(row, source)
    alike = source.mapping == draft.mapping and source.kind == draft.kind
    after, other = (before, reason) if alike else readings_of(row, draft)
    body.before, body.after, body.reasons = before, after, (reason, other)
    return body


def readings_of(row: Inbound, source: Source) -> tuple[list[Reading], str]:
    """What its reader makes of it without what it came from, which is large; or the reason that it makes nothing."""
    if source.reader is None:
        return [], "There is no reader for this kind of source."
    try:
        found = source.reader.read(as_sent(row), {"path": row.path} | row.headers, source.mapping)
    except Unreadable as refusal:
        return [], refusal.reason
    return [replace(reading, raw={}) for reading in found], ""
