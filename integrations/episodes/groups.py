"""Grouping: alerts of a source that share a site, a component or labels, and begin close together, share a ticket.

The timeline counts them every so often; it has no line for each.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from catalog.models import Component, Site
from integrations.episodes.lines import VIA, tally
from integrations.models import AlertGroup, Source
from integrations.reading import Reading
from integrations.recovery import home
from lib.sweeps import each_alone
from tickets.events import record, working_on
from tickets.models import Kind, Ticket
from tickets.states import Status

BATCH = 100
FIRST = timedelta(minutes=1)  # after the first that joins


@dataclass(frozen=True, kw_only=True)
class Firing:
    """A reading that begins something, and where it belongs. `alone`: it joins no group."""

    source: Source
    reading: Reading
    site: Site | None
    component: Component | None
    at: datetime
    is_test: bool = False
    alone: bool = False


def words_of(source: Source) -> list[str]:
    """What this source groups by, in its order."""
    return [word for word in (part.strip() for part in source.group_by.split(",")) if word]


def key_of(firing: Firing) -> str:
    """Of alerts that belong together the same text, readable where it is short enough for the column; "" for one that
    joins no group."""
    words = words_of(firing.source)
    if not words or firing.alone or firing.is_test:
        return ""
    named = {
        "site": firing.site.slug if firing.site else "",
        "component": firing.component.slug if firing.component else "",
    }
    key = ", ".join(f"{word}={named.get(word, firing.reading.labels.get(word, ''))}" for word in words)
    return key if len(key) <= 180 else f"{key[:180]}… {hashlib.sha256(key.encode()).hexdigest()}"


def lock(firing: Firing) -> AlertGroup | None:
    """The group's row, locked until the transaction ends; None without a group."""
    key = key_of(firing)
    if not key:
        return None
    mine = AlertGroup.objects.select_for_update(no_key=True).filter(source=firing.source, key=key)
    group = mine.first()
    if group is None:
        AlertGroup.objects.bulk_create([AlertGroup(source=firing.source, key=key)], ignore_conflicts=True)
        group = mine.get()
    return group


def lock_by_id(group: int | None) -> AlertGroup | None:
    """The row of an alert's group, locked."""
    return AlertGroup.objects.select_for_update(no_key=True).filter(pk=group).first() if group else None


def current(group: AlertGroup, source: Source, at: datetime) -> Ticket | None:
    """The ticket that an alert joins which begins now, locked; None when the window is over or the ticket is done."""
    if group.ticket_id is None or group.joined_at is None:
        return None
    if at - group.joined_at > timedelta(minutes=source.group_minutes):
        return None
    ticket = Ticket.objects.lock(group.ticket_id)
    if ticket.is_merged:
        ticket = Ticket.objects.lock(home(ticket).pk)
    done = ticket.status in (Status.CLOSED, Status.CANCELLED) or ticket.is_merged
    return None if done else ticket


def begin(group: AlertGroup, ticket: Ticket, at: datetime) -> None:
    """The first alert of a new ticket."""
    group.ticket, group.joined_at, group.told_at, group.tells_at = ticket, at, None, None
    group.save()


def changed(group: AlertGroup, at: datetime, **changes: datetime) -> None:
    """An alert joined or recovered: it is counted on the timeline soon, a minute after the first, then every
    ALERT_LINE_SECONDS at most."""
    pause = timedelta(seconds=settings.ALERT_LINE_SECONDS)
    due = max(at + FIRST, group.told_at + pause) if group.told_at else at + FIRST
    AlertGroup.objects.filter(pk=group.pk).update(tells_at=group.tells_at or due, **changes)


def joined(group: AlertGroup, at: datetime) -> None:
    changed(group, at, joined_at=max(at, group.joined_at or at))


def tell_due(now: datetime) -> int:
    """Count on the timeline what is due; answers how many groups. One that fails is logged and tried again."""
    due = AlertGroup.objects.filter(tells_at__lte=now).order_by("tells_at").values_list("pk", flat=True)
    return each_alone(list(due[:BATCH]), lambda pk: count(pk, now), "counting the alerts of group %s failed")


def count(pk: int, now: datetime) -> bool:
    """One line with how many alerts the group's ticket has by now."""
    rows = AlertGroup.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    group = rows.select_related("source").filter(pk=pk, tells_at__lte=now).first()
    if group is None or group.tells_at is None:
        return False
    due = group.tells_at
    AlertGroup.objects.filter(pk=pk).update(tells_at=None, told_at=due)
    if group.ticket_id is None:
        return False
    with working_on(home(Ticket.objects.get(pk=group.ticket_id)).pk, at=due) as locked:
        if not locked.is_open:
            return False  # what resolved it counted them
        record(locked, Kind.ALERT_REPEATED, at=locked.now, via=VIA, source=group.source.name, **tally(locked))
    return True
