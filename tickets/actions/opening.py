"""Opening a ticket: severity, placement, the first message, the first lines of history: one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import Organisation, Team, User
from catalog.models import Component, Site
from files.models import File
from lib import rows
from tickets.errors import Refused
from tickets.events import drain, keep, record
from tickets.models import (
    Audience,
    Channel,
    Kind,
    MailText,
    Message,
    Severity,
    SeverityCell,
    Ticket,
    TicketFollower,
    TicketKind,
    rules_in_force,
)
from tickets.routing import Draft, Placement, place
from tickets.search import index_text


@dataclass(frozen=True, kw_only=True)
class NewTicket:
    """What an intake knows. Without severity, impact × urgency decides; without either, P3.

    `body` is Markdown, or plain text with a `mail`; `author` wrote it (None: a machine); `team` overrides routing (an
    agent chose it). `quiet`: nobody is told automatically that it arrived, as it may be a machine that asks.
    """

    subject: str
    body: str = ""
    kind: str = TicketKind.INCIDENT
    channel: str
    requester: User | None = None
    author: User | None = None
    site: Site | None = None
    component: Component | None = None
    organisation: Organisation | None = None
    severity: int | None = None
    impact: str = ""
    urgency: str = ""
    team: Team | None = None
    fallback_team: Team | None = None
    category: str = ""
    tags: Sequence[str] = ()
    followers: Sequence[User] = ()
    files: Sequence[File] = ()
    custom: dict[str, object] = field(default_factory=dict)
    follows: Ticket | None = None
    mail: MailText | None = None
    quiet: bool = False


def severity_of(new: NewTicket) -> int:
    """1 to 4: as given, else from the impact × urgency matrix, else P3."""
    if new.severity:
        return new.severity
    if new.impact and new.urgency:
        cell = SeverityCell.objects.filter(impact=new.impact, urgency=new.urgency).first()
        if cell:
            return cell.severity
    return Severity.P3


def fallback_of(new: NewTicket) -> Team:
    """Routing always lands: the form's or source's team, the site's fallback team, else the first team."""
    found = new.fallback_team or (new.site.fallback_team if new.site else None) or Team.objects.order_by("pk").first()
    if found is None:
        raise Refused("There is no team yet. Make one in the settings first.", field="team")
    return found


def placement_of(new: NewTicket, severity: int, *, fallback: Team) -> Placement:
    """Where the rules put it."""
    organisation = new.organisation or (new.requester.organisation if new.requester else None)
    draft = Draft(
        kind=new.kind,
        severity=severity,
        channel=new.channel,
        subject=new.subject,
        text=new.body,
        site=new.site.pk if new.site else None,
        component=new.component.pk if new.component else None,
        organisation=organisation.pk if organisation else None,
        fallback_team=fallback.pk,
    )
    return place(draft, rules_in_force())


def open_ticket(*, new: NewTicket, at: datetime, actor: User | None, via: str) -> Ticket:
    """Make a ticket of what came in. Raises Refused when something needed is missing."""
    subject = " ".join(new.subject.replace("\0", "").split())[:300]
    if not subject:
        raise Refused("Give it a subject.", field="subject")
    fallback = fallback_of(new)
    with transaction.atomic(savepoint=False):  # who catches what fails in here undoes the whole of it
        return written(new, subject, fallback, at=at, actor=actor, via=via)


def written(new: NewTicket, subject: str, fallback: Team, *, at: datetime, actor: User | None, via: str) -> Ticket:
    """The ticket, its first message and lines of history, and what the followers make of them."""
    asked = severity_of(new)
    placed = placement_of(new, asked, fallback=fallback)
    team = new.team or (fallback if placed.team == fallback.pk else Team.objects.get(pk=placed.team or 0))
    severity = new.severity or placed.severity or asked
    ticket = Ticket(
        kind=new.kind,
        severity=severity,
        impact=new.impact,
        urgency=new.urgency,
        subject=subject,
        site=new.site,
        component=new.component,
        organisation=new.organisation or (new.requester.organisation if new.requester else None),
        requester=new.requester,
        team=team,
        tier=placed.tier if placed.tier is not None and not new.team else team.tier,
        channel=new.channel,
        category=new.category,
        tags=sorted({*new.tags, *placed.tags}),
        custom=new.custom,
        rule_id=placed.rule,
        placed_by_fallback=placed.is_fallback and new.team is None,
        follows=new.follows,
        opened_at=at,
        last_event_at=at,
        unowned_at=at + timedelta(seconds=settings.UNOWNED_P1_SECONDS) if severity == Severity.P1 else None,
    )
    rows.insert([ticket])
    for follower in {*new.followers} - {new.requester}:
        TicketFollower.objects.get_or_create(ticket=ticket, user=follower)
    message = first_message(ticket, new, at=at) if new.body.strip() or new.files or new.mail else None
    index_text(ticket, f"{subject}\n{message.body if message else ''}", Audience.PUBLIC)
    record(
        ticket, Kind.OPENED, at=at, actor=actor, via=via, message=message, channel=new.channel, severity=severity,
        on_behalf=bool(actor and new.requester and actor != new.requester), **marks_of(new),
    )  # fmt: skip
    record(ticket, Kind.PLACED, at=at, data=placement_data(placed, team, chosen=new.team is not None))
    drain(ticket)
    keep([ticket])
    return ticket


def marks_of(new: NewTicket) -> dict[str, Any]:
    """What the first line of history keeps of how it came, when there is something to keep."""
    warning = new.mail.warning if new.mail else ""
    return ({"quiet": True} if new.quiet else {}) | ({"warning": warning} if warning else {})


def placement_data(placed: Placement, team: Team, *, chosen: bool) -> dict[str, Any]:
    """What the timeline keeps of a placement, so that the ticket can say which rule placed it and why."""
    return {
        "team": team.pk,
        "team_name": team.name,
        "rule": None if chosen else placed.rule,
        "rule_name": "" if chosen else placed.rule_name,
        "because": [] if chosen else placed.because,
        "fallback": placed.is_fallback and not chosen,
        "chosen": chosen,
        "tags": list(placed.tags),
    }


def first_message(ticket: Ticket, new: NewTicket, *, at: datetime) -> Message:
    """What the requester (or machine) wrote; for a phone call, what the agent took down."""
    message = Message(
        ticket=ticket,
        author=new.author or new.requester,
        from_desk=bool(new.author and new.author.is_desk and new.author != new.requester),
        automatic=new.channel in (Channel.ALERT, Channel.MONITOR),
        audience=Audience.PUBLIC,
        channel=new.channel,
        body=new.body.replace("\0", ""),
        has_files=bool(new.files),
        at=at,
    )
    message.take_mail(new.mail)
    message.render_body()
    rows.insert([message])
    if new.files:
        message.files.set(new.files)
    return message
