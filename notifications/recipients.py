"""Who is told of a line of history: one `match`, and the rules that hold for everybody."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q

from accounts.models import User
from notifications.people import People
from tickets.models import Channel, Event, Kind, Severity, Ticket

MENTION = re.compile(r"(?<![\w@.])@([\w.+-]{2,64})(?![\w@])")


class Side(StrEnum):
    """What may be said: the requester's side reads public messages only."""

    REQUESTER = "requester"
    DESK = "desk"


@dataclass(frozen=True)
class Told:
    """One person to be told. `template` names templates/notifications/<template>.txt and .html; `ticket` is hers when
    her request was merged into the event's ticket."""

    user: User
    side: Side
    template: str
    ticket: Ticket
    by_own_doing: bool = False  # she caused it and is told all the same: an acknowledgement, the question how it was


# What anybody is told of at all.
KINDS = frozenset(
    {
        Kind.OPENED, Kind.REPLIED, Kind.RESOLVED, Kind.CLOSED, Kind.REMINDED, Kind.PROMISED, Kind.RECEIVED,
        Kind.REOPENED, Kind.ASSIGNED, Kind.BREACHED, Kind.UNOWNED, Kind.NOTED, Kind.HANDED_OVER, Kind.HANDOVER_BOUNCED,
        Kind.WARNED, Kind.ESCALATED,
    }
)  # fmt: skip


def recipients(event: Event, people: People | None = None) -> list[Told]:
    """Everybody who is told, once each; nobody who is inactive or cannot be reached, no one of her own doing."""
    found: dict[int, Told] = {}
    for told in candidates(event, people or People([event])):
        own = told.user.pk == event.actor_id and not told.by_own_doing
        if told.user.is_active and told.user.undeliverable_at is None and not own:
            found.setdefault(told.user.pk, told)
    return list(found.values())


def candidates(event: Event, people: People) -> Iterable[Told]:
    """Who would be told, by kind."""
    ticket = event.ticket
    match event.kind:
        case Kind.OPENED:
            urgent = people.members(ticket) if ticket.severity == Severity.P1 else []
            # Anything less than P1 waits in the queue, or nobody would read these mails any more.
            asked = [] if event.data.get("quiet") else to_requester(event, "acknowledged", by_own_doing=True)
            return [*asked, *to_desk(event, "opened", urgent, people)]
        case Kind.REPLIED if event.message and not event.message.is_internal:
            return to_asking_side(event, "replied")
        case Kind.RESOLVED if not event.data.get("silence"):
            return [*to_asking_side(event, "resolved"), *merged_requesters(event)]
        case Kind.CLOSED:
            return to_requester(event, "closed", by_own_doing=True)
        case Kind.REMINDED:
            return to_requester(event, "reminded")
        case Kind.PROMISED:
            return to_requester(event, "promised")
        case Kind.RECEIVED:
            return to_desk(event, "received", people.assignee_or_team(ticket), people)
        case Kind.REOPENED if not came_with_a_message(event):
            return to_desk(event, "reopened", people.assignee_or_team(ticket), people)
        case Kind.ASSIGNED if event.data.get("to"):
            return to_desk(event, "assigned", people.person(event.data["to"]), people)
        case Kind.WARNED | Kind.BREACHED | Kind.ESCALATED if "notify" in event.data:
            return of_stages(event, people)
        case Kind.BREACHED if ticket.severity == Severity.P1:
            return to_desk(event, "breached", people.managers(ticket), people)
        case Kind.BREACHED:
            return to_desk(event, "breached", people.person(ticket.assignee_id), people)
        case Kind.UNOWNED:
            return to_desk(event, "unowned", [*people.managers(ticket), *people.members(ticket)], people)
        case Kind.HANDED_OVER:
            return to_desk(event, "handed_over", people.members(ticket), people)
        case Kind.HANDOVER_BOUNCED:
            sender = people.person(event.data.get("sent_by"))
            return to_desk(event, "bounced", [*sender, *people.assignee_or_team(ticket)], people)
        case Kind.NOTED:
            return to_desk(event, "noted", mentioned(event), people)
        case _:
            return []


def of_stages(event: Event, people: People) -> list[Told]:
    """Those whom the stages of a policy name (sla.deeds)."""
    ticket, found = event.ticket, list[User]()
    wanted = event.data["notify"]
    if "assignee" in wanted:
        found += people.person(ticket.assignee_id)
    if "team" in wanted:
        found += people.members(ticket)
    if "manager" in wanted:
        found += people.managers(ticket)
    if "followers" in wanted:
        found += User.objects.desk().filter(followed_tickets__ticket=ticket)
    told = to_desk(event, str(event.kind), found, people)
    if "contacts" in wanted:
        told += [Told(user, Side.REQUESTER, "deadline", ticket) for user in people.contacts(ticket)]
    return told


def to_requester(event: Event, template: str, *, by_own_doing: bool = False) -> list[Told]:
    """The requester, unless a machine asked."""
    ticket = event.ticket
    if ticket.requester is None or ticket.channel in (Channel.ALERT, Channel.MONITOR):
        return []
    return [Told(ticket.requester, Side.REQUESTER, template, ticket, by_own_doing)]


def to_asking_side(event: Event, template: str) -> list[Told]:
    """The requester and who is kept informed: one statement."""
    ticket = event.ticket
    followers = User.objects.filter(followed_tickets__ticket=ticket)
    people = User.objects.filter(pk=ticket.requester_id).union(followers)
    return [Told(user, Side.REQUESTER, template, ticket) for user in people]


def merged_requesters(event: Event) -> list[Told]:
    """Requesters of duplicates hear how it was solved, about their own number and nothing of the others' words."""
    merged = event.ticket.merged.select_related("requester").filter(requester__isnull=False)
    others = merged.exclude(requester=event.ticket.requester_id)
    return [Told(dup.requester, Side.REQUESTER, "resolved_elsewhere", dup) for dup in others if dup.requester]


def to_desk(event: Event, template: str, users: Iterable[User], people: People) -> list[Told]:
    """Those of them who are of the desk and may see the ticket."""
    ticket = event.ticket
    able = [user for user in users if user.is_desk]
    if able and ticket.team.restricted:
        within = people.within(ticket)
        able = [user for user in able if user.is_admin or user.pk in within]
    return [Told(user, Side.DESK, template, ticket) for user in able]


def came_with_a_message(event: Event) -> bool:
    """The requester's own words reopened it: those are told already."""
    own = Event.objects.filter(ticket=event.ticket_id, kind=Kind.RECEIVED, actor=event.actor_id, at=event.at)
    return own.filter(pk__lt=event.pk).exists()


def mentioned(event: Event) -> list[User]:
    """People of the desk whom a note names: @local-part of their address, or @name without blanks."""
    if event.message is None or event.message.automatic:  # what a machine wrote calls nobody
        return []
    names = {name.lower().rstrip(".") for name in MENTION.findall(event.message.body)}
    if not names:
        return []
    wanted = Q()
    for name in sorted(names)[:20]:
        wanted |= Q(email__startswith=f"{name}@") | Q(name__iexact=name)
    return list(User.objects.desk().filter(wanted))
