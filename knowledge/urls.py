"""The help centre's articles, and the desk's own pages for them."""

from django.urls import URLPattern, path

from knowledge.views import articles, life, public, writing

urlpatterns: list[URLPattern] = [
    path("help/", public.home, name="help"),
    path("help/articles/", public.articles, name="help-articles"),
    path("help/articles/<slug:slug>", public.article, name="help-article"),
    path("help/articles/<slug:slug>/votes", public.votes, name="help-votes"),
    path("help/articles/<slug:slug>/solutions", public.solutions, name="help-solutions"),
    path("help/solved", public.solved, name="help-solved"),
    path("help/suggestions", public.suggestions, name="help-suggestions"),
    path("knowledge/", articles.articles, name="knowledge"),
    path("knowledge/new", writing.new, name="knowledge-new"),
    path("knowledge/preview", writing.preview, name="knowledge-preview"),
    path("knowledge/<int:pk>", articles.article, name="knowledge-article"),
    path("knowledge/<int:pk>/edit", writing.edit, name="knowledge-edit"),
    path("knowledge/<int:pk>/versions", life.versions, name="knowledge-versions"),
    path("knowledge/<int:pk>/versions/<int:number>", life.version, name="knowledge-version"),
    path("knowledge/<int:pk>/versions/<int:number>/restoration", life.restoration, name="knowledge-restoration"),
    *[
        path(f"knowledge/<int:pk>/{noun}", life.step, {"noun": noun}, name=f"knowledge-{noun}")
        for noun in life.STEPS  # review, draft, publication, retirement
    ],
]
