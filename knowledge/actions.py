"""Writing articles: drafts, versions, and the way to the readers."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts.audit import audit
from accounts.models import User
from catalog.models import Site
from knowledge.errors import Overtaken, Refused
from knowledge.models import USUALLY_PUBLIC, Article, ArticleKind, ArticleStatus, ArticleVersion
from lib.html import tidy

MAX_BODY = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """All that a person writes of an article. `is_public` None: as usual for its kind."""

    title: str
    body: str
    kind: str = ArticleKind.HOW_TO
    summary: str = ""
    is_public: bool | None = None
    site: Site | None = None
    tags: Sequence[str] = ()
    owner: User | None = None
    review_on: date | None = None


def write(*, text: Text, at: datetime, actor: User) -> Article:
    """A new draft, with its first version. Its owner is the writer unless another is named."""
    article = Article(status=ArticleStatus.DRAFT, owner=text.owner or actor, version=0)
    with transaction.atomic():
        apply(article, text)
        add_version(article, at=at, actor=actor)
        article.slug = plain_slug(article.title)
        try:
            with transaction.atomic():
                article.save(force_insert=True)
        except IntegrityError:  # the address is taken
            article.slug = other_slug(article.title)
            article.save(force_insert=True)
        keep_version(article, at=at, actor=actor)
    return article


def revise(*, article: Article, text: Text, seen: int, at: datetime, actor: User) -> Article:
    """Save a new version over version `seen`; of a published article it is live at once.

    Raises Overtaken when somebody saved meanwhile. Nothing changed: nothing is saved.
    """
    with transaction.atomic():
        locked = Article.objects.lock(article.pk)
        if locked.version != seen:
            raise Overtaken(locked.version)
        before, was_public = fingerprint(locked), locked.is_public
        apply(locked, text)
        if fingerprint(locked) == before:
            return locked
        if locked.published_at is None:
            rename(locked)
        add_version(locked, at=at, actor=actor)
        locked.save()
        keep_version(locked, at=at, actor=actor)
        if locked.status == ArticleStatus.PUBLISHED:
            audience = {"audience": [was_public, locked.is_public]} if was_public != locked.is_public else {}
            audit("article changed", at=at, actor=actor, object=locked, version=locked.version, **audience)
    return locked


def restore(*, version: ArticleVersion, seen: int, at: datetime, actor: User) -> Article:
    """Make an older text the newest version; kind, audience, site and the rest stay as they are."""
    article = Article.objects.select_related("site", "owner").get(pk=version.article_id)
    text = Text(
        title=version.title,
        summary=version.summary,
        body=version.body,
        kind=article.kind,
        is_public=article.is_public,
        site=article.site,
        tags=article.tags,
        owner=article.owner,
        review_on=article.review_on,
    )
    return revise(article=article, text=text, seen=seen, at=at, actor=actor)


def move(*, article: Article, to: str, at: datetime, actor: User, seen: int | None = None) -> Article:
    """One step of the article's life (knowledge.models.MOVES): to review, back to draft, published, retired.

    Anybody of the desk may take any step; publishing and retiring are in the audit log. `seen`: the version whose text
    the person read, so that nobody publishes what they have not seen. Raises Refused, Overtaken.
    """
    with transaction.atomic():
        locked = Article.objects.lock(article.pk)
        if seen is not None and locked.version != seen:
            raise Overtaken(locked.version)
        if locked.status == to:
            return locked
        if to not in locked.moves:
            raise Refused(f"It is {locked.get_status_display().lower()}: that step is not open now.")
        before, locked.status = locked.status, to
        if to == ArticleStatus.PUBLISHED:
            locked.published_at = at
        locked.save(update_fields=["status", "published_at"])
        if to in (ArticleStatus.PUBLISHED, ArticleStatus.RETIRED):
            audit(
                f"article {to}", at=at, actor=actor, object=locked,
                article=locked.pk, version=locked.version, public=locked.is_public, was=before,
            )  # fmt: skip
    return locked


def clean_tags(tags: Sequence[str]) -> list[str]:
    """Lower case, no blanks, sorted, 40 characters and 20 tags at most."""
    return sorted({"-".join(tag.lower().split())[:40] for tag in tags if tag.strip()})[:20]


def apply(article: Article, text: Text) -> None:
    """Put what was written onto the row, cleaned. Raises Refused."""
    article.title = " ".join(tidy(text.title).split())[:200]
    article.body = tidy(text.body).strip()
    article.summary = " ".join(tidy(text.summary).split())[:300]
    if not article.title:
        raise Refused("Give it a title.", field="title")
    if not article.body:
        raise Refused("Write something first.", field="body")
    if len(article.body) > MAX_BODY:
        raise Refused(f"At most {MAX_BODY:,} characters: split it into several articles.", field="body")
    article.kind = ArticleKind(text.kind)
    article.is_public = text.kind in USUALLY_PUBLIC if text.is_public is None else text.is_public
    article.site, article.tags, article.review_on = text.site, clean_tags(text.tags), text.review_on
    article.owner = text.owner or article.owner


def fingerprint(article: Article) -> tuple[object, ...]:
    """Whatever `apply` may change, to tell whether it did."""
    return (
        article.title, article.body, article.summary, article.kind, article.is_public, article.site_id,
        tuple(article.tags), article.owner_id, article.review_on,
    )  # fmt: skip


def add_version(article: Article, *, at: datetime, actor: User) -> None:
    article.version += 1
    article.updated_at = at
    article.render_body()


def keep_version(article: Article, *, at: datetime, actor: User) -> None:
    ArticleVersion.objects.create(
        article=article, number=article.version, title=article.title, summary=article.summary, body=article.body,
        author=actor, at=at,
    )  # fmt: skip


def plain_slug(title: str) -> str:
    """The address a title asks for."""
    return slugify(title)[:200].strip("-") or "article"


def other_slug(title: str) -> str:
    """An address for a title whose own is taken."""
    return f"{plain_slug(title)}-{secrets.token_hex(4)}"


def rename(article: Article) -> None:
    """Until it was published nobody has its address, so it follows the title."""
    plain = plain_slug(article.title)
    if article.slug == plain or article.slug.startswith(f"{plain}-"):
        return
    taken = Article.objects.filter(slug=plain).exclude(pk=article.pk).exists()
    article.slug = other_slug(article.title) if taken else plain
