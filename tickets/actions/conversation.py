"""Saying something: the desk replies or notes, the requester writes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import User
from files.models import File
from lib import rows
from tickets.actions.opening import Enclosed, NewTicket, open_ticket
from tickets.errors import Moved, Refused
from tickets.events import record, working_on
from tickets.models import Audience, Event, Kind, MailText, Message, Ticket
from tickets.search import index_texts
from tickets.states import Status


def write(
    ticket: Ticket,
    *,
    body: str,
    audience: str,
    author: User | None,
    from_desk: bool,
    channel: str,
    files: Sequence[File] = (),
    automatic: bool = False,
    mail: MailText | None = None,
) -> Message:
    """Add a message row to a locked ticket and its words to the search. Raises Refused."""
    message = drafted(
        ticket, body=body, audience=audience, author=author, from_desk=from_desk, channel=channel, files=files,
        automatic=automatic, mail=mail,
    )  # fmt: skip
    keep([(message, files)])
    return message


def drafted(
    ticket: Ticket,
    *,
    body: str,
    audience: str,
    author: User | None,
    from_desk: bool,
    channel: str,
    files: Sequence[File] = (),
    automatic: bool = False,
    mail: MailText | None = None,
) -> Message:
    """A message, not yet saved. Raises Refused when there is nothing in it; an empty mail is kept."""
    body = body.replace("\0", "").strip()
    if not body and not files and mail is None:
        raise Refused("Write something first.", field="body")
    message = Message(
        ticket=ticket,
        author=author,
        from_desk=from_desk,
        automatic=automatic,
        audience=audience,
        channel=channel,
        body=body,
        has_files=bool(files),
        at=ticket.now,
    )
    message.take_mail(mail)
    message.render_body()
    return message


def keep(messages: Sequence[tuple[Message, Sequence[File]]]) -> None:
    """Save messages, each on a ticket of its own, with their files, and their words for the search."""
    rows.insert([message for message, _ in messages])
    rows.insert([Enclosed(message=message, file=file) for message, files in messages for file in files])
    index_texts((message.ticket, message.body, message.audience) for message, _ in messages)


def stop_if_moved(ticket: Ticket, seen: int | None, author: User | None) -> None:
    """The composer carries the newest line of history it showed; messages by others since then hold the send."""
    if seen is None or ticket.last_event <= seen:
        return
    news = Event.objects.timeline(ticket).filter(pk__gt=seen, message__isnull=False).exclude(actor=author)
    if found := list(news):
        raise Moved(found)


def reply(
    *,
    ticket: Ticket,
    body: str,
    at: datetime,
    actor: User,
    via: str,
    files: Sequence[File] = (),
    seen: int | None = None,
    then: str | None = None,
    mail: MailText | None = None,
) -> Message:
    """The desk answers the requester. `then`: the status afterwards (waiting by default, as the move is theirs)."""
    with working_on(ticket.pk, at=at) as locked:
        if locked.status in (Status.CANCELLED, Status.CLOSED):
            raise Refused(f"#{locked.pk} is {locked.status_label.lower()}. Reopen it before you reply.")
        stop_if_moved(locked, seen, actor)
        message = write(
            locked,
            body=body,
            audience=Audience.PUBLIC,
            author=actor,
            from_desk=True,
            channel=via,
            files=files,
            mail=mail,
        )
        take_note(locked, at=locked.now, actor=actor, via=via)
        locked.needs_reply = False
        locked.first_responded_at = locked.first_responded_at or locked.now
        record(locked, Kind.REPLIED, at=locked.now, actor=actor, via=via, message=message)
        wanted = Status(then or (locked.status if locked.status == Status.RESOLVED else Status.WAITING))
        if wanted != locked.status and wanted in (Status.WAITING, Status.DIAGNOSING):
            set_status(locked, wanted, at=locked.now, actor=actor, via=via)
    return message


def note(
    *, ticket: Ticket, body: str, at: datetime, actor: User, via: str, files: Sequence[File] = (),
    seen: int | None = None, mail: MailText | None = None,
) -> Message:  # fmt: skip
    """An internal note: the desk talks to itself. Never reaches a requester; stops no clock."""
    with working_on(ticket.pk, at=at) as locked:
        stop_if_moved(locked, seen, actor)
        message = write(
            locked, body=body, audience=Audience.INTERNAL, author=actor, from_desk=True, channel=via, files=files,
            mail=mail,
        )  # fmt: skip
        record(locked, Kind.NOTED, at=locked.now, actor=actor, via=via, message=message)
    return message


def receive(
    *,
    ticket: Ticket,
    body: str,
    at: datetime,
    actor: User,
    via: str,
    files: Sequence[File] = (),
    mail: MailText | None = None,
    reopens: bool = True,
) -> Message:
    """The requester (or a follower) writes. Wakes a waiting ticket, reopens a resolved one.

    On a ticket closed longer than settings.REOPEN_WINDOW_SECONDS (any closed one unless it `reopens`), or cancelled, it
    opens a linked follow-up instead.
    """
    with working_on(ticket.pk, at=at) as locked:
        window = timedelta(seconds=settings.REOPEN_WINDOW_SECONDS if reopens else 0)
        too_late = locked.status == Status.CLOSED and locked.closed_at and locked.now - locked.closed_at >= window
        if too_late or locked.status == Status.CANCELLED:
            return follow_up(locked, body=body, at=locked.now, actor=actor, via=via, files=files, mail=mail)
        message = write(
            locked, body=body, audience=Audience.PUBLIC, author=actor, from_desk=False, channel=via, files=files,
            mail=mail,
        )  # fmt: skip
        heard(locked, message, actor=actor, via=via, mail=mail)
    return message


def heard(locked: Ticket, message: Message, *, actor: User, via: str, mail: MailText | None) -> None:
    """It is the desk's move again."""
    locked.needs_reply = True
    if locked.requester_id == actor.pk:
        locked.requester = actor  # the followers need not ask for her again
    marks = {"warning": mail.warning} if mail and mail.warning else {}
    record(locked, Kind.RECEIVED, at=locked.now, actor=actor, via=via, message=message, data=marks)
    if locked.status in (Status.RESOLVED, Status.CLOSED):
        reopen_locked(locked, at=locked.now, actor=actor, via=via, reason="The requester wrote again.")
    elif locked.status == Status.WAITING:
        set_status(locked, Status.DIAGNOSING, at=locked.now, actor=actor, via=via)


