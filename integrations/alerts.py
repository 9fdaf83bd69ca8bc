"""Alerts become tickets: one open alert for each key of a source, each in one ticket.

Whatever concerns one key is done one at a time, under a lock of that key; the constraint `one_open_alert_per_key` holds
even without it. Order is by when we received a body; a sender's clock is only ever compared with itself.
"""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from integrations import reading as readings
from integrations import sns
from integrations.alert_text import body_of, component_of, site_of, subject_of
from integrations.models import Alert, Inbound, Source, State
from integrations.reading import Reading, Unreadable
from integrations.recovery import expect_quiet, home, others_open
from tickets.actions import filing, progress
from tickets.actions.opening import NewTicket, open_ticket
from tickets.events import drain, record, working_on
from tickets.models import Audience, Channel, Kind, Message, Resolution, Ticket
from tickets.states import Status

VIA = "alert"
SEVERITIES = {"critical": 1, "error": 2, "warning": 3, "info": 4}
MAX_OUTCOMES = 200
SNS = "cloudwatch_sns"
Outcome = tuple[str, Ticket | None]


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
            line = {"key": reading.key, "status": reading.status, "title": reading.title, "outcome": outcome}
            inbound.outcomes = [*inbound.outcomes, line | {"ticket": ticket.pk if ticket else None}][:MAX_OUTCOMES]
            if place + 1 < len(found):
                advance(inbound, place + 1, next_try_at=Now() + lease)
            elif inbound.ticket is None:
                finish(inbound, State.IGNORED, taken=place + 1, reason=f"Nothing to do: {outcome}.")
            else:
                finish(inbound, State.DONE, taken=place + 1)


def advance(inbound: Inbound, taken: int, **changes: Any) -> None:
    """Move on from the alert just worked, unless somebody else already did."""
    mine = Inbound.objects.filter(pk=inbound.pk, taken=inbound.taken, state=State.PENDING)
    if not mine.update(taken=taken, outcomes=inbound.outcomes, ticket=inbound.ticket, **changes):
        raise Overtaken
    inbound.taken = taken


def finish(inbound: Inbound, state: str, *, taken: int = 0, reason: str = "") -> None:
    advance(inbound, taken, state=state, reason=reason, next_try_at=None)
    inbound.state, inbound.reason, inbound.next_try_at = state, reason, None


def open_or_join(*, source: Source, reading: Reading, at: datetime, is_test: bool = False) -> Outcome:
    """What one reading changes: (what was done, the ticket). Call it in a transaction.

    A reading without a key is an alert of its own; the statuses that change nothing are only recorded.
    """
    if reading.status not in (readings.FIRING, readings.ACKNOWLEDGED, readings.RESOLVED):
        return f"recorded only ({reading.status.replace('_', ' ')})", None
    if not reading.key:
        reading = replace(reading, key=str(uuid.uuid4()))
    one_at_a_time(source, reading.key)
    last = (
        Alert.objects.select_related("ticket").filter(source=source, key=reading.key).order_by("-resolved_at").first()
    )
    if reading.status == readings.FIRING:
        return fire(source, last, reading, at=at, is_test=is_test)
    if reading.status == readings.RESOLVED:
        return recover(source, last, reading, at=at)
    if last is None or last.resolved_at or last.ticket is None:
        return "acknowledged, but no alert with this key is open", None
    Alert.objects.filter(pk=last.pk).update(status=readings.ACKNOWLEDGED, last_seen_at=at)
    return "acknowledged", home(last.ticket)


