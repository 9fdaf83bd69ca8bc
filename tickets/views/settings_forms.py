"""/settings/forms/ and /settings/severity/: what the public is asked, and how grave the answers are."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.doors import SettingsRequest, managers
from lib.attempts import attempt
from lib.paging import page_of
from tickets.actions import setup
from tickets.errors import Refused
from tickets.models import Form, Level
from tickets.settings_forms import FormForm, MatrixForm

HOME = "/settings/forms/"


@managers
@require_GET
def forms(request: SettingsRequest) -> HttpResponse:
    """All public forms in their order."""
    page = page_of(Form.objects.select_related("site", "team"), request.GET)
    return render(request, "tickets/settings/forms.html", {"page": page})


@managers
@require_http_methods(["GET", "POST"])
def form(request: SettingsRequest, pk: int | None = None) -> HttpResponse:
    """One form, or a new one."""
    row = get_object_or_404(Form, pk=pk) if pk else None
    fields = FormForm(request.POST or None, instance=row)

    def save() -> Form:
        return setup.save_form(form=row, at=timezone.now(), actor=request.user, **fields.cleaned_data)

    if request.method == "POST" and (saved := attempt(fields, save, Refused)):
        messages.success(request, f"{saved} is saved.")
        return redirect(HOME)
    context = {"form": fields, "title": row.title if row else "New form", "back": HOME, "back_label": "Forms"}
    if row:
        context |= {
            "delete_url": f"{HOME}{row.pk}/deletion", "delete_title": "Delete the form", "delete_ask": f"Delete {row}?",
            "delete_text": "Its address stops working. Tickets that came by it stay.",
        }  # fmt: skip
    return render(request, "layouts/settings_form.html", context, status=422 if fields.errors else 200)


@managers
@require_POST
def form_deletion(request: SettingsRequest, pk: int) -> HttpResponse:
    """The form is gone."""
    row = get_object_or_404(Form, pk=pk)
    setup.delete_form(form=row, at=timezone.now(), actor=request.user)
    messages.success(request, f"{row.title} is deleted.")
    return redirect(HOME)


@managers
@require_http_methods(["GET", "POST"])
def severity(request: SettingsRequest) -> HttpResponse:
    """Impact × urgency = severity."""
    matrix = MatrixForm(request.POST or None)

    def save() -> None:
        setup.save_matrix(cells=matrix.cells(), at=timezone.now(), actor=request.user)

    if request.method == "POST" and attempt(matrix, save, Refused):
        messages.success(request, "The matrix is saved.")
        return redirect("severity-matrix")
    context = {"form": matrix, "urgencies": [level.label for level in Level]}
    return render(request, "tickets/settings/severity.html", context, status=422 if matrix.errors else 200)