def file_automatic(
    *,
    ticket: Ticket,
    body: str,
    at: datetime,
    actor: User | None,
    via: str,
    files: Sequence[File] = (),
    mail: MailText | None = None,
) -> Message:
    """Keep what a machine wrote where the desk sees it: it changes no status, no clock and whose turn it is."""
    with working_on(ticket.pk, at=at) as locked:
        message = write(
            locked, body=body, audience=Audience.INTERNAL, author=actor, from_desk=False, channel=via, files=files,
            automatic=True, mail=mail,
        )  # fmt: skip
        record(locked, Kind.NOTED, at=locked.now, actor=actor, via=via, message=message)
    return message


def follow_up(
    locked: Ticket,
    *,
    body: str,
    at: datetime,
    actor: User,
    via: str,
    files: Sequence[File],
    mail: MailText | None = None,
) -> Message:
    """A new ticket that follows one long closed; answers its first message."""
    fresh = open_ticket(
        new=NewTicket(
            subject=locked.subject,
            body=body,
            kind=locked.kind,
            channel=via if via in ("form", "email", "api") else locked.channel,
            requester=locked.requester or actor,
            author=actor,
            site=locked.site,
            component=locked.component,
            severity=locked.severity,
            files=files,
            follows=locked,
            mail=mail,
        ),
        at=at,
        actor=actor,
        via=via,
    )
    return fresh.messages.get()


def take_note(ticket: Ticket, *, at: datetime, actor: User, via: str) -> None:
    """A person of the desk has taken note: a new ticket becomes acknowledged, and a P1 owned."""
    if ticket.acknowledged_at is None:
        ticket.acknowledged_at = at
    if ticket.assignee_id is None and ticket.unowned_at is not None:
        ticket.unowned_at = None
    if ticket.status == Status.NEW:
        ticket.status = Status.ACKNOWLEDGED
        record(ticket, Kind.ACKNOWLEDGED, at=at, actor=actor, via=via)


def set_status(ticket: Ticket, to: Status, *, at: datetime, actor: User | None, via: str, reason: str = "") -> None:
    """Write a status and the waits that hang on it, with its line of history. The caller checked that it may."""
    before = Status(ticket.status)
    ticket.status = to
    wait, silence = timedelta(seconds=settings.WAITING_REMINDER_SECONDS), timedelta(seconds=settings.AUTO_CLOSE_SECONDS)
    ticket.reminds_at = at + wait if to == Status.WAITING else None
    ticket.closes_at = at + silence if to == Status.RESOLVED else None
    if to != Status.ON_HOLD:
        ticket.hold_reason, ticket.wakes_at = "", None
    data = {"from": before, "to": to} | ({"reason": reason} if reason else {})
    if to == Status.ON_HOLD and ticket.wakes_at:
        data["until"] = ticket.wakes_at.isoformat()
    record(ticket, Kind.STATUS_CHANGED, at=at, actor=actor, via=via, data=data)


def reopen_locked(ticket: Ticket, *, at: datetime, actor: User | None, via: str, reason: str) -> None:
    """Back to work: the same resolve clock goes on; what was verified is so no longer."""
    ticket.resolved_at = ticket.closed_at = ticket.verified_at = ticket.verified_by = None
    ticket.verification, ticket.evidence, ticket.needs_reply = "", "", True
    before = ticket.status
    ticket.status = Status.DIAGNOSING
    ticket.closes_at = None
    data = {"from": before, "to": ticket.status}
    record(ticket, Kind.REOPENED, at=at, actor=actor, via=via, reason=reason, data=data)
