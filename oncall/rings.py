"""The calls that are due, put together: one person (or room) is called at most once in two minutes, about whatever
waits for them by then, by every way that is due."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import connection

from deliveries.models import Delivery, State
from integrations.models import Channel
from lib import rows
from lib.sweeps import each_alone
from oncall.messages import delivery, new_code
from oncall.models import Call, CallState, Page, Pager, PageState, Ring
from tickets.models import Ticket

APART = timedelta(minutes=2)
BATCH = 500
Whom = tuple[int | None, int | None]  # (user, room): one of them


def ring_due(now: datetime) -> int:
    """Call those whose time has come; answers how many."""
    due = Call.objects.filter(due_at__lte=now).values_list("user", "room").distinct()
    return each_alone(list(due[:BATCH]), lambda whom: ring(whom, now), "calling (person, room) %s failed")


def ring(whom: Whom, now: datetime) -> bool:
    """One person or room, unless another worker is at it, or they were called less than two minutes ago."""
    user, room = whom
    if not hold(whom):
        return False
    mine = Call.objects.filter(user=user, room=room)
    last = Ring.objects.filter(user=user, room=room).order_by("-at").values_list("at", flat=True).first()
    if last is not None and now < last + APART:
        mine.filter(due_at__lt=last + APART).update(due_at=last + APART)
        return False
    calls = list(
        mine.filter(due_at__lte=now)
        .select_for_update(of=("self",))
        .select_related("page__ticket__site", "method", "user", "room")
        .order_by("pk")
    )
    if not calls:
        return False
    made = Ring.objects.create(user=calls[0].user, room=calls[0].room, at=now, code=new_code())
    by_way: dict[str, dict[int, Call]] = defaultdict(dict)
    for call in calls:
        by_way[call.way].setdefault(call.page_id, call)
    called_before = before(whom, {call.page_id for call in calls})
    rows.insert(
        [
            delivery(made, way, list(of_page.values()), again=set(of_page) <= called_before)
            for way, of_page in by_way.items()
        ],
        new_only=True,
    )
    Call.objects.filter(pk__in=[call.pk for call in calls]).update(state=CallState.RUNG, due_at=None, ring=made)
    return True


def before(whom: Whom, pages: set[int]) -> set[int]:
    """Which of these pages they were called about already."""
    rung = Call.objects.filter(user=whom[0], room=whom[1], page__in=pages, state=CallState.RUNG)
    return set(rung.values_list("page", flat=True))


def hold(whom: Whom) -> bool:
    """The lock under which somebody is called; False when another worker has it."""
    user, room = whom
    if room is not None:
        return Channel.objects.select_for_update(skip_locked=True).filter(pk=room).first() is not None
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO oncall_pager (user_id) VALUES (%s) ON CONFLICT DO NOTHING", [user])
    return Pager.objects.select_for_update(skip_locked=True).filter(pk=user).first() is not None


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
