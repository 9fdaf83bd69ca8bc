from django.urls import URLPattern, re_path

from integrations.views import receive

urlpatterns: list[URLPattern] = [
    re_path(r"^api/v1/sources/(?P<token>[^/]+)(?:/(?P<rest>.*))?$", receive.receive, name="receive-alert"),
]
