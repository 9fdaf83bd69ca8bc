"""The bodies of alert sources, worked alert by alert: integrations/episodes/ says what each changes."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from integrations import reading as readings
from integrations import sns
from integrations.episodes.work import open_or_join
from integrations.models import Inbound, State
from integrations.reading import Reading, Unreadable
from tickets.models import Ticket

MAX_OUTCOMES = 200
SNS = "cloudwatch_sns"


class Overtaken(Exception):
    """Another worker has gone on with this body."""


def take(inbound: Inbound, *, at: datetime, lease: timedelta) -> None:
    """Work the alerts of a body one by one, each in a transaction that also moves `taken` on: exactly once each,
    however often we are killed. Raises Unreadable, tickets' Refused, Overtaken; outbound.Unreachable when its
    sender cannot be asked now."""
    source = inbound.source
    if source is None or source.reader is None:
        raise Unreadable("There is no reader for this kind of source.")
    mapping = {} if inbound.is_test else source.mapping  # the example body is of the plain shape
    body = readings.load(bytes(inbound.raw))
    if source.kind == SNS and not inbound.is_test:
        sns.check(body)
        sns.confirm(body)
    found = source.reader.read(body, {"path": inbound.path} | inbound.headers, mapping)
    if not found:
        finish(inbound, State.IGNORED, reason="The body holds no alert.")
    for place, reading in enumerate(found):
        if place < inbound.taken:
            continue
        with transaction.atomic():
            outcome, ticket = open_or_join(source=source, reading=reading, at=at, is_test=inbound.is_test)
            inbound.ticket = inbound.ticket or ticket
            inbound.outcomes = [*inbound.outcomes, line_of(reading, outcome, ticket)][:MAX_OUTCOMES]
            if place + 1 < len(found):
                advance(inbound, place + 1, next_try_at=Now() + lease)
            elif inbound.ticket is None:
                finish(inbound, State.IGNORED, taken=place + 1, reason=f"Nothing to do: {outcome}.")
            else:
                finish(inbound, State.DONE, taken=place + 1)


def line_of(reading: Reading, outcome: str, ticket: Ticket | None) -> dict[str, Any]:
    """What became of one alert, as the intake's row keeps it."""
    line = {"key": reading.key, "status": reading.status, "title": reading.title, "outcome": outcome}
    return line | {"ticket": ticket.pk if ticket else None}


def advance(inbound: Inbound, taken: int, **changes: Any) -> None:
    """Move on from the alert just worked, unless somebody else already did."""
    mine = Inbound.objects.filter(pk=inbound.pk, taken=inbound.taken, state=State.PENDING)
    if not mine.update(taken=taken, outcomes=inbound.outcomes, ticket=inbound.ticket, **changes):
        raise Overtaken
    inbound.taken = taken


def finish(inbound: Inbound, state: str, *, taken: int = 0, reason: str = "") -> None:
    advance(inbound, taken, state=state, reason=reason, next_try_at=None)
    inbound.state, inbound.reason, inbound.next_try_at = state, reason, None
