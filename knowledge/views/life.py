"""An article's life: to review, published, retired; and what it was before."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from knowledge.actions import move, restore
from knowledge.contents import with_contents
from knowledge.differences import compare
from knowledge.errors import Refused
from knowledge.models import ArticleStatus
from knowledge.views.access import DeskRequest, desk, find
from lib.markdown import render as markdown
from lib.numbers import read_number

# The nouns of the steps, as they stand in the address.
STEPS = {
    "review": ArticleStatus.REVIEW,
    "draft": ArticleStatus.DRAFT,
    "publication": ArticleStatus.PUBLISHED,
    "retirement": ArticleStatus.RETIRED,
}
SAID = {
    ArticleStatus.REVIEW: "Sent to review.",
    ArticleStatus.DRAFT: "It is a draft again.",
    ArticleStatus.PUBLISHED: "Published.",
    ArticleStatus.RETIRED: "Retired.",
}


def seen_by(request: DeskRequest) -> int:
    """The version that the page showed when the button was pressed."""
    seen = read_number(request.POST.get("seen", ""))
    return -1 if seen is None else seen


@desk
@require_POST
def step(request: DeskRequest, pk: int, noun: str) -> HttpResponse:
    article, to = find(request, pk), STEPS[noun]
    try:
        move(article=article, to=to, seen=seen_by(request), at=timezone.now(), actor=request.user)
    except Refused as refused:
        messages.error(request, f"{refused.message} Look again, then decide.")
    else:
        messages.success(request, SAID[to])
    return redirect("knowledge-article", pk)


@desk
@require_safe
def versions(request: DeskRequest, pk: int) -> HttpResponse:
    article = find(request, pk)
    past = article.versions.select_related("author").defer("body")
    return render(request, "knowledge/articles/versions.html", {"article": article, "versions": past})


@desk
@require_safe
def version(request: DeskRequest, pk: int, number: int) -> HttpResponse:
    """One version: what it changed, and how it read."""
    article = find(request, pk)
    pair = list(article.versions.select_related("author").filter(Q(number=number) | Q(number=number - 1)))
    if not pair or pair[0].number != number:
        raise Http404
    shown, before = pair[0], pair[1] if len(pair) > 1 else None
    context = {
        "article": article,
        "version": shown,
        "before": before,
        "lines": compare(before.body, shown.body) if before else None,
        "html": with_contents(markdown(shown.body), top=3)[0],
    }
    return render(request, "knowledge/articles/version.html", context)


@desk
@require_POST
def restoration(request: DeskRequest, pk: int, number: int) -> HttpResponse:
    """The text of an older version becomes the newest one."""
    article = find(request, pk)
    old = get_object_or_404(article.versions.select_related("article"), number=number)
    try:
        restore(version=old, seen=seen_by(request), at=timezone.now(), actor=request.user)
    except Refused as refused:
        messages.error(request, f"{refused.message} Look again, then decide.")
    else:
        messages.success(request, f"Version {number} is the newest again.")
    return redirect("knowledge-article", pk)
