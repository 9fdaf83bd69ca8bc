"""/settings/teams/ and /settings/organisations/."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.actions import organisations as organisation_actions
from accounts.actions import teams as team_actions
from accounts.actions.members import teams_in_reach
from accounts.doors import SettingsRequest, managers
from accounts.errors import Refused
from accounts.forms.people import OrganisationForm, TeamForm
from accounts.models import Organisation, Team
from lib.attempts import attempt
from lib.paging import page_of

TEAMS = "/settings/teams/"
ORGANISATIONS = "/settings/organisations/"


@managers
@require_GET
def teams(request: SettingsRequest) -> HttpResponse:
    """All teams."""
    rows = Team.objects.select_related("manager").annotate(
        people=Count("memberships", filter=Q(memberships__user__is_active=True))
    )
    return render(request, "accounts/teams.html", {"page": page_of(rows, request.GET)})


@managers
@require_http_methods(["GET", "POST"])
def team(request: SettingsRequest, pk: int | None = None) -> HttpResponse:
    """One team, or a new one."""
    row = get_object_or_404(Team, pk=pk) if pk else None
    form = TeamForm(request.POST or None, team=row)

    def save() -> Team:
        return team_actions.save_team(team=row, at=timezone.now(), actor=request.user, **form.cleaned_data)

    if request.method == "POST" and (saved := attempt(form, save, Refused)):
        messages.success(request, f"{saved} is saved.")
        return redirect(TEAMS)
    context = {"form": form, "title": row.name if row else "New team", "back": TEAMS, "back_label": "Teams"}
    if row:
        context |= {
            "closed": row not in teams_in_reach(request.user), "delete_url": f"{TEAMS}{row.pk}/deletion",
            "delete_title": "Delete the team", "delete_ask": f"Delete {row}?",
            "delete_text": "Only a team without tickets, sites and rules can be deleted. Its people stay.",
        }  # fmt: skip
    return render(request, "accounts/team.html", context, status=422 if form.errors else 200)


@managers
@require_POST
def team_deletion(request: SettingsRequest, pk: int) -> HttpResponse:
    """The team is gone, or a sentence says what needs it."""
    row = get_object_or_404(Team, pk=pk)
    try:
        team_actions.delete_team(team=row, at=timezone.now(), actor=request.user)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect(f"{TEAMS}{pk}/")
    messages.success(request, f"{row.name} is deleted.")
    return redirect(TEAMS)


@managers
@require_GET
def organisations(request: SettingsRequest) -> HttpResponse:
    """All organisations, by name or mail domain."""
    rows = Organisation.objects.prefetch_related("domains").annotate(members=Count("people"))
    if words := request.GET.get("q", "").strip().replace("\0", ""):
        named = Organisation.objects.filter(Q(name__icontains=words) | Q(domains__domain__icontains=words))
        rows = rows.filter(pk__in=named.values("pk"))
    return render(request, "accounts/organisations.html", {"page": page_of(rows, request.GET), "asked": request.GET})


@managers
@require_http_methods(["GET", "POST"])
def organisation(request: SettingsRequest, pk: int | None = None) -> HttpResponse:
    """One organisation, or a new one."""
    row = get_object_or_404(Organisation, pk=pk) if pk else None
    form = OrganisationForm(request.POST or None, organisation=row)

    def save() -> Organisation:
        return organisation_actions.save_organisation(
            organisation=row, at=timezone.now(), actor=request.user, **form.cleaned_data
        )

    if request.method == "POST" and (saved := attempt(form, save, Refused)):
        messages.success(request, f"{saved} is saved.")
        return redirect(ORGANISATIONS)
    context = {
        "form": form, "title": row.name if row else "New organisation", "back": ORGANISATIONS,
        "back_label": "Organisations",
    }  # fmt: skip
    if row:
        context |= {
            "delete_url": f"{ORGANISATIONS}{row.pk}/deletion", "delete_title": "Delete the organisation",
            "delete_ask": f"Delete {row}?",
            "delete_text": "Only one without tickets can be deleted. Its people stay, without an organisation.",
        }  # fmt: skip
    return render(request, "layouts/settings_form.html", context, status=422 if form.errors else 200)


@managers
@require_POST
def organisation_deletion(request: SettingsRequest, pk: int) -> HttpResponse:
    """The organisation is gone, or a sentence says what needs it."""
    row = get_object_or_404(Organisation, pk=pk)
    try:
        organisation_actions.delete_organisation(organisation=row, at=timezone.now(), actor=request.user)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect(f"{ORGANISATIONS}{pk}/")
    messages.success(request, f"{row.name} is deleted.")
    return redirect(ORGANISATIONS)
