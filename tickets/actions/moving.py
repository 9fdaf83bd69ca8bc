"""A message that belongs to another ticket: it moves there, whole; both timelines say so, and it can move back."""

from datetime import datetime

from accounts.models import User
from tickets.actions.conversation import set_status
from tickets.errors import Refused
from tickets.events import record, working_on
from tickets.models import Event, Kind, Message, Ticket
from tickets.search import index_anew
from tickets.states import Status

# What the desk told one requester is never shown to another; a ticket's first message is the ticket.
MOVABLE = (Kind.RECEIVED, Kind.NOTED)


def move_message(*, message: Message, to: Ticket, at: datetime, actor: User, via: str) -> Message:
    """Take a message to another ticket, with its files. There it counts as received now; what it did to the status and
    the clocks of the ticket it came to stays done. Raises Refused."""
    if message.ticket_id == to.pk:
        raise Refused("It is on that ticket already.", field="ticket")
    first, second = sorted((message.ticket_id, to.pk))
    with working_on(first, at=at) as one, working_on(second, at=at) as two:
        source, target = (one, two) if one.pk == message.ticket_id else (two, one)
        line = Event.objects.filter(message=message, ticket=source).order_by("-pk").first()
        stop_if_fixed(line, source, target)
        assert line is not None
        Message.objects.filter(pk=message.pk).update(ticket=target)
        message.ticket = target
        Event.objects.filter(pk=line.pk).update(message=None, data={**line.data, "moved_to": target.pk})
        kept = {key: value for key, value in line.data.items() if key == "warning"}
        record(
            target, Kind(line.kind), at=target.now, actor=message.author, via=via, message=message,
            data=kept | {"moved_from": source.pk, "moved_by": str(actor)},
        )  # fmt: skip
        words = {"who": str(message.author or "Helpdesk"), "to": target.pk}
        record(source, Kind.MOVED, at=source.now, actor=actor, via=via, data=words)
        if line.kind == Kind.RECEIVED:
            target.needs_reply = True
            if target.status == Status.WAITING:
                set_status(target, Status.DIAGNOSING, at=target.now, actor=message.author, via=via)
            source.needs_reply = waits_for_the_desk(source)
        index_anew(source)
        index_anew(target)
    return message


def stop_if_fixed(line: Event | None, source: Ticket, target: Ticket) -> None:
    """Raises Refused when it may not move there."""
    if line is None or line.kind not in MOVABLE:
        raise Refused("Only what somebody wrote to a ticket later can be moved. Merge the tickets instead.")
    if source.team.restricted and source.team_id != target.team_id:
        raise Refused(
            f"#{source.pk} belongs to {source.team}, which is restricted: more people see #{target.pk}.", field="ticket"
        )
    if target.is_merged or target.status == Status.CANCELLED:
        raise Refused(f"#{target.pk} is {target.status_label.lower()}.", field="ticket")


def waits_for_the_desk(ticket: Ticket) -> bool:
    """Whether the asking side wrote last."""
    newest = ticket.messages.filter(audience="public", automatic=False).order_by("-at", "-pk").first()
    return newest is not None and not newest.from_desk
