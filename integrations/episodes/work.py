"""What one reading changes. One at a time for each key: `one_open_alert_per_key` holds even without the lock.

Order is by when we received a body; a sender's clock is only ever compared with itself.
"""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import connection

from integrations import reading as readings
from integrations.episodes import flapping, groups, severity, silences
from integrations.episodes.lines import SEVERITIES, VIA, Outcome, facts, refresh, tally, tell
from integrations.episodes.opening import act, firing_of, open_new, open_or_hold
from integrations.models import Alert, Source
from integrations.reading import Reading
from integrations.recovery import any_open, expect_quiet, home, others_open, was_answered
from lib.sweeps import each_alone
from lib.written import Statement
from tickets.actions import filing, progress
from tickets.events import working_on
from tickets.models import Kind, Resolution, Ticket
from tickets.states import Status


def open_or_join(
    *, source: Source, reading: Reading, at: datetime, is_test: bool = False, alone: bool = False
) -> Outcome:
    """What one reading changes: (what was done, the ticket). Call it in a transaction.

    A reading without a key is an alert of its own; the statuses that change nothing are only recorded. `alone`: it
    joins no group.
    """
    if reading.status not in (readings.FIRING, readings.ACKNOWLEDGED, readings.RESOLVED):
        return f"recorded only ({reading.status.replace('_', ' ')})", None
    if not reading.key:
        reading = replace(reading, key=str(uuid.uuid4()))
    reading = severity.counted(source, reading)
    one_at_a_time(source.pk, reading.key)
    last = next(iter(newest_of_key().run({"source": source.pk, "key": reading.key})), None)
    if reading.status == readings.FIRING:
        return fire(source, last, reading, at=at, is_test=is_test, alone=alone)
    if reading.status == readings.RESOLVED:
        return recover(source, last, reading, at=at)
    if last is None or last.resolved_at or last.ticket is None:
        return "acknowledged, but no alert with this key is open", None
    Alert.objects.filter(pk=last.pk).update(status=readings.ACKNOWLEDGED, last_seen_at=at)
    return "acknowledged", home(last.ticket)


@cache
def newest_of_key() -> Statement:
    """A key's open alert, else the one resolved last: the statement is written once and asked for each reading."""
    stand_ins = {"source": -1, "key": "a key"}
    rows = Alert.objects.select_related("ticket").filter(**stand_ins).order_by("-resolved_at")
    return Statement.of(rows[:1], stand_ins)


def one_at_a_time(source: int, key: str) -> None:
    """Hold the lock of this key until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [key, source])


def fire(
    source: Source, last: Alert | None, reading: Reading, *, at: datetime, is_test: bool, alone: bool
) -> Outcome:  # fmt: skip
    if last is not None and last.resolved_at is None:
        return repeat(source, last, reading, at=at, is_test=is_test)
    if last is not None and is_late(last, reading, at):
        return "late: older than the resolve already recorded", None
    firing = firing_of(source, reading, at=at, is_test=is_test, alone=alone)
    if last is not None and last.resolved_at is not None and last.ticket is not None:
        ticket, quiet = home(last.ticket), timedelta(minutes=source.quiet_minutes)
        going_on = at - last.resolved_at <= quiet or flapping.is_held(ticket)
        if going_on and ticket.status not in (Status.CLOSED, Status.CANCELLED) and not silences.covering(firing):
            return fire_again(source, last, ticket, reading, at=at)
    return open_or_hold(firing, flipped_at=flapping.changes(source, last, at) if last else [at])


def is_late(last: Alert, reading: Reading, at: datetime) -> bool:
    """Received before the resolve; or, within the minutes in which deliveries overtake each other, older by the
    sender's own clock. Later than that it counts: a source that kept its start time through a restart still fires."""
    heard_at = last.last_seen_at  # of a closed alert: the newest resolve
    overtaken = at - heard_at <= timedelta(seconds=settings.ALERT_LATE_SECONDS)
    older = reading.source_time and last.source_time and reading.source_time < last.source_time
    return at < heard_at or bool(overtaken and older)


