"""Every address of the desk. Each app owns its own urls; tests/house/ asks each as every kind of person."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from helpdesk import live, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("healthz", views.health, name="health"),
    path("live", live.desk, name="live"),
    path("live/t/<str:token>", live.requester, name="requester-live"),
    path("setup/", views.setup, name="setup"),
    path("settings/", views.settings_home, name="settings-home"),
    path("accounts/login/", views.sign_in, name="account_login"),
    path("accounts/", include("allauth.urls")),
    path("", include("tickets.urls")),  # /queue /tickets /help/t /help/requests /settings/rules …
    path("", include("knowledge.urls")),  # /help/ /help/articles /knowledge
    path("", include("integrations.urls")),  # /help/new /intake /settings/sources /api/v1/sources /api/v1/forms
    path("", include("deliveries.urls")),  # /mailbox
    path("", include("notifications.urls")),  # /settings/letters
    path("", include("sla.urls")),  # /settings/policies /settings/calendars
    path("", include("oncall.contact_urls")),  # /oncall/contact /oncall/drills /p/d
    path("", include("oncall.urls")),  # /oncall /settings/rotas
    path("", include("oncall.page_urls")),  # /p /tickets/…/pages /settings/ladders
    path("", include("reports.urls")),  # /dashboard
    path("", include("accounts.urls")),  # /settings/people /settings/teams … /invitations
    path("", include("catalog.urls")),  # /settings/sites
    path("", include("files.urls")),  # /files
    path("api/v1/", include("helpdesk.api")),
]
if settings.DEBUG:
    urlpatterns.append(path("styleguide/", include("lib.styleguide")))
