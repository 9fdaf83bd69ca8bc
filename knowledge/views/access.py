"""Who comes through the door of the articles' pages, and to which article."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.crypto import salted_hmac
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from knowledge.models import Article
from lib.http import client_ip


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
            return redirect_to_login(request.get_full_path() if request.method == "GET" else "/knowledge/")
        if not request.user.is_desk:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def find(request: DeskRequest, pk: int) -> Article:
    """An article with what its page shows of other rows: one statement. Invisible looks like not found."""
    articles = Article.objects.visible_to(request.user).select_related("site", "owner").defer("words", "topic")
    return get_object_or_404(articles, pk=pk)


def reader_of(request: HttpRequest) -> tuple[str, str]:
    """Digests of who reads (a person, or a browser at an address) and from where. Neither leads back to them."""
    address = client_ip(request) or ""
    browser = f"{address} {request.headers.get('User-Agent', '')}"
    who = f"person {request.user.pk}" if request.user.is_authenticated else browser
    return digest(who), digest(address)


def digest(value: str) -> str:
    return salted_hmac("knowledge.reader", value, algorithm="sha256").hexdigest()[:40]
