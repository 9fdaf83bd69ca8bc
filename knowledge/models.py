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


class ArticleQuerySet(models.QuerySet["Article"]):
    def visible_to(self, user: User | AnonymousUser | None) -> Self:
        """The desk sees all; everybody else what is published for the public."""
        if isinstance(user, User) and user.is_desk:
            return self
        return self.public()

    def public(self) -> Self:
        return self.filter(status=ArticleStatus.PUBLISHED, is_public=True)


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

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        indexes = [
            GinIndex(fields=["words"], name="articles_by_words"),
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
