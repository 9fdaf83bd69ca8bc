"""The page behind an invitation's link."""

from allauth.account.utils import perform_login
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.actions import invitations
from accounts.errors import Refused
from accounts.models import User


class AcceptForm(forms.Form):
    """Name and password of somebody who comes in. The password must not repeat `email`, the invited address."""

    name = forms.CharField(max_length=200, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label="Password",
        help_text="At least ten characters.",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: object, email: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@never_cache
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows who invites as what and asks for name and password; only POST uses the link up."""
    found = invitations.pending(secret, at=timezone.now())
    if found is None:
        return render(request, "accounts/invitations/gone.html", status=404)
    form = AcceptForm(request.POST or None, email=found.email, initial={"name": found.name})
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "invitation": found, "secret": secret}
        return render(request, "accounts/invitations/accept.html", context, status=422 if form.is_bound else 200)
    try:
        user = invitations.accept(
            secret=secret, name=form.cleaned_data["name"], password=form.cleaned_data["password"], at=timezone.now()
        )
    except Refused:
        return render(request, "accounts/invitations/gone.html", status=404)
    return perform_login(request, user, redirect_url="/")
