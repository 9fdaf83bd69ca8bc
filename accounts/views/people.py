"""/settings/people/: who works here and who asks."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.actions import invitations, members
from accounts.audit import audit
from accounts.doors import SettingsRequest, managers
from accounts.errors import Refused
from accounts.forms.people import InviteForm, PersonForm
from accounts.models import Invitation, Role, Team, User
from lib import csvsafe
from lib.attempts import attempt
from lib.numbers import read_number
from lib.paging import page_of

HOME = "/settings/people/"
STATES = {"active": "Active", "inactive": "Deactivated"}


def narrowed(given: QueryDict) -> "QuerySet[User]":
    """The people that the list's filters ask for; what is not on the allow-lists asks for nothing special."""
    people: QuerySet[User] = User.objects.order_by("name", "email")
    if words := given.get("q", "").strip().replace("\0", ""):
        people = people.filter(Q(name__icontains=words) | Q(email__icontains=words))
    if (role := given.get("role")) in Role.values:
        people = people.filter(role=role)
    elif role == "desk":
        people = people.exclude(role=Role.REQUESTER)
    if (team := read_number(given.get("team", ""))) is not None:
        people = people.filter(memberships__team=team)
    return people.filter(is_active=given.get("state") != "inactive")


@managers
@require_GET
def people(request: SettingsRequest) -> HttpResponse:
    """The list, and the invitations that wait."""
    now = timezone.now()
    found = narrowed(request.GET).select_related("organisation")
    page = page_of(found.prefetch_related(Prefetch("teams", Team.objects.order_by("name"))), request.GET)
    waiting = Invitation.objects.filter(used_at=None, expires_at__gt=now).select_related("invited_by")[:50]
    context = {
        "page": page, "teams": Team.objects.all(), "roles": Role.choices, "states": STATES, "waiting": waiting,
        "asked": request.GET, "query": request.GET.urlencode(),
    }  # fmt: skip
    return render(request, "accounts/people.html", context)


@managers
@require_GET
def export(request: SettingsRequest) -> StreamingHttpResponse:
    """The filtered list as CSV that no spreadsheet will calculate."""
    audit("people exported", at=timezone.now(), actor=request.user)
    found = narrowed(request.GET).select_related("organisation").prefetch_related("teams")
    rows = (
        (u.email, u.name, u.role, "; ".join(t.name for t in u.teams.all()), u.organisation, u.is_active, u.created_at)
        for u in found.iterator(chunk_size=500)
    )
    header = ("email", "name", "role", "teams", "organisation", "active", "since")
    response = StreamingHttpResponse(csvsafe.stream(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="people.csv"'
    return response


@managers
@require_http_methods(["GET", "POST"])
def person(request: SettingsRequest, pk: int) -> HttpResponse:
    """One person."""
    who = get_object_or_404(User.objects.select_related("organisation"), pk=pk)
    form = PersonForm(request.POST or None, actor=request.user, person=who)

    def change() -> User:
        given = form.cleaned_data
        return members.change_person(
            user=who, at=timezone.now(), actor=request.user, name=given["name"], role=given.get("role"),
            teams=given.get("teams"), organisation=given["organisation"],
        )  # fmt: skip

    if request.method == "POST" and attempt(form, change, Refused):
        messages.success(request, f"{who} is saved.")
        return redirect(HOME)
    context = {
        "form": form, "person": who, "title": who.name or who.email, "subtitle": who.email, "back": HOME,
        "back_label": "People", "may_change": request.user.is_admin or who.role != Role.ADMIN,
        "may_return": request.user.is_admin or who.role == Role.REQUESTER,
    }  # fmt: skip
    return render(request, "accounts/person.html", context, status=422 if form.errors else 200)


@managers
@require_http_methods(["GET", "POST"])
def new_invitation(request: SettingsRequest) -> HttpResponse:
    """Invite somebody; the link is shown once, besides the mail."""
    form = InviteForm(request.POST or None, actor=request.user)

    def invite() -> tuple[Invitation, str]:
        given = form.cleaned_data
        return invitations.invite(
            email=given["email"], name=given["name"], role=given["role"], teams=list(given["teams"]),
            at=timezone.now(), actor=request.user,
        )  # fmt: skip

    if request.method == "POST" and (made := attempt(form, invite, Refused)):
        response = render(request, "accounts/invited.html", {"invitation": made[0], "link": made[1]})
        response["Cache-Control"] = "no-store"
        return response
    context = {"form": form, "title": "Invite somebody", "back": HOME, "back_label": "People", "save_label": "Invite"}
    return render(request, "layouts/settings_form.html", context, status=422 if form.errors else 200)


@managers
@require_POST
def withdrawal(request: SettingsRequest, pk: int) -> HttpResponse:
    """An invitation taken back."""
    found = get_object_or_404(Invitation, pk=pk)
    invitations.withdraw(invitation=found, at=timezone.now(), actor=request.user)
    messages.success(request, f"The invitation of {found.email} ends now.")
    return redirect(HOME)


def _door(verb: Callable[..., None], said: str) -> Callable[..., Any]:
    """A view that lets somebody in or keeps them out."""

    def change(request: SettingsRequest, pk: int) -> HttpResponse:
        who = get_object_or_404(User, pk=pk)
        try:
            verb(user=who, at=timezone.now(), actor=request.user)
        except Refused as refused:
            messages.error(request, refused.message)
            return redirect(f"{HOME}{pk}/")
        messages.success(request, f"{who} {said}.")
        return redirect(HOME)

    return managers(require_POST(change))


deactivation = _door(members.deactivate, "is deactivated and signed out everywhere")
reactivation = _door(members.reactivate, "may sign in again")
