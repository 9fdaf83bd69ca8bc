"""An alert that begins: a ticket of its own, its group's, or none while a silence holds it back."""

from datetime import datetime

from integrations.alert_text import body_of, component_of, site_of, subject_of
from integrations.episodes import groups, silences
from integrations.episodes.groups import Firing
from integrations.episodes.lines import SEVERITIES, VIA, Outcome, facts, tell
from integrations.models import Alert, AlertGroup, Silence, Source
from integrations.reading import Reading
from integrations.recovery import expect_quiet
from lib import rows
from tickets.actions import filing, progress
from tickets.actions.opening import NewTicket, open_ticket
from tickets.events import drain
from tickets.models import Channel, Kind, Ticket
from tickets.states import Status


def firing_of(source: Source, reading: Reading, *, at: datetime, is_test: bool = False, alone: bool = False) -> Firing:
    """A reading with the site and component that it names."""
    site = site_of(source, reading)
    component = component_of(source, site, reading)
    return Firing(
        source=source, reading=reading, site=site, component=component, at=at, is_test=is_test, alone=alone
    )  # fmt: skip


def new_ticket_of(firing: Firing, *, follows: Ticket | None = None) -> NewTicket:
    """What the ticket of an alert that begins says, and where it comes from."""
    reading, source = firing.reading, firing.source
    return NewTicket(
        subject=subject_of(reading, is_test=firing.is_test),
        body=body_of(source, reading),
        channel=Channel.ALERT,
        site=firing.site,
        component=firing.component,
        severity=SEVERITIES.get(reading.severity or "", source.severity),
        fallback_team=source.team,
        tags=["test"] if firing.is_test else [],
        follows=follows,
    )


def open_new(
    firing: Firing,
    *,
    held: Alert | None = None,
    follows: Ticket | None = None,
    flipped_at: list[datetime] | None = None,
) -> Outcome:
    """Its group's ticket when there is one, else a ticket of its own. `held`: the alert that a silence held back."""
    group = groups.lock(firing)
    ticket = groups.current(group, firing.source, firing.at) if group and follows is None else None
    if group and ticket:
        return join(firing, group, ticket, held=held, flipped_at=flipped_at)
    at, new = firing.at, new_ticket_of(firing, follows=follows)
    ticket = open_ticket(new=new, at=at, actor=None, via=VIA)
    if group:
        groups.begin(group, ticket, at)
    alert = keep(firing, ticket, group, held=held, flipped_at=flipped_at)
    ticket.now = at
    tell(ticket, Kind.ALERT_FIRED, alert, **after_silence(held))  # nobody else sees it before we commit: no lock
    drain(ticket)
    Ticket.objects.filter(pk=ticket.pk).update(last_event=ticket.last_event, last_event_at=ticket.last_event_at)
    return "opened", ticket


def after_silence(held: Alert | None) -> dict[str, str]:
    return {"after": held.silence.reason} if held and held.silence else {}


def join(
    firing: Firing, group: AlertGroup, ticket: Ticket, *, held: Alert | None, flipped_at: list[datetime] | None
) -> Outcome:
    """One more of the group of this locked ticket: counted, without a line of its own."""
    at = firing.at
    alert = keep(firing, ticket, group, held=held, flipped_at=flipped_at)
    groups.joined(group, at)
    worse = SEVERITIES.get(alert.severity, 9) < ticket.severity
    if ticket.status == Status.RESOLVED:
        expect_quiet(ticket, recovered_at=at, until=None)
        progress.reopen(ticket=ticket, at=at, actor=None, via=VIA, reason=f"“{alert.title}” fires.")
    if worse:
        reason = f"“{alert.title}” is {alert.severity}."
        filing.change_severity(ticket=ticket, to=SEVERITIES[alert.severity], reason=reason, at=at, actor=None, via=VIA)
    return "joined its group", ticket


def keep(
    firing: Firing, ticket: Ticket, group: AlertGroup | None, *, held: Alert | None, flipped_at: list[datetime] | None
) -> Alert:
    """The alert's row, new or of the one that was held back."""
    if held is None:
        alert = Alert(
            source=firing.source, key=firing.reading.key, ticket=ticket, group=group, first_seen_at=firing.at,
            told_at=firing.at, flipped_at=flipped_at or [], **facts(firing.reading, firing.at),
        )  # fmt: skip
        rows.insert([alert])
        return alert
    held.ticket, held.group, held.acts_at, held.told_at = ticket, group, None, firing.at
    held.save(update_fields=["ticket", "group", "acts_at", "told_at"])
    return held


def open_or_hold(firing: Firing, *, flipped_at: list[datetime]) -> Outcome:
    """What begins: held back by a silence, else opened."""
    silence = silences.covering(firing)
    if silence is not None:
        return silences.hold(firing, silence, flipped_at)
    return open_new(firing, flipped_at=flipped_at)


def act(alert: Alert, *, at: datetime) -> Outcome:
    """A held alert whose silence is over and that still fires; the caller holds the lock of its key."""
    firing = firing_of(alert.source, silences.reading_of(alert), at=at)
    silence: Silence | None = silences.covering(firing)
    if silence is None:
        return open_new(firing, held=alert)
    Alert.objects.filter(pk=alert.pk).update(silence=silence, acts_at=silence.ends_at)
    return silences.HELD, None
