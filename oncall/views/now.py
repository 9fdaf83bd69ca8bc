"""/oncall/: who is on call now and next, also at three in the morning on a phone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.doors import DeskRequest, desk
from accounts.models import User
from oncall import rota as pure
from oncall.models import Rota, Swap, SwapState
from oncall.reading import Loaded, load

AHEAD = timedelta(weeks=8)
MINE = 6


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
    """All rotas, my next shifts, and the swaps that wait for an answer."""
    at = timezone.now()
    loaded = load(Rota.objects.select_related("team"), since=at)
    waiting = Swap.objects.filter(
        Q(other=request.user) | Q(asker=request.user), state=SwapState.ASKED, ends_at__gt=at
    ).select_related("rota", "asker", "other")
    context = {
        "cards": [card(one, at) for one in loaded], "mine": own_shifts(loaded, request.user, at)[:MINE],
        "swaps": list(waiting), "at": at, "zone": timezone.get_current_timezone_name(),
    }  # fmt: skip
    return render(request, "oncall/now.html", context)


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
