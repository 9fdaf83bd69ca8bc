"""Opening tickets: severity, placement, the first message, the first lines of history: one transaction."""

from collections.abc import Callable, Sequence
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
from tickets.routing import Draft, Placement, Rule, place
from tickets.search import index_texts


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


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A ticket to be opened: when, and by whom (None: the system)."""

    new: NewTicket
    at: datetime
    actor: User | None


Opened = tuple[Ticket, Message | None]
Drafted = tuple[Ticket, Placement]
BeforeTold = Callable[[Sequence[Opened]], None]
Enclosed = Message.files.through  # a message's row for each of its files


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


def placement_of(new: NewTicket, severity: int, rules: Sequence[Rule], *, fallback: Team) -> Placement:
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
    return place(draft, rules)


def open_ticket(*, new: NewTicket, at: datetime, actor: User | None, via: str) -> Ticket:
    """Make a ticket of what came in. Raises Refused when something needed is missing."""
    [(ticket, _)] = open_together([Opening(new=new, at=at, actor=actor)], via=via)
    return ticket


def open_together(openings: Sequence[Opening], *, via: str, before_told: BeforeTold | None = None) -> list[Opened]:
    """Make a ticket of each, in one transaction: all of them or none. Raises Refused.

    `before_told` writes what else belongs to them, before the followers hear of them."""
    texts = [one_line(opening.new.subject) for opening in openings]
    if not all(texts):
        raise Refused("Give it a subject.", field="subject")
    fallbacks = [fallback_of(opening.new) for opening in openings]
    with transaction.atomic(savepoint=False):  # who catches what fails in here undoes the whole of it
        rules = rules_in_force()
        drafts = [
            drafted(opening, subject, fallback, rules)
            for opening, subject, fallback in zip(openings, texts, fallbacks, strict=True)
        ]
        opened = written(openings, drafts)
        if before_told:
            before_told(opened)
        for opening, draft, (ticket, message) in zip(openings, drafts, opened, strict=True):
            noted(opening, draft, ticket, message, via=via)
        tickets = [ticket for ticket, _ in opened]
        drain(*tickets)
        keep(tickets)
    return opened


def one_line(subject: str) -> str:
    return " ".join(subject.replace("\0", "").split())[:300]


def drafted(opening: Opening, subject: str, fallback: Team, rules: Sequence[Rule]) -> Drafted:
    """The ticket, not yet saved, and how it was placed."""
    new, at = opening.new, opening.at
    asked = severity_of(new)
    placed = placement_of(new, asked, rules, fallback=fallback)
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
    return ticket, placed


def written(openings: Sequence[Opening], drafts: Sequence[Drafted]) -> list[Opened]:
    """The rows: tickets, who is kept informed, first messages with their files, words for the search."""
    tickets = [ticket for ticket, _ in drafts]
    rows.insert(tickets)
    opened = [
        (ticket, first_message(ticket, opening.new, at=opening.at))
        for ticket, opening in zip(tickets, openings, strict=True)
    ]
    rows.insert([message for _, message in opened if message])
    with_files = [(message, new.new.files) for (_, message), new in zip(opened, openings, strict=True) if message]
    rows.insert([Enclosed(message=message, file=file) for message, files in with_files for file in files])
    rows.insert(
        [
            TicketFollower(ticket=ticket, user=follower)
            for (ticket, _), opening in zip(opened, openings, strict=True)
            for follower in {*opening.new.followers} - {opening.new.requester}
        ]
    )
    index_texts(
        (ticket, f"{ticket.subject}\n{message.body if message else ''}", Audience.PUBLIC) for ticket, message in opened
    )
    return opened


def noted(opening: Opening, draft: Drafted, ticket: Ticket, message: Message | None, *, via: str) -> None:
    """Its first lines of history: that it was opened, and where it was placed."""
    new, at, actor = opening.new, opening.at, opening.actor
    record(
        ticket, Kind.OPENED, at=at, actor=actor, via=via, message=message, channel=new.channel,
        severity=ticket.severity, on_behalf=bool(actor and new.requester and actor != new.requester), **marks_of(new),
    )  # fmt: skip
    data = placement_data(draft[1], ticket.team, chosen=new.team is not None)
    record(ticket, Kind.PLACED, at=at, data=data)


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


def first_message(ticket: Ticket, new: NewTicket, *, at: datetime) -> Message | None:
    """What the requester (or machine) wrote, not yet saved; for a phone call, what the agent took down."""
    if not (new.body.strip() or new.files or new.mail):
        return None
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
    return message
