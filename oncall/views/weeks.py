"""/oncall/<rota>/: its next eight weeks, gaps, who carries how much; standing in and swapping."""

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.doors import DeskRequest, desk
from oncall import weeks
from oncall.actions.standins import may_end
from oncall.forms.standins import SwapForm, TakeOverForm
from oncall.models import Rota, Swap, SwapState
from oncall.reading import Loaded, load
from oncall.rota import DAY

SPAN = timedelta(weeks=weeks.WEEKS)
FIRST, LAST = date(2000, 1, 1), date(2150, 1, 1)


def loaded_or_404(pk: int) -> Loaded:
    """The rota, with the overrides of the weeks that a page may show."""
    found = load(Rota.objects.filter(pk=pk).select_related("team"), since=timezone.now() - 53 * 7 * DAY)
    if not found:
        raise Http404
    return found[0]


@desk
@require_safe
def rota(request: DeskRequest, pk: int) -> HttpResponse:
    """GET /oncall/<rota>/?from=YYYY-MM-DD, any day of the first week."""
    return page(request, loaded_or_404(pk))


def page(
    request: DeskRequest,
    loaded: Loaded,
    *,
    cover: TakeOverForm | None = None,
    swap: SwapForm | None = None,
) -> HttpResponse:
    """The page by the rota's clock; a refused form stands in it."""
    now, me = timezone.now(), request.user
    with timezone.override(loaded.rota.zone):
        ahead = weeks.view(loaded, now)
        first = first_asked(request)
        shown = weeks.view(loaded, now, first=first) if first else ahead
        context: dict[str, Any] = {
            "rota": loaded.row, "loaded": loaded, "view": shown, "ahead": ahead, "now": loaded.who(now),
            "next": loaded.next(now), "cover": cover or TakeOverForm(me=me),
            "swap": swap or SwapForm(loaded=loaded, shifts=ahead.shifts, me=me),
            "overrides": [
                (row, may_end(row, me)) for row in loaded.row.overrides.all() if row.ends_at > now
            ],
            "swaps": Swap.objects.filter(rota=loaded.row, state=SwapState.ASKED, ends_at__gt=now).select_related(
                "asker", "other"
            ),
            "earlier": shown.weeks[0][0].date - SPAN, "later": shown.weeks[-1][-1].date + DAY, "moved": first,
        }  # fmt: skip
        return render(request, "oncall/rota.html", context, status=422 if cover or swap else 200)


def first_asked(request: DeskRequest) -> date | None:
    """The day asked for; nonsense asks for none."""
    try:
        found = date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        return None
    return found if FIRST <= found <= LAST else None