def one_at_a_time(source: Source, key: str) -> None:
    """Hold the lock of this key until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [key, source.pk])


def fire(source: Source, last: Alert | None, reading: Reading, *, at: datetime, is_test: bool) -> Outcome:
    if last is None:
        return open_new(source, reading, at=at, is_test=is_test)
    if last.resolved_at is None:
        return repeat(source, last, reading, at=at, is_test=is_test)
    if is_late(last, reading, at):
        return "late: older than the resolve already recorded", None
    if last.ticket is not None and at - last.resolved_at <= timedelta(minutes=source.quiet_minutes):
        ticket = home(last.ticket)
        if ticket.status not in (Status.CLOSED, Status.CANCELLED):
            return fire_again(last, ticket, reading, at=at)
    return open_new(source, reading, at=at, is_test=is_test)


def is_late(last: Alert, reading: Reading, at: datetime) -> bool:
    """Received before the resolve; or, within the minutes in which deliveries overtake each other, older by the
    sender's own clock. Later than that it counts: a source that kept its start time through a restart still fires."""
    heard_at = last.last_seen_at  # of a closed alert: the newest resolve
    overtaken = at - heard_at <= timedelta(seconds=settings.ALERT_LATE_SECONDS)
    older = reading.source_time and last.source_time and reading.source_time < last.source_time
    return at < heard_at or bool(overtaken and older)


def open_new(
    source: Source, reading: Reading, *, at: datetime, is_test: bool = False, follows: Ticket | None = None
) -> Outcome:
    """A ticket of its own."""
    site = site_of(source, reading)
    new = NewTicket(
        subject=subject_of(reading, is_test=is_test),
        body=body_of(source, reading),
        channel=Channel.ALERT,
        site=site,
        component=component_of(source, site, reading),
        severity=SEVERITIES.get(reading.severity or "", source.severity),
        fallback_team=source.team,
        tags=["test"] if is_test else [],
        follows=follows,
    )
    ticket = open_ticket(new=new, at=at, actor=None, via=VIA)
    alert = Alert.objects.create(
        source=source, key=reading.key, ticket=ticket, first_seen_at=at, told_at=at, **facts(reading, at)
    )
    ticket.now = at
    tell(ticket, Kind.ALERT_FIRED, alert)  # nobody else sees the ticket before we commit: it needs no lock
    drain(ticket)
    Ticket.objects.filter(pk=ticket.pk).update(last_event=ticket.last_event, last_event_at=ticket.last_event_at)
    return "opened", ticket


def facts(reading: Reading, at: datetime) -> dict[str, Any]:
    """The columns that follow the newest reading."""
    return {
        "status": reading.status,
        "severity": reading.severity or "",
        "title": reading.title or f"Alert {reading.key}"[:250],
        "link": reading.link,
        "links": dict(reading.links),
        "labels": dict(reading.labels),
        "description": reading.description,
        "last_seen_at": at,
        "source_time": reading.source_time,
    }


def refresh(alert: Alert, reading: Reading, at: datetime, **changes: Any) -> None:
    newest: Mapping[str, Any] = facts(reading, max(at, alert.last_seen_at)) if at >= alert.last_seen_at else {}
    for name, value in {**newest, "count": alert.count + 1, **changes}.items():
        setattr(alert, name, value)
    alert.save()


def repeat(source: Source, alert: Alert, reading: Reading, *, at: datetime, is_test: bool) -> Outcome:
    """It still fires: counted, and on the timeline at most every ALERT_LINE_SECONDS. What an agent resolved and yet
    fires after the quiet time reopens; what was closed gets a follow-up."""
    assert alert.ticket is not None  # open_alerts_have_a_ticket
    ticket, quiet = home(alert.ticket), timedelta(minutes=source.quiet_minutes)
    if ticket.status == Status.CLOSED and ticket.closed_at and at - ticket.closed_at > quiet:
        Alert.objects.filter(pk=alert.pk).update(resolved_at=at, status=readings.RESOLVED)
        return open_new(source, reading, at=at, is_test=is_test, follows=ticket)
    worse = SEVERITIES.get(reading.severity or "", 9) < SEVERITIES.get(alert.severity, 9)
    due = at - alert.told_at >= timedelta(seconds=settings.ALERT_LINE_SECONDS)
    refresh(alert, reading, at, told_at=at if due else alert.told_at)
    if ticket.status == Status.RESOLVED and ticket.resolved_at and at - ticket.resolved_at > quiet:
        progress.reopen(ticket=ticket, at=at, actor=None, via=VIA, reason=f"“{alert.title}” still fires.")
    elif due:
        with working_on(ticket.pk, at=at) as locked:
            tell(locked, Kind.ALERT_REPEATED, alert)
    if worse and ticket.is_open and SEVERITIES[alert.severity] < ticket.severity:
        reason = f"The alert is now {alert.severity}."
        filing.change_severity(ticket=ticket, to=SEVERITIES[alert.severity], reason=reason, at=at, actor=None, via=VIA)
    return "repeated", ticket


