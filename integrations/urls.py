"""Alerts, the public form, and the pages of sources and the intake log."""

from django.urls import URLPattern, path, re_path

from integrations.views import receive, request

urlpatterns: list[URLPattern] = [
    re_path(r"^api/v1/sources/(?P<token>[^/]+)(?:/(?P<rest>.*))?$", receive.receive, name="receive-alert"),
    path("help/new", request.new, name="request-new"),
    path("help/new/<slug:slug>", request.new, name="request-new-form"),
    path("help/received/<uuid:receipt>", request.received, name="request-received"),
]
