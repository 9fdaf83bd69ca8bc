"""The desk's articles: the list with its filters, and one article."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from catalog.models import Site
from knowledge.contents import ENOUGH, with_contents
from knowledge.models import Article, ArticleKind, ArticleStatus
from knowledge.paging import page_of
from knowledge.search import close_to, highlighted, search
from knowledge.views.access import DeskRequest, desk, find
from lib.html import tidy
from lib.numbers import read_number

# What the list can be ordered by, and nothing else.
ORDERS = {
    "title": ("Title", ("title", "id")),
    "changed": ("Changed last", ("-updated_at", "-id")),
    "review": ("Review due first", ("review_on", "title", "id")),
    "solved": ("Solved most", ("-solved", "-helpful", "title", "id")),
    "unhelpful": ("Least helpful first", ("-unhelpful", "title", "id")),
}
AUDIENCES = {"public": True, "internal": False}
# A step's noun in the address, its words and icon.
STEPS = {
    ArticleStatus.REVIEW: ("review", "Send to review", "eye"),
    ArticleStatus.DRAFT: ("draft", "Back to draft", "pencil"),
    ArticleStatus.PUBLISHED: ("publication", "Publish", "circle-check"),
    ArticleStatus.RETIRED: ("retirement", "Retire", "archive"),
}


@desk
@require_safe
def articles(request: DeskRequest) -> HttpResponse:
    given = request.GET
    query, order = tidy(given.get("q", "")).strip(), given.get("order", "")
    shown = filtered(
        Article.objects.visible_to(request.user).select_related("site", "owner").light(), given, request.user
    )
    order = order if order in ORDERS else "title"
    found = page_of(search(shown, query) if query else shown.order_by(*ORDERS[order][1]), given)
    close = page_of(close_to(shown, query), given) if query and not found.rows else None
    context: dict[str, Any] = {
        "query": query,
        "found": found,
        "close": close,
        "hits": [(hit, highlighted(hit.headline) if query else hit.summary) for hit in (close or found).rows],
        "order": order,
        "orders": [(name, label) for name, (label, _) in ORDERS.items()],
        "kinds": ArticleKind.choices,
        "statuses": ArticleStatus.choices,
        "sites": [(str(site.pk), site.name) for site in Site.objects.all()],
        "owners": [
            (str(person.pk), str(person)) for person in User.objects.desk().filter(articles__isnull=False).distinct()
        ],
        "given": {name: given.get(name, "") for name in ("kind", "status", "audience", "site", "owner", "review")},
        "today": timezone.localdate(),
    }
    return render(request, "knowledge/articles/list.html", context)


def filtered(shown: QuerySet[Article], given: QueryDict, user: User) -> QuerySet[Article]:
    """`shown` by those filters that are known; anything else in the address is ignored."""
    if (kind := given.get("kind", "")) in ArticleKind.values:
        shown = shown.filter(kind=kind)
    if (status := given.get("status", "")) in ArticleStatus.values:
        shown = shown.filter(status=status)
    if (audience := given.get("audience", "")) in AUDIENCES:
        shown = shown.filter(is_public=AUDIENCES[audience])
    if site := read_number(given.get("site", "")):
        shown = shown.filter(site=site)
    if given.get("owner") == "me":
        shown = shown.filter(owner=user)
    elif owner := read_number(given.get("owner", "")):
        shown = shown.filter(owner=owner)
    if given.get("review") == "due":
        shown = shown.filter(review_on__lte=timezone.localdate()).exclude(status=ArticleStatus.RETIRED)
    return shown


@desk
@require_safe
def article(request: DeskRequest, pk: int) -> HttpResponse:
    shown = find(request, pk)
    html, headings = with_contents(shown.safe_html)
    context = {
        "article": shown,
        "html": html,
        "contents": headings if len(headings) >= ENOUGH else [],
        "steps": [(f"knowledge-{noun}", *words) for noun, *words in (STEPS[to] for to in shown.moves)],
        "today": timezone.localdate(),
    }
    return render(request, "knowledge/articles/article.html", context)
