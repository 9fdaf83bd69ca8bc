"""Who comes through the door of the desk's pages, and to which ticket."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from tickets.models import Ticket

RELATED = (
    "requester", "organisation", "team", "assignee", "site", "component", "resolved_by", "verified_by", "csat",
)  # fmt: skip


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
    """The ticket with what its page shows of related rows: one statement. Invisible looks like not found."""
    ticket = Ticket.objects.visible_to(request.user).select_related(*RELATED).filter(pk=pk).first()
    if ticket is None:
        raise Http404
    return ticket
