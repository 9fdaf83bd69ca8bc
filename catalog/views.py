"""/settings/sites/: the supported sites and their components."""

from typing import cast

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.doors import SettingsRequest, managers
from accounts.errors import Refused
from catalog import actions
from catalog.actions import Part
from catalog.forms import ComponentFormSet, SiteForm
from catalog.models import Site
from lib.attempts import attempt
from lib.paging import page_of

HOME = "/settings/sites/"


@managers
@require_GET
def sites(request: SettingsRequest) -> HttpResponse:
    """All sites, by name or address."""
    rows = Site.objects.select_related("fallback_team", "organisation").annotate(parts=Count("components"))
    if words := request.GET.get("q", "").strip().replace("\0", ""):
        rows = rows.filter(Q(name__icontains=words) | Q(url__icontains=words))
    return render(request, "catalog/sites.html", {"page": page_of(rows, request.GET), "asked": request.GET})


@managers
@require_http_methods(["GET", "POST"])
def site(request: SettingsRequest, pk: int | None = None) -> HttpResponse:
    """One site with its components, or a new one."""
    row = get_object_or_404(Site, pk=pk) if pk else None
    form = SiteForm(request.POST or None, site=row)
    known = [{"pk": c.pk, "name": c.name} for c in row.components.all()] if row else []
    components = ComponentFormSet(request.POST or None, initial=known, prefix="components")

    def save() -> Site:
        parts = [cast(Part, part.cleaned_data) for part in components if part.cleaned_data]
        return actions.save_site(site=row, at=timezone.now(), actor=request.user, components=parts, **form.cleaned_data)

    if request.method == "POST" and components.is_valid() and (saved := attempt(form, save, Refused)):
        messages.success(request, f"{saved} is saved.")
        return redirect(HOME)
    context = {
        "form": form, "components": components, "title": row.name if row else "New site", "back": HOME,
        "back_label": "Sites", "site": row,
    }  # fmt: skip
    if row:
        context |= {
            "delete_url": f"{HOME}{row.pk}/deletion", "delete_title": "Delete the site", "delete_ask": f"Delete {row}?",
            "delete_text": "Only a site without tickets can be deleted. Its components go with it.",
        }  # fmt: skip
    wrong = bool(form.errors or components.total_error_count())
    return render(request, "catalog/site.html", context, status=422 if request.method == "POST" and wrong else 200)


@managers
@require_POST
def site_deletion(request: SettingsRequest, pk: int) -> HttpResponse:
    """The site is gone, or a sentence says what needs it."""
    row = get_object_or_404(Site, pk=pk)
    try:
        actions.delete_site(site=row, at=timezone.now(), actor=request.user)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect(f"{HOME}{pk}/")
    messages.success(request, f"{row.name} is deleted.")
    return redirect(HOME)
