"""The help centre: what anybody may read, search and vote on."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.models import Site
from knowledge.contents import ENOUGH, with_contents
from knowledge.models import Article, ArticleKind, Verdict
from knowledge.paging import page_of
from knowledge.search import close_to, highlighted, search, suggest
from knowledge.views.access import reader_of
from knowledge.votes import OPINIONS, vote
from lib.html import tidy
from lib.paging import Page

MAX_SUBJECT = 300
POPULAR = 6


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page of somebody who needs help."""
    public = Article.objects.public()
    kinds = dict(public.order_by().values_list("kind").annotate(Count("pk")))
    context = {
        "popular": public.light()
        .exclude(kind=ArticleKind.KNOWN_ERROR)
        .order_by(-(F("solved") * 3 + F("helpful")), "title")[:POPULAR],
        "known": public.light().filter(kind=ArticleKind.KNOWN_ERROR).order_by("-updated_at")[:3],
        "kinds": [(kind, kinds[kind.value]) for kind in ArticleKind if kinds.get(kind.value)],
        "sites": Site.objects.filter(articles__in=public).annotate(number=Count("articles")).order_by("name"),
    }
    return render(request, "knowledge/public/home.html", context)


@require_safe
def articles(request: HttpRequest) -> HttpResponse:
    """All public articles, or those that a search finds; a search that finds nothing shows what comes close."""
    query = tidy(request.GET.get("q", "")).strip()
    kind, site = request.GET.get("kind", ""), request.GET.get("site", "")
    shown: QuerySet[Article] = Article.objects.public().select_related("site").light()
    if kind in ArticleKind.values:
        shown = shown.filter(kind=kind)
    if site:
        shown = shown.filter(site__slug=tidy(site)[:60])
    found = page_of(search(shown, query) if query else shown.order_by("title", "id"), request.GET)
    close: Page | None = None
    if query and not found.rows:
        close = page_of(close_to(shown, query), request.GET)
    context: dict[str, Any] = {"query": query, "found": found, "close": close, "kinds": ArticleKind.choices}
    context |= {
        "kind": kind,
        "site": site,
        "sites": Site.objects.filter(articles__in=Article.objects.public()).distinct(),
    }
    context["hits"] = [(hit, highlighted(hit.headline) if query else hit.summary) for hit in (close or found).rows]
    return render(request, "knowledge/public/articles.html", context)


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article. Internal, unfinished or retired ones do not exist here, for nobody."""
    shown = find_public(slug)
    html, headings = with_contents(shown.safe_html)
    contents = headings if len(headings) >= ENOUGH else []
    return render(request, "knowledge/public/article.html", {"article": shown, "html": html, "contents": contents})


@require_POST
def votes(request: HttpRequest, slug: str) -> HttpResponse:
    """Was it helpful? One opinion for each reader."""
    shown = find_public(slug)
    verdict = request.POST.get("verdict", "")
    if verdict in OPINIONS:
        voter, address = reader_of(request)
        vote(article=shown, verdict=verdict, voter=voter, address=address, at=timezone.now())
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "knowledge/public/_votes.html", {"article": shown, "voted": verdict})
    messages.success(request, "Thank you for telling us.")
    return redirect("help-article", shown.slug)


@require_POST
def solutions(request: HttpRequest, slug: str) -> HttpResponse:
    """“This solved it”: a request that need not be sent."""
    shown = find_public(slug)
    voter, address = reader_of(request)
    vote(article=shown, verdict=Verdict.SOLVED, voter=voter, address=address, at=timezone.now())
    return redirect("help-solved")


@require_safe
def solved(request: HttpRequest) -> HttpResponse:
    return render(request, "knowledge/public/solved.html")


@require_http_methods(["GET", "HEAD", "POST"])
def suggestions(request: HttpRequest) -> HttpResponse:
    """Articles for what somebody is about to ask: a fragment. POST, which changes nothing either, takes long texts."""
    given = request.POST if request.method == "POST" else request.GET
    words = (given.get("q", ""), given.get("subject", ""), given.get("description", "") or given.get("body", ""))
    text = " ".join(word[:MAX_SUBJECT] for word in words[:2]) + " " + words[2]
    found = suggest(Article.objects.public(), text) if text.strip() else []
    answer = render(request, "knowledge/public/_suggestions.html", {"suggestions": found, "asked": text.strip()})
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def find_public(slug: str) -> Article:
    return get_object_or_404(Article.objects.public().select_related("site").defer("words", "topic"), slug=slug)
