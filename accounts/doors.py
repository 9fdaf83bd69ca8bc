"""Who comes through the door of a page: the desk, its managers, or its admins only."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class DeskRequest(HttpRequest):
    """A request of somebody who may pass."""

    user: User
    htmx: HtmxDetails


SettingsRequest = DeskRequest  # as the pages of the settings call it
View = Callable[Concatenate[DeskRequest, ...], HttpResponseBase]


def only(may: Callable[[User], bool], *, home: str) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Strangers sign in first, then go on where they were, or `home` when what they sent is lost; for everybody else
    who may not, there is nothing here."""

    def door(view: View) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                answer = redirect_to_login(request.get_full_path() if request.method == "GET" else home)
                return HttpResponseClientRedirect(answer.url) if request.htmx else answer
            if not may(request.user):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return door


managers = only(lambda user: user.is_manager, home="/settings/")
admins = only(lambda user: user.is_admin, home="/settings/")
signed_in = only(lambda user: user.is_active, home="/settings/")
desk = only(lambda user: user.is_desk, home="/")
