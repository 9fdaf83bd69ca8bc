"""Mail about accounts: confirmations, resets, invitations, as Delivery rows like everything else."""

from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.forms import BaseForm
from django.http import HttpRequest
from django.template.loader import get_template, render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe

from accounts.models import Invitation, Organisation, User
from deliveries.actions import queue_mail
from deliveries.models import Delivery
from lib.html import plain


class Adapter(DefaultAccountAdapter):
    """allauth's hooks into the desk: whoever signs up is a requester; mail waits in a row; links come from BASE_URL."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Anybody may have a requester's account. People of the desk are invited."""
        return True

    def save_user(
        self, request: HttpRequest, user: AbstractBaseUser, form: BaseForm, commit: bool = True
    ) -> AbstractBaseUser:
        """A new requester, of the organisation that owns the address (nobody signs in before it is confirmed)."""
        person = cast(User, super().save_user(request, user, form, commit=False))
        person.organisation = Organisation.objects.for_address(person.email).first()
        if commit:
            person.save()
        return person

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue one of allauth's mails."""
        site = SimpleNamespace(name="Helpdesk", domain=settings.BASE_URL.partition("://")[2])
        words = {key: from_base_url(value) for key, value in context.items()} | {"email": email, "current_site": site}
        subject = " ".join(render_to_string(f"{template_prefix}_subject.txt", words).split())
        send(
            address=email,
            user=User.objects.filter(email=email.lower()).first(),
            subject=subject,
            text=render_to_string(f"{template_prefix}_message.txt", words).strip(),
        )


def from_base_url(value: object) -> object:
    """An address that allauth built from the request's Host header, on our own host instead; anything else as it is."""
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        return value
    parts = urlsplit(value)
    return settings.BASE_URL + urlunsplit(("", "", parts.path, parts.query, parts.fragment))


def send(*, address: str, user: User | None, subject: str, text: str) -> Delivery:
    """One account mail as text and, with its addresses as links, as HTML."""
    words = {"text": text, "html": mark_safe(plain(text)), "heading": subject, "base_url": settings.BASE_URL}  # noqa: S308
    return queue_mail(
        address=address,
        user=user,
        subject=subject,
        text=get_template("notifications/account.txt").render(words),
        html=get_template("notifications/account.html").render(words),
        at=timezone.now(),
    )


def invited(*, invitation: Invitation, url: str) -> None:
    """The invitation's link by mail (settings.ACCOUNT_NOTICES)."""
    by = f"{invitation.invited_by} invites you" if invitation.invited_by else "You are invited"
    role = invitation.get_role_display().lower()
    text = (
        f"Hello {invitation.name or 'there'},\n\n{by} to work on the helpdesk as {role}."
        f"\n\nChoose a password and start here:\n{url}\n\nThe link works once, until "
        f"{invitation.expires_at:%d %B %Y, %H:%M %Z}. If you did not expect this, leave it be."
    )
    send(address=invitation.email, user=None, subject="Your invitation to the helpdesk", text=text)
