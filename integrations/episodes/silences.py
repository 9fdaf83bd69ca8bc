"""Silences and maintenance windows: what they cover is kept and counted, and opens nothing until they end."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from accounts.audit import audit
from accounts.models import Team, User
from integrations.episodes.groups import Firing
from integrations.episodes.lines import HOSTS, Outcome, facts, of_ticket
from integrations.models import Alert, Silence, Source
from integrations.reading import Reading
from tickets.errors import Refused
from tickets.models import Ticket, teams_hidden_from

log = logging.getLogger(__name__)
BATCH = 200
HELD = "held back by a silence"
Open = Callable[[Alert, datetime], Outcome]


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text is as the pattern says; "*" stands for anything, capitals do not matter."""
    pattern, text = pattern.casefold(), text.casefold()
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    last = rest.pop()
    if not text.startswith(first) or not text[len(first) :].endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in rest:
        found = text.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return place <= end


def covers(silence: Silence, firing: Firing) -> bool:
    """Whether all that the silence names is so of this reading."""
    labels = firing.reading.labels
    return (
        silence.source_id in (None, firing.source.pk)
        and silence.site_id in (None, firing.site.pk if firing.site else 0)
        and silence.component_id in (None, firing.component.pk if firing.component else 0)
        and (not silence.name or fits(silence.name, firing.reading.title))
        and all(fits(str(value), labels.get(name, "")) for name, value in silence.labels.items())
    )


def covering(firing: Firing) -> Silence | None:
    """The silence of this instant that covers it, the longest of several; one statement, a few more if there is one."""
    found = [silence for silence in Silence.objects.active(firing.at) if covers(silence, firing)]
    found.sort(key=lambda silence: silence.ends_at, reverse=True)
    held = (still(one, firing) for one in found if may_hold(one, firing.source))
    return next((one for one in held if one is not None), None)


def may_hold(silence: Silence, source: Source) -> bool:
    """Nobody holds back what they may not see: alerts of a restricted team's source. What names the source was made by
    somebody who sees it."""
    if silence.source_id is not None or source.team_id is None:
        return True
    maker = silence.created_by
    hidden = teams_hidden_from(maker) if maker else Team.objects.filter(restricted=True)
    return not hidden.filter(pk=source.team_id).exists()


def still(silence: Silence, firing: Firing) -> Silence | None:
    """The silence as it is now, when it covers this and nobody ends or changes it before this transaction is over."""
    asked = "SELECT * FROM integrations_silence WHERE id = %s AND starts_at <= %s AND ends_at > %s FOR SHARE"
    for now in Silence.objects.raw(asked, [silence.pk, firing.at, firing.at]):
        return now if covers(now, firing) else None
    return None


def hold(firing: Firing, silence: Silence, flipped_at: list[datetime]) -> Outcome:
    """Keep it without a ticket until the silence ends."""
    reading, at = firing.reading, firing.at
    Alert.objects.create(
        source=firing.source, key=reading.key, first_seen_at=at, told_at=at, silence=silence,
        acts_at=silence.ends_at, flipped_at=flipped_at, **facts(reading, at),
    )  # fmt: skip
    return HELD, None


def reading_of(alert: Alert) -> Reading:
    """An alert as its sender told it last."""
    return Reading(
        key=alert.key, status=alert.status, severity=alert.severity or None, title=alert.title, link=alert.link,
        links=alert.links, labels=alert.labels, description=alert.description, source_time=alert.source_time,
    )  # fmt: skip


def due(now: datetime) -> list[tuple[int, int, str]]:
    """Alerts that no silence holds back any longer: (id, source, key), the longest due first."""
    rows = Alert.objects.filter(acts_at__lte=now).order_by("acts_at", "pk")
    return list(rows.values_list("pk", "source_id", "key")[:BATCH])


def check(silence: Silence, at: datetime) -> None:
    """Raises Refused when it would end before it begins, or is over already."""
    if silence.ends_at <= silence.starts_at:
        raise Refused("It ends before it begins.", field="ends_at")
    if silence.ends_at <= at:
        raise Refused("That is over already.", field="ends_at")


def make(*, silence: Silence, at: datetime, actor: User) -> Silence:
    """From now on or later. Raises Refused."""
    check(silence, at)
    silence.recurs_at = silence.starts_at if silence.repeats else None
    silence.created_by, silence.created_at = actor, at
    with transaction.atomic():
        silence.save()
        audit("silence made", at=at, actor=actor, object=silence, until=silence.ends_at.isoformat())
    return silence


def end(*, silence: Silence, at: datetime, actor: User) -> bool:
    """Now instead of later; what it holds back and still fires acts at once. Answers whether it was not over yet."""
    with transaction.atomic():
        rows = Silence.objects.filter(pk=silence.pk, ends_at__gt=at)
        if not rows.update(ends_at=at, ended_by=actor):
            return False
        Alert.objects.filter(silence=silence, acts_at__gt=at).update(acts_at=at)
        audit("silence ended", at=at, actor=actor, object=silence)
    return True


def draft_for(ticket: Ticket, *, starts_at: datetime, ends_at: datetime) -> Silence:
    """A silence, not yet saved, for what this ticket's alerts have in common: their source, and their name and host, or
    else their title; or else the ticket's site and component. Raises Refused for a ticket without alerts."""
    alerts = list(of_ticket(ticket).order_by("-last_seen_at")[:500])
    return draft_of(alerts, ticket, starts_at=starts_at, ends_at=ends_at)


def draft_of(alerts: list[Alert], ticket: Ticket, *, starts_at: datetime, ends_at: datetime) -> Silence:
    """The same for some alerts of a ticket. Raises Refused without any."""
    if not alerts:
        raise Refused("No alert belongs to this ticket.")
    shared = {
        name: value
        for name, value in alerts[0].labels.items()
        if name in ("alertname", *HOSTS) and all(alert.labels.get(name) == value for alert in alerts)
    }
    sources, titles = {alert.source_id for alert in alerts}, {alert.title for alert in alerts}
    same = len(titles) == 1 and "alertname" not in shared
    vague = not shared and not same
    return Silence(
        reason=f"Known: #{ticket.pk}",
        source_id=sources.pop() if len(sources) == 1 else None,
        labels=shared,
        name=titles.pop() if same else "",
        site=ticket.site if vague else None,
        component=ticket.component if vague else None,
        starts_at=starts_at,
        ends_at=ends_at,
        ticket=ticket,
    )
