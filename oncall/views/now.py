"""/oncall/: who is on call now and next, also at three in the morning on a phone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, IntegerField, Prefetch, Q, Value, When
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.doors import DeskRequest, desk
from accounts.models import User
from oncall import rota as pure
from oncall.models import Call, CallState, Page, PageState, Rota, Swap, SwapState
from oncall.reading import Loaded, load
from tickets.models import Ticket

AHEAD = timedelta(weeks=8)
MINE = 6
OPEN = 50  # pages that are listed
URGENCY = Case(
    When(state=PageState.UNANSWERED, then=Value(0)), When(state=PageState.CLIMBING, then=Value(1)),
    default=Value(2), output_field=IntegerField(),
)  # fmt: skip


@dataclass(frozen=True)
class Card:
    """One rota as it is at this moment. `since_when`, `then`: when that changes, and to whom."""

    row: Rota
    user: User | None
    until: datetime | None
    then: User | None


@desk
@require_safe
def now(request: DeskRequest) -> HttpResponse:
    """The pages that are open, all rotas, my next shifts, and the swaps that wait for an answer."""
    at = timezone.now()
    found = open_pages(request.user)
    loaded = load(Rota.objects.select_related("team"), since=at)
    waiting = Swap.objects.filter(
        Q(other=request.user) | Q(asker=request.user), state=SwapState.ASKED, ends_at__gt=at
    ).select_related("rota", "asker", "other")
    context = {
        "cards": [card(one, at) for one in loaded], "mine": own_shifts(loaded, request.user, at)[:MINE],
        "swaps": list(waiting), "at": at, "zone": timezone.get_current_timezone_name(),
        "open": found[:OPEN], "open_more": len(found) > OPEN,
    }  # fmt: skip
    return render(request, "oncall/now.html", context)


def open_pages(user: User) -> list[Any]:
    """Of tickets that this person sees: nobody reached first, then those under way, then the acknowledged; one more
    than are listed. Each with `called`: whom, newest first. Two statements."""
    calls = Call.objects.exclude(state=CallState.DROPPED).select_related("user", "room").order_by("-pk")
    rows = Page.objects.exclude(state=PageState.ENDED).filter(ticket__in=Ticket.objects.visible_to(user))
    rows = rows.select_related("ticket__site", "ticket__team", "acknowledged_by", "ladder")
    rows = rows.prefetch_related(Prefetch("calls", calls, to_attr="called"))
    found: list[Any] = list(rows.order_by(URGENCY, "ticket__severity", "started_at")[: OPEN + 1])
    for page in found:
        newest = [call for call in page.called if (call.step, call.attempt) == key(page.called[0])]
        page.names = list(dict.fromkeys(str(call.user or call.room) for call in newest))
    return found


def key(call: Call) -> tuple[int, int]:
    return call.step, call.attempt


def card(loaded: Loaded, at: datetime) -> Card:
    change = loaded.next(at)
    return Card(loaded.row, loaded.who(at), change and change[0], change[1] if change else None)


def own_shifts(loaded: list[Loaded], user: User, at: datetime) -> list[tuple[Rota, pure.Shift]]:
    """The person's shifts of the weeks to come, the one under way first."""
    found = [
        (one.row, shift)
        for one in loaded
        if user.pk in one.people
        for shift in pure.shifts(one.rota, at, at + AHEAD)
        if shift.person == user.pk
    ]
    return sorted(found, key=lambda pair: pair[1].begin)
