"""From a line of history to Delivery rows, in the verb's own transaction. Rows only: a worker sends them."""

from collections import Counter, defaultdict
from datetime import timedelta

from deliveries.models import Delivery
from notifications.recipients import Side, Told, recipients
from notifications.wording import letter
from tickets.models import Event

# Brakes against two machines answering each other: automatic mail to one person, in sliding windows.
PER_TICKET, TICKET_WINDOW = 5, timedelta(hours=24)
PER_PERSON, PERSON_WINDOW = 20, timedelta(hours=1)
LOOKED_AT = 200  # newest letters of a ticket, whoever got them
REMEMBERED = 10  # earlier Message-IDs in References


def follow(event: Event) -> None:
    """Tell whom it concerns. Not binding: what fails here becomes a row that can be replayed; the key keeps a replay
    from telling anybody twice."""
    told = recipients(event)
    if not told:
        return
    automatic = is_automatic(event)
    if automatic:
        told = within_brakes(event, told)
    earlier = earlier_ids(told) if event.kind != "opened" else {}
    rows = []
    for one in told:
        words = letter(event, one)
        thread = earlier.get((one.ticket.pk, one.user.pk), [])
        rows.append(
            Delivery(
                key=f"{event.pk}.{one.user.pk}.email",
                user=one.user,
                address=one.user.email,
                ticket=one.ticket,
                event=event,
                automatic=automatic,
                sender=words.sender,
                subject=words.subject,
                body_text=words.text,
                body_html=words.html,
                headers=headers(thread, automatic=automatic),
                created_at=event.at,
                next_try_at=event.at,
            )
        )
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)


def is_automatic(event: Event) -> bool:
    """No person wrote it for its reader: all but replies, notes, resolutions and what a requester writes."""
    return event.message is None or event.message.automatic or event.actor_id is None or event.kind == "opened"


def within_brakes(event: Event, told: list[Told]) -> list[Told]:
    """Without those of the asking side who had their share of automatic mail. One statement."""
    asking = [one.user.pk for one in told if one.side == Side.REQUESTER]
    if not asking:
        return told
    day, hour = event.at - TICKET_WINDOW, event.at - PERSON_WINDOW
    had = Delivery.objects.filter(automatic=True, user__in=asking, created_at__gt=day, ticket__isnull=False)
    # A few hundred rows at most: these very brakes see to it.
    here: Counter[int | None] = Counter()
    anywhere: Counter[int | None] = Counter()
    for user, ticket, at in had.values_list("user", "ticket", "created_at"):
        here[user] += ticket == event.ticket_id
        anywhere[user] += at > hour
    return [
        one
        for one in told
        if one.side == Side.DESK or (here[one.user.pk] < PER_TICKET and anywhere[one.user.pk] < PER_PERSON)
    ]


def earlier_ids(told: list[Told]) -> dict[tuple[int, int], list[str]]:
    """Message-IDs each of them already has of this ticket, oldest first. One statement."""
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    users, tickets = {one.user.pk for one in told}, {one.ticket.pk for one in told}
    rows = Delivery.objects.filter(ticket__in=tickets, user__in=users).order_by("-pk")
    newest = rows.values_list("ticket", "user", "message_id")[:LOOKED_AT]
    for ticket, user, message_id in reversed(list(newest)):
        found[ticket, user].append(message_id)
    return found


def headers(thread: list[str], *, automatic: bool) -> dict[str, str]:
    """In-Reply-To and References keep a ticket's mails together; Auto-Submitted keeps machines from answering."""
    found = {}
    if thread:
        kept = thread if len(thread) <= REMEMBERED else [thread[0], *thread[1 - REMEMBERED :]]
        found = {"In-Reply-To": thread[-1], "References": " ".join(kept)}
    if automatic:
        found |= {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    return found
