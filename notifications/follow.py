"""From lines of history to Delivery rows, in the verb's own transaction. Rows only: a worker sends them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import prefetch_related_objects

from deliveries.models import Delivery, new_message_id
from deliveries.references import DESK_HEADER, desk_name
from deliveries.references import Side as Way
from lib import rows
from notifications.letterhead import letterheads
from notifications.people import People
from notifications.recipients import KINDS, Side, Told, recipients
from notifications.threads import earlier_ids, without_notes
from notifications.wording import Drafts, Letter, asked_of, letter, overdue, way_of
from tickets.events import follows
from tickets.models import Event, Kind

# Brakes against two machines answering each other: automatic mail to one person, in sliding windows.
PER_TICKET, TICKET_WINDOW = 5, timedelta(hours=24)
PER_PERSON, PERSON_WINDOW = 20, timedelta(hours=1)
REMEMBERED = 10  # earlier Message-IDs in References
TOGETHER = 3  # so many deadlines missed at once are one letter to each reader instead of as many

Line = tuple[Event, Told]


@follows(kinds=KINDS)
def follow(events: Sequence[Event]) -> None:
    """Tell whom it concerns. Not binding: what fails here becomes a row that can be replayed; the key keeps a replay
    from telling anybody twice."""
    people = People(events)
    lines = [(event, told) for event in events for told in recipients(event, people)]
    if not lines:
        return
    single, bundles = bundled(within_brakes(lines))
    if len({told.ticket.pk for _, told in single}) > 1:
        prefetch_related_objects([told.ticket for _, told in single], "requester")
    threads = earlier_ids([(event.kind, told.ticket.pk, told.user.pk) for event, told in single])
    heads = letterheads(asked_of(event, told) for event, told in single)
    letters, drafts = list[Delivery](), Drafts()
    for event, told in single:
        automatic, thread = is_automatic(event), threads[told.ticket.pk, told.user.pk]
        ticket, kind, _ = asked_of(event, told)
        words = letter(event, told, heads[ticket.pk, kind], drafts)
        row = delivery(event, told, words, automatic=automatic, thread=followed_by(told, thread))
        thread.append(row.message_id)
        letters.append(row)
    letters += [delivery(*bundle[0], overdue(bundle), automatic=True, thread=[], name="overdue") for bundle in bundles]
    rows.insert(letters, new_only=True)


def delivery(
    event: Event, told: Told, words: Letter, *, automatic: bool, thread: list[str], name: str = "email"
) -> Delivery:
    """The row, not yet saved. Its key says: about this line of history, to this person, once."""
    return Delivery(
        key=f"{event.pk}.{told.user.pk}.{name}",
        user=told.user,
        address=told.user.email,
        ticket=told.ticket,
        event=event,
        automatic=automatic,
        sender=words.sender,
        subject=words.subject,
        body_text=words.text,
        body_html=words.html,
        headers=words.headers | headers(thread, automatic=automatic),
        message_id=words.message_id or new_message_id(),
        returns_to=words.mailbox,
        created_at=event.at,
        next_try_at=event.at,
    )


def followed_by(told: Told, thread: list[str]) -> list[str]:
    """What went before, as far as a letter may hang on it: one whose answers go to the requester hangs on none about
    internal words, or whoever answers it would quote those."""
    return without_notes(thread) if way_of(told) is Way.DESK else thread


def bundled(lines: list[Line]) -> tuple[list[Line], list[list[Line]]]:
    """(what is told one by one, what is told together): deadlines that were missed at once are one letter a reader.

    Tickets of restricted teams stay apart: whoever may read of one of them need not be allowed to read of the others.
    """
    missed: dict[int, list[Line]] = defaultdict(list)
    for event, told in lines:
        if event.kind == Kind.BREACHED and not told.ticket.team.restricted:
            missed[told.user.pk].append((event, told))
    together = {reader: bundle for reader, bundle in missed.items() if len(bundle) >= TOGETHER}
    within = {(event.pk, reader) for reader, bundle in together.items() for event, _ in bundle}
    return [line for line in lines if (line[0].pk, line[1].user.pk) not in within], list(together.values())


def is_automatic(event: Event) -> bool:
    """No person wrote it for its reader: all but replies, notes, resolutions and what a requester writes."""
    return event.message is None or event.message.automatic or event.actor_id is None or event.kind == "opened"


def within_brakes(lines: list[Line]) -> list[Line]:
    """Without those of the asking side who had their share of automatic mail. One statement."""
    braked = [(e, told) for e, told in lines if told.side == Side.REQUESTER and is_automatic(e)]
    if not braked:
        return lines
    since = min(event.at for event, _ in braked) - TICKET_WINDOW
    asking = {told.user.pk for _, told in braked}
    letters: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    with connection.cursor() as cursor:  # a few hundred rows at most: these very brakes see to it
        cursor.execute(
            "SELECT user_id, ticket_id, created_at FROM deliveries_delivery"
            " WHERE automatic AND user_id = ANY(%s) AND created_at > %s AND ticket_id IS NOT NULL",
            [list(asking), since],
        )
        for user, ticket, at in cursor.fetchall():
            letters[user].append((ticket, at))
    kept = []
    for event, told in lines:
        if told.side == Side.REQUESTER and is_automatic(event):
            mine = letters[told.user.pk]
            found = Counter(at > event.at - PERSON_WINDOW for ticket, at in mine)
            here = sum(ticket == event.ticket_id and at > event.at - TICKET_WINDOW for ticket, at in mine)
            if here >= PER_TICKET or found[True] >= PER_PERSON:
                continue
            mine.append((told.ticket.pk, event.at))
        kept.append((event, told))
    return kept


def headers(thread: list[str], *, automatic: bool) -> dict[str, str]:
    """In-Reply-To and References keep a ticket's mails together; Auto-Submitted keeps machines from answering; our
    name lets us know our own letters. No List-* header: those belong to mail that is not about the reader's own."""
    found = {DESK_HEADER: desk_name()}
    if thread:
        kept = thread if len(thread) <= REMEMBERED else [thread[0], *thread[1 - REMEMBERED :]]
        found |= {"In-Reply-To": thread[-1], "References": " ".join(kept)}
    if automatic:
        found |= {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    return found
