"""/accounts/profile/: one's own name and time zone."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.actions.members import change_profile
from accounts.doors import SettingsRequest, signed_in
from accounts.forms.people import ProfileForm
from lib.attempts import attempt


@signed_in
@require_http_methods(["GET", "POST"])
def profile(request: SettingsRequest) -> HttpResponse:
    """For everybody who has an account."""
    form = ProfileForm(request.POST or None, user=request.user)

    def change() -> None:
        change_profile(user=request.user, at=timezone.now(), **form.cleaned_data)

    if request.method == "POST" and attempt(form, change):
        messages.success(request, "Your profile is saved.")
        return redirect("profile")
    return render(request, "accounts/profile.html", {"form": form}, status=422 if form.errors else 200)
