"""A letter as it would read, before it is saved: about a ticket, or with made-up words. Nothing is sent or kept."""

from dataclasses import replace

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from lib.html import plain
from notifications.languages import Language, LetterKind
from notifications.letterhead import letterheads
from notifications.recipients import Side, Told
from notifications.templating import Block, Value
from notifications.values import rating, table, values
from notifications.variables import names_of
from notifications.wording import filled, with_number
from tickets.models import Audience, Event, Kind, Ticket

# The kind of event that such a letter is about.
ABOUT = {
    LetterKind.ACKNOWLEDGED: Kind.OPENED, LetterKind.REPLIED: Kind.REPLIED, LetterKind.RESOLVED: Kind.RESOLVED,
    LetterKind.RESOLVED_ELSEWHERE: Kind.RESOLVED, LetterKind.CLOSED: Kind.CLOSED, LetterKind.PROMISED: Kind.PROMISED,
    LetterKind.WITHDRAWN: Kind.PROMISED, LetterKind.REMINDED: Kind.REMINDED, LetterKind.DEADLINE: Kind.BREACHED,
}  # fmt: skip


def preview(
    *, kind: LetterKind, language: Language, subject: str, body: str, ticket: Ticket | None, reader: User
) -> tuple[str, str, str]:
    """(subject, text, HTML). Raises templating.Wrong."""
    known = of_ticket(kind, language, ticket, reader) if ticket else made_up(kind, language)
    subject, text, html = filled(kind, subject, body, known)
    return with_number(subject, ticket.pk if ticket else 1042), text, html


def of_ticket(kind: LetterKind, language: Language, ticket: Ticket, reader: User) -> dict[str, Value]:
    """A ticket's own words; links lead nowhere, as only their reader may have them."""
    public = ticket.messages.filter(audience=Audience.PUBLIC).order_by("at", "id")
    message = public.first() if kind == LetterKind.ACKNOWLEDGED else public.filter(from_desk=True).last()
    event = Event(ticket=ticket, kind=ABOUT[kind], at=ticket.last_event_at, actor=reader, message=message)
    head = replace(letterheads([(ticket, kind, event.kind)])[ticket.pk, kind], language=language)
    told = Told(ticket.requester or reader, Side.REQUESTER, kind, ticket)
    return values(event, told, head, kind) | nowhere(kind, language)


def nowhere(kind: LetterKind, language: Language) -> dict[str, Value]:
    """Links as a preview shows them."""
    page = f"{settings.BASE_URL}{reverse('letters')}#"
    found: dict[str, Value] = dict.fromkeys(names_of(kind, "address"), page)
    return found | ({"rating": rating(page, language)} if kind == LetterKind.CLOSED else {})


def made_up(kind: LetterKind, language: Language) -> dict[str, Value]:
    """An example of every variable."""
    when = "2 March, 18:00 UTC"
    known: dict[str, Value] = {
        "greeting": language.greeting.format(name="Cora"),
        "person.name": "Cora",
        "ticket.number": "#1042",
        "ticket.subject": "The checkout stops at the last step",
        "ticket.site": "Shop",
        "team.name": "Front-end",
        "author": "Ada",
        "message": Block("Could you tell us which browser you use?", "<p>Could you tell us which browser you use?</p>"),
        "files_note": language.files,
        "request": "When I press “Pay”, nothing happens.",
        "times": table([(language.first_answer_by, when), (language.solved_by, when)]),
        "expected_by": when,
        "closes_at": when,
        "due": when,
        "resolution": Block("The checkout works again.", plain("The checkout works again.")),
    }
    return {name: known.get(name, "") for name in names_of(kind)} | nowhere(kind, language)
