"""The calls that are due, put together: one person (or room) is called at most once in two minutes, about whatever
waits for them by then, by every way that is due."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from deliveries.models import Delivery, State
from integrations.models import Channel
from lib import rows
from lib.sweeps import each_alone
from oncall.messages import delivery, new_code
from oncall.models import Call, CallState, Page, Pager, PageState, Ring
from tickets.models import Ticket

log = logging.getLogger(__name__)

APART = timedelta(minutes=2)
BATCH, TOGETHER = 500, 50
Whom = tuple[int | None, int | None]  # (user, room): one of them


def ring_due(now: datetime) -> int:
    """Call those whose time has come; answers how many. A batch that fails is worked one by one."""
    due = Call.objects.filter(due_at__lte=now).order_by("user", "room").values_list("user", "room").distinct()
    whom, called = list(due[:BATCH]), 0
    for first in range(0, len(whom), TOGETHER):
        some = whom[first : first + TOGETHER]
        try:
            called += ring(some, now)
        except Exception:  # one who cannot be called must not keep the others asleep
            log.exception("calling %s failed together", some)
            called += each_alone(some, lambda one: ring([one], now), "calling (person, room) %s failed")
    return called


@transaction.atomic
def ring(whom: Sequence[Whom], now: datetime) -> int:
    """These people and rooms, but for those that another worker is at, or that were called less than two minutes ago:
    they wait until those are over."""
    mine = held(whom)
    for one, at in last_called(mine).items():
        if now < at + APART:
            mine.remove(one)
            of(one).filter(due_at__lt=at + APART).update(due_at=at + APART)
    calls = waiting(mine, now)
    rings = {
        one: Ring(user=some[0].user, room=some[0].room, at=now, code=new_code()) for one, some in calls.items()
    }  # fmt: skip
    rows.insert(list(rings.values()))
    told = before(call for some in calls.values() for call in some)
    rows.insert([row for one, made in rings.items() for row in messages(made, calls[one], told)], new_only=True)
    for one, made in rings.items():
        rung = [call.pk for call in calls[one]]
        Call.objects.filter(pk__in=rung).update(state=CallState.RUNG, due_at=None, ring=made)
    return len(rings)


def messages(made: Ring, calls: Sequence[Call], told: set[tuple[int, Whom]]) -> list[Delivery]:
    """One for each way, about each page once."""
    by_way: dict[str, dict[int, Call]] = defaultdict(dict)
    for call in calls:
        by_way[call.way].setdefault(call.page_id, call)
    return [
        delivery(
            made,
            way,
            list(of_page.values()),
            again=all((call.page_id, whose(call)) in told for call in of_page.values()),
        )
        for way, of_page in by_way.items()
    ]


def whose(call: Call) -> Whom:
    return call.user_id, call.room_id


def of(whom: Whom) -> QuerySet[Call]:
    return Call.objects.filter(user=whom[0], room=whom[1])


def held(whom: Sequence[Whom]) -> list[Whom]:
    """Locked until the transaction ends: those whom no other worker is calling."""
    users, rooms = [user for user, _ in whom if user is not None], [room for _, room in whom if room is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO oncall_pager (user_id) SELECT unnest(%s::bigint[]) ON CONFLICT DO NOTHING", [users]
        )  # fmt: skip
    pagers = Pager.objects.select_for_update(skip_locked=True).filter(pk__in=users).order_by("pk")
    channels = Channel.objects.select_for_update(skip_locked=True).filter(pk__in=rooms).order_by("pk")
    mine: list[Whom] = [(pk, None) for pk in pagers.values_list("pk", flat=True)]
    return mine + [(None, pk) for pk in channels.values_list("pk", flat=True)]


def last_called(whom: Sequence[Whom]) -> dict[Whom, datetime]:
    """When each of them was called last, within the last two minutes or before."""
    with connection.cursor() as cursor:
        cursor.execute(LAST, [[user for user, _ in whom if user], [room for _, room in whom if room]])
        return {(user, room): at for user, room, at in cursor.fetchall()}


LAST = """
SELECT asked.id, NULL::bigint, ring.at FROM unnest(%s::bigint[]) AS asked(id), LATERAL (
       SELECT at FROM oncall_ring WHERE user_id = asked.id ORDER BY at DESC LIMIT 1) ring
UNION ALL
SELECT NULL, asked.id, ring.at FROM unnest(%s::bigint[]) AS asked(id), LATERAL (
       SELECT at FROM oncall_ring WHERE room_id = asked.id ORDER BY at DESC LIMIT 1) ring
"""


def waiting(whom: Sequence[Whom], now: datetime) -> dict[Whom, list[Call]]:
    """What they are to be called about by now, locked."""
    users, rooms = [user for user, _ in whom if user], [room for _, room in whom if room]
    due = Call.objects.filter(Q(user__in=users) | Q(room__in=rooms), due_at__lte=now)
    found: dict[Whom, list[Call]] = defaultdict(list)
    related = ("page__ticket__site", "page__ticket__team", "method", "user", "room")
    for call in due.select_for_update(of=("self",)).select_related(*related).order_by("pk"):
        found[whose(call)].append(call)
    return found


def before(calls: Iterable[Call]) -> set[tuple[int, Whom]]:
    """Who was called about which of these pages already."""
    pages = {call.page_id for call in calls}
    rung = Call.objects.filter(page__in=pages, state=CallState.RUNG).values_list("page", "user", "room")
    return {(page, (user, room)) for page, user, room in rung}


def call_back(page: Page) -> None:
    """What has not left yet about this page, and about nothing else that is still open, is not sent any more."""
    rung = Ring.objects.filter(calls__page=page)
    others = Call.objects.filter(ring__in=rung).exclude(page=page).exclude(page__state__in=QUIET).values("ring")
    keys = [
        f"ring.{ring}.{way}"
        for ring, way in Call.objects.filter(page=page, ring__in=rung.exclude(pk__in=others)).values_list("ring", "way")
    ]
    Delivery.objects.filter(key__in=keys, state=State.PENDING).update(
        state=State.CANCELLED, next_try_at=None, claim=None
    )  # fmt: skip


QUIET = (PageState.ACKNOWLEDGED, PageState.ENDED)


def failed(ticket: Ticket, delivery_key: str, reason: str, *, at: datetime) -> None:
    """A message of a call could not be delivered: the person's next way is used now, and if that was the last one of
    the step, the page goes on to the next step."""
    prefix, _, rest = delivery_key.partition(".")
    number, _, way = rest.partition(".")
    if prefix != "ring" or not number.isdigit():
        return
    calls = list(Call.objects.select_related("method").filter(ring=int(number), way=way))
    Call.objects.filter(pk__in=[call.pk for call in calls]).update(state=CallState.FAILED)
    for call in calls:
        if call.method:
            call.method.trouble = reason[:300]
            call.method.save(update_fields=["trouble"])
        same = Call.objects.filter(page=call.page_id, user=call.user_id, step=call.step, attempt=call.attempt)
        if same.filter(state=CallState.WAITING).update(due_at=at):
            continue
        step = Call.objects.filter(page=call.page_id, step=call.step, attempt=call.attempt)
        if not step.filter(state__in=[CallState.WAITING, CallState.RUNG]).exists():
            Page.objects.filter(pk=call.page_id, state=PageState.CLIMBING, next_at__gt=at).update(next_at=at)
