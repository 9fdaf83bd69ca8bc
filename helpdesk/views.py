"""The front door, the first start, the settings' first page, and the health of the desk."""

from allauth.account import views as allauth_views
from django.conf import settings
from django.contrib.auth import login
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts.doors import SettingsRequest, managers
from accounts.errors import Refused
from accounts.models import Team, User
from catalog.models import Site
from helpdesk.first_run import FirstAdminForm, is_first_run, make_first_admin
from integrations.models import Source
from lib.attempts import attempt
from tickets.models import Form, RoutingRule


def home(request: HttpRequest) -> HttpResponse:
    """Everybody's first page: the queue for the desk, the help centre for everybody else."""
    if request.user.is_authenticated and request.user.is_desk:
        return redirect("/queue/needs-me")
    return redirect("setup" if is_first_run() else "/help/")


def sign_in(request: HttpRequest) -> HttpResponseBase:
    """The sign-in page; while nobody works here, the first start instead."""
    if request.method == "GET" and is_first_run():
        return redirect("setup")
    answer: HttpResponseBase = allauth_views.login(request)
    return answer


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password")
@never_cache
def setup(request: HttpRequest) -> HttpResponse:
    """Asks for the first admin. There is no such page once somebody works here."""
    if not is_first_run():
        raise Http404
    form = FirstAdminForm(request.POST or None)
    if request.method == "POST":
        user = attempt(form, lambda: make_first_admin(at=timezone.now(), **form.cleaned_data), Refused)
        if isinstance(user, User):
            login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
            return redirect("settings-home")
    return render(request, "helpdesk/setup.html", {"form": form}, status=422 if form.errors else 200)


@managers
@require_GET
def settings_home(request: SettingsRequest) -> HttpResponse:
    """What the desk still needs, step by step."""
    steps = [
        ("Teams", "Who shares a queue.", "/settings/teams/", Team.objects.exists(), "users"),
        (
            "People",
            "Invite those who work tickets.",
            "/settings/people/",
            User.objects.desk()[1:2].exists(),
            "user-plus",
        ),
        ("Sites", "What you support, with its components.", "/settings/sites/", Site.objects.exists(), "globe"),
        ("Forms", "How people ask without an account.", "/settings/forms/", Form.objects.exists(), "file-text"),
        ("Routing rules", "Which team gets which ticket.", "/settings/rules/", RoutingRule.objects.exists(), "route"),
        ("Alert sources", "Let monitoring open tickets.", "/settings/sources/", Source.objects.exists(), "siren"),
        ("Outgoing mail", mail_told(), "/mailbox/", bool(settings.EMAIL_HOST), "mail"),
    ]
    return render(request, "helpdesk/settings.html", {"steps": steps, "left": sum(not step[3] for step in steps)})


def mail_told() -> str:
    """What happens to mail."""
    if settings.EMAIL_HOST:
        return f"Sent by {settings.EMAIL_HOST}."
    return "Stays in the local mailbox until EMAIL_HOST is set."


def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return JsonResponse({"ok": False, "database": False}, status=503)
    return JsonResponse({"ok": True, "database": True})
