"""Afterwards: is everything that was accepted there, once?"""

from collections import Counter

from django.db.models import Count

from deliveries.models import Delivery
from deliveries.models import State as Sent
from integrations.models import Alert, Inbound, State
from soak import climbs, stages
from soak.load import Load
from soak.post import Post
from tickets.models import Message, Ticket

MOST = 5  # examples of each broken promise


def unsettled() -> int:
    """What workers still have to do."""
    waiting = Inbound.objects.filter(state=State.PENDING).count()
    waiting += stages.unfired() + climbs.unfinished()
    return waiting + Delivery.objects.filter(state__in=[Sent.PENDING, Sent.SENDING]).count()


def unread(post: Post) -> int:
    """Mails that still wait at their server, not fetched."""
    return len(post.serving.box.kept) - len(post.serving.box.seen)


def broken(load: Load, post: Post, taken: Counter[str]) -> dict[str, list[str]]:
    """Each broken promise with examples; empty when all were kept."""
    found = {**intakes(load), **tickets(load), **mails(post), **deliveries(taken), **stages.broken(), **climbs.broken()}
    return {promise: examples[:MOST] for promise, examples in found.items() if examples}


def intakes(load: Load) -> dict[str, list[str]]:
    rows = {str(row.receipt): row for row in Inbound.objects.defer("raw")}
    accepted = [*load.receipts, *load.forms.values()]
    return {
        "accepted and not there": [receipt for receipt in accepted if receipt not in rows],
        "accepted and without an outcome": [
            f"{receipt}: {rows[receipt].state} {rows[receipt].reason}"
            for receipt in accepted
            if receipt in rows and rows[receipt].state not in (State.DONE, State.IGNORED)
        ],
    }


def tickets(load: Load) -> dict[str, list[str]]:
    subjects = Counter(Ticket.objects.filter(channel="form").values_list("subject", flat=True))
    of_key = Alert.objects.values("key").annotate(n=Count("ticket", distinct=True)).filter(n__gt=1)
    bodies = Counter(Message.objects.filter(body__startswith="Soak answer").values_list("body", flat=True))
    told = Counter(Delivery.objects.filter(event__kind__in=["opened", "replied"]).values_list("event_id", "user_id"))
    opened = set(Delivery.objects.filter(event__kind="opened").values_list("ticket_id", flat=True))
    asked = Ticket.objects.filter(channel="form").values_list("pk", flat=True)
    return {
        "a form without its one ticket": [subject for subject in load.forms if subjects[subject] != 1],
        "an alert with more than one ticket": [row["key"] for row in of_key],
        "a reply that is not there once": [words for words in load.replies if bodies[words] != 1],
        "a requester told twice of one thing": [str(pair) for pair, count in told.items() if count > 1],
        "a requester never told": [f"#{pk}" for pk in asked if pk not in opened],
    }


def mails(post: Post) -> dict[str, list[str]]:
    subjects = Counter(Ticket.objects.filter(channel="email").values_list("subject", flat=True))
    said = Message.objects.filter(body__startswith="Soak mail answer").values_list("body", "ticket")
    where: dict[str, list[int]] = {}
    for words, ticket in said:
        where.setdefault(words, []).append(ticket)
    return {
        "a mail left at its server": [str(unread(post))] if unread(post) else [],
        "a mail without its one ticket": [subject for subject in post.opened if subjects[subject] != 1],
        "a mailed answer not once, or on another ticket": [
            f"{words}: {where.get(words)} and not #{ticket}"
            for words, ticket in post.answered.items()
            if where.get(words) != [ticket]
        ],
    }


def deliveries(taken: Counter[str]) -> dict[str, list[str]]:
    rows = list(Delivery.objects.all())
    known = {row.message_id for row in rows}
    return {
        "a delivery not sent": [f"{row.pk} {row.state}" for row in rows if row.state != Sent.SENT],
        "a delivery said to be sent that never arrived": [str(row.pk) for row in rows if not taken[row.message_id]],
        "a delivery repeated more than once": [str(row.pk) for row in rows if taken[row.message_id] > 2],
        "a delivery repeated and not marked uncertain": [
            str(row.pk) for row in rows if taken[row.message_id] > 1 and not row.uncertain
        ],
        "a mail that nobody wrote": [message for message in taken if message not in known],
    }