def fire_again(alert: Alert, ticket: Ticket, reading: Reading, *, at: datetime) -> Outcome:
    """Within the quiet time of its recovery: the same episode goes on."""
    refresh(alert, reading, at, resolved_at=None, told_at=at, flips=alert.flips + 1)
    with working_on(ticket.pk, at=at) as locked:
        tell(locked, Kind.ALERT_FIRED, alert)
        expect_quiet(locked, recovered_at=at, until=None)
    if ticket.status == Status.RESOLVED:
        progress.reopen(ticket=ticket, at=at, actor=None, via=VIA, reason=f"“{alert.title}” fires again.")
        return "reopened", ticket
    return "joined", ticket


def recover(source: Source, last: Alert | None, reading: Reading, *, at: datetime) -> Outcome:
    if last is None:
        Alert.objects.create(
            source=source, key=reading.key, first_seen_at=at, told_at=at, resolved_at=at, count=0, **facts(reading, at)
        )
        return "no alert with this key was open", None
    if last.resolved_at is not None:
        if at > last.last_seen_at:
            Alert.objects.filter(pk=last.pk).update(last_seen_at=at, source_time=reading.source_time)
        return "no alert with this key is open", None
    older = reading.source_time and last.source_time and reading.source_time < last.source_time
    if at < last.last_seen_at or older:
        return "late: older than the last firing", None
    assert last.ticket is not None  # open_alerts_have_a_ticket
    ticket = home(last.ticket)
    refresh(last, reading, at, resolved_at=at, count=last.count, title=last.title)
    with working_on(ticket.pk, at=at) as locked:
        waiting_for_others = others_open(locked)
        asks = not waiting_for_others and locked.is_open and was_answered(locked)
        tell(locked, Kind.ALERT_RESOLVED, last, others=waiting_for_others, asks=asks)
        if asks:
            locked.needs_reply = True
        elif not waiting_for_others and (locked.is_open or locked.status == Status.RESOLVED):
            quiet = timedelta(minutes=source.quiet_minutes)
            expect_quiet(locked, recovered_at=at, until=None if was_answered(locked) else at + quiet)
    if waiting_for_others or asks or not locked.is_open:
        return "resolved", ticket
    text = f"“{last.title}” recovered by itself. This closes when it stays quiet for {source.quiet_minutes} minutes."
    progress.resolve(ticket=ticket, code=Resolution.RECOVERED, text=text, at=at, actor=None, via=VIA)
    return "resolved", ticket


def was_answered(ticket: Ticket) -> bool:
    """An agent has written to a requester: then a machine's recovery does not speak for the person."""
    reached = ticket.requester_id or ticket.followers.exists() or ticket.merged.filter(requester__isnull=False).exists()
    public = Message.objects.filter(ticket=ticket, from_desk=True, automatic=False, audience=Audience.PUBLIC)
    return bool(reached) and public.exists()


def tell(locked: Ticket, kind: Kind, alert: Alert, **more: Any) -> None:
    """One line on the timeline of the locked ticket."""
    record(
        locked, kind, at=locked.now, via=VIA, alert=alert.pk, key=alert.key, title=alert.title, link=alert.link,
        count=alert.count, source=alert.source.name, **more,
    )  # fmt: skip
