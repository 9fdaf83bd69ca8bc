"""The API's router, its schema and its documentation page."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from helpdesk.api_docs import docs

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tickets.api")),
    path("", include("tickets.api_handover")),
    path("", include("oncall.api")),
    path("", include("integrations.api")),
    path("", include("knowledge.api")),
    path("schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs", docs, name="api-docs"),
]
