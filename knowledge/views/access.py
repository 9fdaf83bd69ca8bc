"""Who comes through the door of the articles' pages, and to which article."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.crypto import salted_hmac

from accounts.doors import DeskRequest, only
from knowledge.models import Article
from lib.http import client_ip

desk = only(lambda user: user.is_desk, home="/knowledge/")


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
