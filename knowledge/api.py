"""Articles in the API: read-only, what the token's owner may read."""

from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.pagination import CursorPagination

from accounts.models import User
from knowledge.models import Article, ArticleKind, ArticleStatus
from knowledge.search import matching


class ArticleSerializer(serializers.ModelSerializer[Article]):
    site = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    url = serializers.SerializerMethodField(help_text="In the help centre; null while the public cannot read it.")

    class Meta:
        model = Article
        fields: ClassVar[list[str]] = [
            "id", "slug", "title", "kind", "status", "is_public", "summary", "body", "site", "tags", "version",
            "review_on", "published_at", "updated_at", "helpful", "unhelpful", "solved", "url",
        ]  # fmt: skip
        read_only_fields = fields

    def get_url(self, article: Article) -> str | None:
        return f"{settings.BASE_URL}/help/articles/{article.slug}" if article.is_readable else None


class ArticlePages(CursorPagination):
    ordering = "-id"
    page_size = 50


class Visible(GenericAPIView[Article]):
    """What both views read."""

    scopes: ClassVar[dict[str, str]] = {"GET": "knowledge:read"}
    serializer_class = ArticleSerializer

    def visible(self, user: Any) -> QuerySet[Article]:
        known = user if isinstance(user, User) else None
        return Article.objects.visible_to(known).select_related("site").defer("html", "words", "topic")


@extend_schema_view(
    get=extend_schema(
        operation_id="articles_list",
        parameters=[
            OpenApiParameter("q", description="Words that all must occur, as in a web search."),
            OpenApiParameter("kind", enum=ArticleKind.values),
            OpenApiParameter(
                "status", enum=ArticleStatus.values, description="For the desk; others read published ones."
            ),
        ],
    )
)
class Articles(Visible, ListAPIView[Article]):
    """Articles, newest first."""

    pagination_class = ArticlePages

    def get_queryset(self) -> QuerySet[Article]:
        given, shown = self.request.query_params, self.visible(self.request.user)
        for name, allowed in (("kind", ArticleKind.values), ("status", ArticleStatus.values)):
            if value := given.get(name):
                if value not in allowed:
                    raise serializers.ValidationError({name: f"One of {', '.join(allowed)}."})
                shown = shown.filter(**{name: value})
        return matching(shown, given["q"]) if given.get("q") else shown


@extend_schema_view(get=extend_schema(operation_id="articles_retrieve"))
class OneArticle(Visible, RetrieveAPIView[Article]):
    """One article."""

    def get_queryset(self) -> QuerySet[Article]:
        return self.visible(self.request.user)


urlpatterns: list[URLPattern] = [
    path("articles", Articles.as_view(), name="api-articles"),
    path("articles/<int:pk>", OneArticle.as_view(), name="api-article"),
]
