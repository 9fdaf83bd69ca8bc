"""The asking side writes on several tickets at once: the same verb as `conversation.receive`, in fewer statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from files.models import File
from tickets.actions.conversation import drafted, heard, keep
from tickets.errors import Refused
from tickets.events import working_on_all
from tickets.models import Audience, MailText, Message
from tickets.states import Status


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What somebody of the asking side wrote by mail on a ticket."""

    ticket: int
    body: str
    at: datetime
    actor: User
    mail: MailText
    files: Sequence[File] = ()


def receive_together(news: Sequence[Heard], *, via: str) -> list[Message]:
    """`receive` on several tickets, each once: all or nothing. Raises Refused where one is gone, closed or cancelled:
    those are for `receive`."""
    by_ticket = {one.ticket: one for one in news}
    with working_on_all(by_ticket, at=min(one.at for one in news)) as tickets:
        if len(tickets) < len(news) or any(one.status in (Status.CLOSED, Status.CANCELLED) for one in tickets):
            raise Refused("One of them is closed.")
        messages = dict[int, Message]()
        for locked in tickets:
            one = by_ticket[locked.pk]
            locked.now = max(one.at, locked.last_event_at)
            messages[locked.pk] = drafted(
                locked, body=one.body, audience=Audience.PUBLIC, author=one.actor, from_desk=False, channel=via,
                files=one.files, mail=one.mail,
            )  # fmt: skip
        keep([(message, by_ticket[pk].files) for pk, message in messages.items()])
        for locked in tickets:
            one = by_ticket[locked.pk]
            heard(locked, messages[locked.pk], actor=one.actor, via=via, mail=one.mail)
    return [messages[one.ticket] for one in news]
