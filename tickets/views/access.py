"""Who comes through the door of the desk's pages, and to which ticket."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.views import redirect_to_login
from django.db.models import SmallIntegerField
from django.http import Http404, HttpRequest, HttpResponseBase
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from tickets.models import Csat, Ticket
from tickets.rows import looked_up

# Its people are read with those of its timeline (tickets/timeline.py), or when a verb asks for one.
RELATED = ("organisation", "team", "site", "component")
RATING = {
    "rating": looked_up("id", Csat, "score", key="ticket_id", output=SmallIntegerField()),
    "rating_comment": looked_up("id", Csat, "comment", key="ticket_id"),
}


class DeskRequest(HttpRequest):
    """A request of somebody who works tickets."""

    user: User
    htmx: HtmxDetails


View = Callable[Concatenate[DeskRequest, ...], HttpResponseBase]


def desk(view: View) -> Callable[..., HttpResponseBase]:
    """Only for the desk: strangers sign in first, everybody else finds nothing here."""

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            answer = redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
            return HttpResponseClientRedirect(answer.url) if request.htmx else answer
        if not request.user.is_desk:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def find(request: DeskRequest, pk: int) -> Ticket:
    """The ticket with its team, site, organisation and `rating`: one statement. Invisible looks like not found."""
    seen = Ticket.objects.visible_to(request.user).filter(pk=pk)
    ticket = seen.select_related(*RELATED).annotate(**RATING).first()
    if ticket is None:
        raise Http404
    return ticket
