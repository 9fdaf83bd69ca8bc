"""People of the desk come by invitation: a link that works once, for a week."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.module_loading import import_string

from accounts.audit import audit
from accounts.errors import Refused
from accounts.models import Invitation, Membership, Role, Team, User
from lib.crypto import digest

LIFE = timedelta(days=7)


@transaction.atomic
def invite(
    *, email: str, role: str, at: datetime, actor: User, name: str = "", teams: Sequence[Team] = ()
) -> tuple[Invitation, str]:
    """A fresh invitation and its link, which is told by mail and never stored. Earlier links to the same address end.

    Raises Refused: only admins make admins, and who works here already needs no invitation.
    """
    email = email.strip().lower()
    if role not in (Role.ADMIN, Role.MANAGER, Role.AGENT):
        raise Refused("Choose agent, manager or admin.", field="role")
    if not actor.is_manager or (role == Role.ADMIN and not actor.is_admin):
        raise Refused("Only an admin can invite an admin.", field="role")
    if User.objects.desk().filter(email=email).exists():
        raise Refused(f"{email} works here already.", field="email")
    if (
        owner := User.objects.filter(emailaddress__email=email, emailaddress__verified=True)
        .exclude(email=email)
        .first()
    ):
        raise Refused(f"{email} is another address of {owner.email}.", field="email")
    Invitation.objects.filter(email=email, used_at=None, expires_at__gt=at).update(expires_at=at)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        email=email,
        name=name.strip()[:200],
        role=role,
        digest=digest(secret),
        invited_by=actor,
        created_at=at,
        expires_at=at + LIFE,
    )
    invitation.teams.set(teams)
    url = settings.BASE_URL + reverse("invitation", args=[secret])
    audit("person invited", at=at, actor=actor, object=email, role=role)
    for notice in settings.ACCOUNT_NOTICES:
        import_string(notice)(invitation=invitation, url=url)
    return invitation, url


@transaction.atomic
def withdraw(*, invitation: Invitation, at: datetime, actor: User) -> None:
    """The link ends now."""
    Invitation.objects.filter(pk=invitation.pk, used_at=None, expires_at__gt=at).update(expires_at=at)
    audit("invitation withdrawn", at=at, actor=actor, object=invitation.email)


def pending(secret: str, *, at: datetime) -> Invitation | None:
    """The invitation behind a link that still works."""
    return Invitation.objects.filter(digest=digest(secret), used_at=None, expires_at__gt=at).first()


@transaction.atomic
def accept(*, secret: str, name: str, password: str, at: datetime) -> User:
    """Make the person. The link is consumed by one conditional update: of two clicks one comes in.

    Raises Refused when the link was used, withdrawn or is too old.
    """
    found = Invitation.objects.filter(digest=digest(secret), used_at=None, expires_at__gt=at)
    if not found.update(used_at=at):
        raise Refused("This link has been used, or is too old. Ask for a new one.")
    invitation = Invitation.objects.get(digest=digest(secret))
    user = User.objects.select_for_update().filter(email=invitation.email).first() or User(email=invitation.email)
    if user.is_desk and user.pk:
        raise Refused("You work here already. Sign in with your password.")
    user.name = name.strip()[:200] or invitation.name
    user.role, user.is_active = invitation.role, True
    user.set_password(password)
    user.save()
    confirm(user)
    for team in invitation.teams.all():
        Membership.objects.get_or_create(team=team, user=user)
    audit("invitation accepted", at=at, actor=user, object=user.email, role=user.role)
    return user


def confirm(user: User) -> None:
    """The link came by mail: the address is hers."""
    EmailAddress.objects.filter(email=user.email, verified=False).exclude(user=user).delete()
    EmailAddress.objects.filter(user=user, primary=True).exclude(email=user.email).update(primary=False)
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
