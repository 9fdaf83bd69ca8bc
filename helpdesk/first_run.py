"""The first start without demo data: the first admin makes the desk."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.db import connection, transaction

from accounts.audit import audit
from accounts.errors import Refused
from accounts.models import Membership, Role, Team, User
from catalog.actions import save_site
from tickets.actions.setup import save_form
from tickets.models import TicketKind

LOCK = 0x68656C70  # any number that nothing else locks


class FirstAdminForm(forms.Form):
    """Who sets the desk up, and, if wanted, the first site."""

    name = forms.CharField(max_length=200, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    password = forms.CharField(
        strip=False,
        help_text="At least ten characters.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    site = forms.CharField(
        max_length=120, required=False, label="First site", help_text="A website that you support, such as “Shop”."
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        person = User(email=self.cleaned_data.get("email", ""), name=self.cleaned_data.get("name", ""))
        validate_password(password, person)
        return password


def is_first_run() -> bool:
    """Nobody works here yet."""
    return not User.objects.exclude(role=Role.REQUESTER).exists()


@transaction.atomic
def make_first_admin(*, name: str, email: str, password: str, site: str = "", at: datetime) -> User:
    """The admin with a confirmed address, the team Support, a form, and the site if it has a name.

    One transaction under one lock: of two who ask at once, the second is Refused.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if not is_first_run():
        raise Refused("The desk has an admin already. Sign in.")
    email = email.strip().lower()
    user = User.objects.filter(email=email).first() or User(email=email)
    user.name, user.role, user.is_active = name.strip(), Role.ADMIN, True
    user.set_password(password)
    user.save()
    # Whoever may set the desk up may also say what their address is: no mail can be sent yet to ask them.
    EmailAddress.objects.filter(email=email).exclude(user=user).delete()
    EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    team = Team.objects.filter(slug="support").first() or Team.objects.create(name="Support", slug="support")
    Membership.objects.get_or_create(team=team, user=user)
    audit("desk set up", at=at, actor=user, object=user.email)
    save_form(
        form=None, at=at, actor=user, title="Ask for help", slug="help", kind=TicketKind.INCIDENT, site=None, team=team,
        category="", intro="", asks_impact=True, is_active=True, position=1,
    )  # fmt: skip
    if site.strip():
        save_site(
            site=None, name=site.strip(), url="", fallback_team=team, organisation=None, is_active=True, at=at,
            actor=user,
        )  # fmt: skip
    return user
