from typing import Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import GeneratedField

from accounts.models import User
from catalog.models import Site
from lib.markdown import SANITISER_VERSION, render


class ArticleKind(models.TextChoices):
    FAQ = "faq", "FAQ"
    HOW_TO = "how_to", "How-to"
    SOP = "sop", "SOP"
    KNOWN_ERROR = "known_error", "Known error"
    RUNBOOK = "runbook", "Runbook"


class ArticleStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    REVIEW = "review", "In review"
    PUBLISHED = "published", "Published"
    RETIRED = "retired", "Retired"


# What customers usually may read; the other kinds are for the desk unless said otherwise.
USUALLY_PUBLIC = (ArticleKind.FAQ, ArticleKind.HOW_TO)

# The life of an article, as data. Nothing is deleted: what is wrong or old is retired.
MOVES: dict[str, tuple[ArticleStatus, ...]] = {
    ArticleStatus.DRAFT: (ArticleStatus.REVIEW, ArticleStatus.RETIRED),
    ArticleStatus.REVIEW: (ArticleStatus.PUBLISHED, ArticleStatus.DRAFT),
    ArticleStatus.PUBLISHED: (ArticleStatus.RETIRED,),
    ArticleStatus.RETIRED: (ArticleStatus.DRAFT,),
}


# Columns that lists do not show: the text, its HTML, its words.
HEAVY = ("body", "html", "words", "topic")


class ArticleQuerySet(models.QuerySet["Article"]):
    def visible_to(self, user: User | AnonymousUser | None) -> Self:
        """The desk sees all; everybody else what is published for the public."""
        if isinstance(user, User) and user.is_desk:
            return self
        return self.public()

    def public(self) -> Self:
        return self.filter(status=ArticleStatus.PUBLISHED, is_public=True)

    def published(self) -> Self:
        return self.filter(status=ArticleStatus.PUBLISHED)

    def light(self) -> Self:
        """Without what lists do not show: the text, its HTML and its words."""
        return self.defer(*HEAVY)

    def lock(self, pk: int) -> "Article":
        """The article with its row locked until the transaction ends."""
        return self.select_for_update(of=("self",)).defer("words", "topic").get(pk=pk)


class Article(models.Model):
    """A piece of knowledge in Markdown: draft → review → published, internal or public, with its versions."""

    kind = models.CharField(max_length=12, choices=ArticleKind.choices, default=ArticleKind.HOW_TO)
    status = models.CharField(max_length=10, choices=ArticleStatus.choices, default=ArticleStatus.DRAFT)
    is_public = models.BooleanField("anybody may read it", default=False)
    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=220, unique=True)
    summary = models.CharField(max_length=300, blank=True)
    body = models.TextField("text (Markdown)")
    html = models.TextField(blank=True, editable=False)
    html_version = models.PositiveSmallIntegerField(default=0, editable=False)
    language = models.CharField(max_length=10, default="en")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.SET_NULL, related_name="articles")
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="articles")
    version = models.PositiveIntegerField(default=0)
    review_on = models.DateField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField()
    views = models.PositiveIntegerField(default=0)
    helpful = models.PositiveIntegerField(default=0)
    unhelpful = models.PositiveIntegerField(default=0)
    solved = models.PositiveIntegerField(default=0, help_text="“this solved it” before a request was sent")
    words = GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("summary", weight="B", config="english")
        + SearchVector("body", weight="C", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    # What it is about, small enough to rank thousands of them while somebody types.
    topic = GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("summary", weight="B", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        indexes = [
            GinIndex(fields=["words"], name="articles_by_words"),
            GinIndex(fields=["topic"], name="articles_by_topic"),
            models.Index(fields=["status", "is_public", "title"], name="articles_by_audience"),
        ]

    def __str__(self) -> str:
        return self.title

    def render_body(self) -> None:
        """Fill the kept HTML from the body."""
        self.html, self.html_version = render(self.body), SANITISER_VERSION

    @property
    def safe_html(self) -> str:
        """Sanitised HTML, re-rendered when the sanitiser has changed since."""
        return self.html if self.html_version == SANITISER_VERSION else render(self.body)

    @property
    def moves(self) -> tuple[ArticleStatus, ...]:
        return MOVES[self.status]

    @property
    def is_readable(self) -> bool:
        """Anybody may read it in the help centre."""
        return self.is_public and self.status == ArticleStatus.PUBLISHED


class ArticleVersion(models.Model):
    """An article as it once was. Append-only."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["article", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"


class Verdict(models.TextChoices):
    HELPFUL = "helpful", "Helpful"
    UNHELPFUL = "unhelpful", "Not helpful"
    SOLVED = "solved", "Solved it before a request was sent"


class ArticleVote(models.Model):
    """What a reader said of an article. Who it was is kept as a digest only, so that nobody counts twice."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="votes")
    voter = models.CharField(max_length=40)
    address = models.CharField(max_length=40, help_text="digest of the network address")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["article", "voter"],
                condition=models.Q(verdict__in=[Verdict.HELPFUL, Verdict.UNHELPFUL]),
                name="one_opinion_per_reader",
            ),
            models.UniqueConstraint(
                fields=["article", "voter"],
                condition=models.Q(verdict=Verdict.SOLVED),
                name="one_solution_per_reader",
            ),
        ]
        indexes = [models.Index(fields=["article", "address", "at"], name="votes_by_address")]

    def __str__(self) -> str:
        return f"{self.verdict}: {self.article_id}"
