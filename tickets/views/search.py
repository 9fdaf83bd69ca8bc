"""Search over subjects and messages, for the desk."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from tickets import search as words
from tickets.headlines import headlines
from tickets.models import Ticket
from tickets.rows import Row, rows_of
from tickets.views.access import DeskRequest, desk

PAGE = 25
MAX_NUMBER = 2**63 - 1


@require_GET
@desk
def search(request: DeskRequest) -> HttpResponse:
    """GET /search?q=: newest first, `sort=best` by rank. A number ("#1042") goes straight to its ticket."""
    query = request.GET.get("q", "")[: words.MAX_QUERY].replace("\0", "").strip()
    number = words.number_in(query)
    if number is not None and Ticket.objects.visible_to(request.user).filter(pk=number).exists():
        return redirect("ticket", number)
    by_rank = request.GET.get("sort") == "best"
    if by_rank:
        found, more = words.best(request.user, query, size=PAGE), False
    else:
        before = words.number_in(request.GET.get("before", ""))
        found = words.find(request.user, query, before=min(before, MAX_NUMBER) if before else None, size=PAGE + 1)
        more, found = len(found) > PAGE, found[:PAGE]
    context = {
        "query": query,
        "by_rank": by_rank,
        "hits": hits_of(request, found, query),
        "newest_url": f"/search?{urlencode({'q': query})}",
        "best_url": f"/search?{urlencode({'q': query, 'sort': 'best'})}",
        "next": f"/search?{urlencode({'q': query, 'before': found[-1]})}" if more else None,
    }
    return render(request, "tickets/search/page.html", context)


def hits_of(request: DeskRequest, numbers: list[int], query: str) -> list[tuple[Row, SafeString]]:
    """(row, where it matches) of each ticket, in the order given."""
    rows = {row.id: row for row in rows_of(Ticket.objects.visible_to(request.user).filter(pk__in=numbers))}
    lines = headlines(list(rows), query, internal=True)
    return [(rows[number], lines.get(number, SafeString(""))) for number in numbers if number in rows]