def repeat(source: Source, alert: Alert, reading: Reading, *, at: datetime, is_test: bool) -> Outcome:
    """It still fires: counted, and on the timeline at most every ALERT_LINE_SECONDS, of a group never. What an agent
    resolved and yet fires after the quiet time reopens; what was closed gets a follow-up."""
    if alert.ticket is None:
        refresh(alert, reading, at)
        return silences.HELD, None
    ticket, quiet = home(alert.ticket), timedelta(minutes=source.quiet_minutes)
    if ticket.status == Status.CLOSED and ticket.closed_at and at - ticket.closed_at > quiet:
        Alert.objects.filter(pk=alert.pk).update(resolved_at=at, status=readings.RESOLVED)
        return open_new(firing_of(source, reading, at=at, is_test=is_test), follows=ticket)
    worse = SEVERITIES.get(reading.severity or "", 9) < SEVERITIES.get(alert.severity, 9)
    due = at - alert.told_at >= timedelta(seconds=settings.ALERT_LINE_SECONDS)
    refresh(alert, reading, at, told_at=at if due else alert.told_at)
    if ticket.status == Status.RESOLVED and ticket.resolved_at and at - ticket.resolved_at > quiet:
        progress.reopen(ticket=ticket, at=at, actor=None, via=VIA, reason=f"“{alert.title}” still fires.")
    elif due and (group := groups.lock_by_id(alert.group_id)):
        groups.changed(group, at)
    elif due:
        with working_on(ticket.pk, at=at) as locked:
            tell(locked, Kind.ALERT_REPEATED, alert)
    if worse and ticket.is_open and SEVERITIES[alert.severity] < ticket.severity:
        reason = f"The alert is now {alert.severity}."
        filing.change_severity(ticket=ticket, to=SEVERITIES[alert.severity], reason=reason, at=at, actor=None, via=VIA)
    return "repeated", ticket


def fire_again(source: Source, alert: Alert, ticket: Ticket, reading: Reading, *, at: datetime) -> Outcome:
    """Within the quiet time of its recovery, or while it flaps: the same episode goes on."""
    group = groups.lock_by_id(alert.group_id)
    flips = flapping.changes(source, alert, at)
    due = at - alert.told_at >= timedelta(seconds=settings.ALERT_LINE_SECONDS)
    held = flapping.is_held(ticket)
    told_at = alert.told_at if held and not due else at
    refresh(alert, reading, at, resolved_at=None, told_at=told_at, flips=alert.flips + 1, flipped_at=flips)
    was_resolved = ticket.status == Status.RESOLVED
    if was_resolved:
        progress.reopen(ticket=ticket, at=at, actor=None, via=VIA, reason=f"“{alert.title}” fires again.")
    with working_on(ticket.pk, at=at) as locked:
        expect_quiet(locked, recovered_at=at, until=None)
        if group:
            groups.changed(group, at)
        elif due or not held:
            tell(locked, Kind.ALERT_FIRED, alert)
        flapping.hold(locked, alert, source)
    return ("reopened" if was_resolved else "joined"), ticket


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
    group = groups.lock_by_id(last.group_id)
    flips = flapping.changes(source, last, at)
    kept = {"title": last.title, "labels": last.labels | dict(reading.labels)}  # a resolve often says less
    refresh(last, reading, at, resolved_at=at, acts_at=None, count=last.count, flipped_at=flips, **kept)
    if last.ticket is None:
        return "resolved while a silence held it back", None
    ticket = home(last.ticket)
    if group and not flapping.is_enough(source, flips) and any_open(Ticket.objects.lock(ticket.pk)):
        groups.changed(group, at)  # one of many: counted, without a line of its own
        return "resolved", ticket
    return recovered(source, last, ticket, at=at, grouped=group is not None)


def recovered(source: Source, last: Alert, ticket: Ticket, *, at: datetime, grouped: bool) -> Outcome:
    """The ticket's side of it: resolved with the last of its alerts, unless it flaps or an agent has to look."""
    with working_on(ticket.pk, at=at) as locked:
        waiting_for_others = others_open(locked)
        flaps = flapping.hold(locked, last, source)
        asks = not waiting_for_others and not flaps and locked.is_open and was_answered(locked)
        if not flaps:
            counted = tally(locked) if grouped else {}
            tell(locked, Kind.ALERT_RESOLVED, last, others=waiting_for_others, asks=asks, **counted)
        if asks:
            locked.needs_reply = True
        elif not (waiting_for_others or flaps) and (locked.is_open or locked.status == Status.RESOLVED):
            quiet = timedelta(minutes=source.quiet_minutes)
            expect_quiet(locked, recovered_at=at, until=None if was_answered(locked) else at + quiet)
    if flaps:
        return "resolved; its ticket is held open as it flaps", ticket
    if waiting_for_others or asks or not locked.is_open:
        return "resolved", ticket
    text = f"“{last.title}” recovered by itself. This closes when it stays quiet for {source.quiet_minutes} minutes."
    progress.resolve(ticket=ticket, code=Resolution.RECOVERED, text=text, at=at, actor=None, via=VIA)
    return "resolved", ticket


def release_due(now: datetime) -> int:
    """Let act what was held back by silences that are over and still fires; answers how many. One that fails is logged
    and tried again."""

    def one(held: tuple[int, int, str]) -> bool:
        pk, source, key = held
        one_at_a_time(source, key)
        alert = Alert.objects.select_related("source", "silence").filter(pk=pk, acts_at__lte=now).first()
        if alert is None or alert.acts_at is None:
            return False
        return act(alert, at=alert.acts_at)[1] is not None

    return each_alone(silences.due(now), one, "releasing the alert (id, source, key) %s failed")
