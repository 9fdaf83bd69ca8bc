"""Writing: a new article, a new version of one, and how it will look."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from knowledge.actions import MAX_BODY, revise, write
from knowledge.contents import with_contents
from knowledge.differences import compare
from knowledge.errors import Overtaken, Refused
from knowledge.forms import ArticleForm
from knowledge.models import Article, ArticleKind
from knowledge.views.access import DeskRequest, desk, find
from lib.markdown import render as markdown


@desk
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: DeskRequest) -> HttpResponse:
    """A draft. The address may carry a kind and a title to begin with."""
    if request.method != "POST":
        kind = request.GET.get("kind", "")
        initial: dict[str, Any] = {"title": request.GET.get("title", "")[:200], "owner": request.user}
        if kind in ArticleKind.values:
            initial["kind"] = kind
        return page(request, ArticleForm(initial=initial))
    form = ArticleForm(request.POST)
    if wants_preview(request):
        return page(request, form, preview=request.POST.get("body", ""))
    if form.is_valid():
        try:
            made = write(text=form.text(), at=timezone.now(), actor=request.user)
        except Refused as refused:
            form.add_error(refused.field, refused.message)
        else:
            messages.success(request, "Saved as a draft.")
            return redirect("knowledge-article", made.pk)
    return page(request, form, status=422)


@desk
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: DeskRequest, pk: int) -> HttpResponse:
    """A new version. If somebody saved meanwhile, both texts are shown and nothing is lost."""
    article = find(request, pk)
    if request.method != "POST":
        return page(request, ArticleForm(article=article), article=article, preview=article.body)
    form = ArticleForm(request.POST, article=article)
    if wants_preview(request):
        return page(request, form, article=article, preview=request.POST.get("body", ""))
    if form.is_valid():
        seen = form.cleaned_data["seen"]
        try:
            revise(article=article, text=form.text(), seen=seen, at=timezone.now(), actor=request.user)
        except Overtaken:
            return overtaken(request, form, find(request, pk))
        except Refused as refused:
            form.add_error(refused.field, refused.message)
        else:
            messages.success(request, "Saved.")
            return redirect("knowledge-article", pk)
    return page(request, form, article=article, status=422)


@desk
@require_POST
def preview(request: DeskRequest) -> HttpResponse:
    """How a text will look: a fragment."""
    return render(request, "knowledge/articles/_preview.html", {"preview": looks(request.POST.get("body", ""))})


def wants_preview(request: DeskRequest) -> bool:
    return request.POST.get("then") == "preview"


def looks(body: str) -> str:
    """Sanitised HTML of a text that was not saved, below a heading of its own."""
    return with_contents(markdown(body[: MAX_BODY + 1]), top=3)[0]


def overtaken(request: DeskRequest, form: ArticleForm, newest: Article) -> HttpResponse:
    """409: what was written stays in the form, beside what the other saved; saving again is then meant."""
    written = form.cleaned_data
    data = request.POST.copy()
    data["seen"] = str(newest.version)
    again = ArticleForm(data, article=newest)
    latest = newest.versions.select_related("author").first()
    clash = {
        "version": latest,
        "lines": compare(newest.body, written["body"]),
        "same_title": newest.title == written["title"],
    }
    return page(request, again, article=newest, preview=written["body"], status=409, clash=clash)


def page(
    request: DeskRequest, form: ArticleForm, *, article: Article | None = None, preview: str | None = None,
    status: int = 200, **more: Any,
) -> HttpResponse:  # fmt: skip
    """The editor, with a preview under the text when one was asked for."""
    context = {"form": form, "article": article, "preview": None if preview is None else looks(preview), **more}
    return render(request, "knowledge/articles/editor.html", context, status=status)
