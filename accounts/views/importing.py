"""/settings/people/import: people from a CSV file, in two steps."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.actions import importing
from accounts.doors import SettingsRequest, managers
from accounts.errors import Refused
from accounts.forms.tokens import ImportForm
from lib.attempts import attempt

HOME = "/settings/people/"
SHOWN = 500


@managers
@require_http_methods(["GET", "POST"])
def people_import(request: SettingsRequest) -> HttpResponse:
    """The file, then what each line would do, then (`apply` pressed) the doing."""
    form = ImportForm(request.POST or None, request.FILES or None)
    lines = None
    if request.method == "POST":
        lines = attempt(form, lambda: importing.plan(form.cleaned_data["text"], actor=request.user), Refused)
    if lines and "apply" in request.POST:
        done = attempt(form, lambda: importing.apply(lines, at=timezone.now(), actor=request.user), Refused)
        if done is not False:
            messages.success(request, f"{len(done)} people imported.")
            return redirect(HOME)
    if lines == []:
        form.add_error("file", "There are no people in this file.")
    context: dict[str, object] = {"form": form}
    if lines:
        context |= {
            "lines": lines[:SHOWN], "text": form.cleaned_data["text"], "hidden": max(0, len(lines) - SHOWN),
            "wrong": sum(bool(line.errors) for line in lines),
            "ready": sum(not line.errors and line.does != "nothing" for line in lines),
        }  # fmt: skip
    return render(request, "accounts/import.html", context, status=422 if form.errors else 200)
