"""Who comes through the door of the desk's pages, and to which ticket."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from tickets.asking import ticket_by_number
from tickets.models import Ticket


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
    found = ticket_by_number.ask(request.user.role, pk=pk, me=request.user.pk) if pk < 2**63 else []
    if not found:
        raise Http404
    return found[0]
