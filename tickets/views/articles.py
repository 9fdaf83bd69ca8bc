"""Articles beside a ticket: what fits, what was linked, and text for the reply."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST

from knowledge.models import HEAVY, Article
from knowledge.search import MAX_QUERY, close_to, search, suggest
from lib.numbers import read_number
from tickets.actions.knowledge import link_article, unlink_article
from tickets.errors import Refused
from tickets.models import Audience, Ticket, TicketArticle, Use
from tickets.states import Status
from tickets.views.access import DeskRequest, desk, find
from tickets.views.answers import by, fragment_wanted

SHOWN = 5
# What a person may say of an article they link, in the order of the menu.
USES = [(use.value, use.label) for use in (Use.USED, Use.MADE, Use.SUGGESTED)]


@dataclass(frozen=True, slots=True)
class Offer:
    """An article that fits. `insert`: Markdown for the reply; of what customers cannot open, only its summary."""

    article: Article
    insert: str


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def articles(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/articles: what fits (`?q=` searches); POST links `article`, or says `how=not_worth`."""
    ticket = find(request, pk)
    if request.method != "POST":
        return region(request, ticket)
    how = request.POST.get("how", Use.USED)
    article = None if how == Use.NOT_WORTH else wanted(request, request.POST.get("article", ""))
    try:
        link_article(ticket=ticket, article=article, how=how, **by(request))
    except Refused as refused:
        return region(request, ticket, status=422, refused=refused.message)
    return answer(request, ticket)


@require_POST
@desk
def removals(request: DeskRequest, pk: int) -> HttpResponse:
    """POST /tickets/42/articles/removals: unlink `article`; without one, take “not worth an article” back."""
    ticket = find(request, pk)
    given = request.POST.get("article", "")
    unlink_article(ticket=ticket, article=wanted(request, given) if given else None, **by(request))
    return answer(request, ticket)


def wanted(request: DeskRequest, given: str) -> Article:
    """The article a form names; one that is not there is not found."""
    article = Article.objects.visible_to(request.user).light().filter(pk=read_number(given) or 0).first()
    if article is None:
        raise Http404
    return article


def answer(request: DeskRequest, ticket: Ticket) -> HttpResponse:
    """After a change: the region again, or back to the page."""
    return region(request, ticket) if fragment_wanted(request) else redirect("ticket-articles", ticket.pk)


def region(request: DeskRequest, ticket: Ticket, *, status: int = 200, refused: str = "") -> HttpResponse:
    """Linked articles, and those that fit the search or else the ticket's own words."""
    query = " ".join(request.GET.get("q", "").replace("\0", "").split())[:MAX_QUERY]
    links = list(
        TicketArticle.objects.filter(ticket=ticket)
        .select_related("article")
        .defer(*(f"article__{name}" for name in HEAVY))
    )
    taken = [link.article_id for link in links if link.article_id]
    known = Article.objects.visible_to(request.user).published().exclude(pk__in=taken).light()
    context: dict[str, Any] = {
        "ticket": ticket,
        "query": query,
        "links": links,
        "offers": [Offer(article, insertion(article)) for article in fitting(known, ticket, query)],
        "uses": USES,
        "refused": refused,
        "can_write": not ticket.is_merged and ticket.status not in (Status.CLOSED, Status.CANCELLED),
    }
    template = "tickets/ticket/_articles.html" if fragment_wanted(request) else "tickets/ticket/articles.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def fitting(known: QuerySet[Article], ticket: Ticket, query: str) -> list[Article]:
    """The best few. A search that finds nothing whole is answered with what comes close."""
    if query:
        return list(search(known, query)[:SHOWN]) or list(close_to(known, query)[:SHOWN])
    first = ticket.messages.filter(audience=Audience.PUBLIC).order_by("at", "id").values_list("body", flat=True).first()
    return list(suggest(known, f"{ticket.subject} {first or ''}", limit=SHOWN))


def insertion(article: Article) -> str:
    """A link for the reply when the customer can open it, else the summary alone."""
    if not article.is_readable:
        return article.summary
    title = article.title.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return f"[{title}]({settings.BASE_URL}/help/articles/{article.slug})"
