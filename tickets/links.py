"""Links by which a requester follows and answers without an account. Unguessable, per ticket and person; reading one
changes nothing. Links are built from settings.BASE_URL, never from a request's Host header."""

import re

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.models import User
from tickets.models import Ticket

signer = signing.Signer(salt="tickets.requester-page", sep="~")
_KEY = re.compile(r"(/help/t/)[^\s\"'<>?#()\[\]]{20,}")


def requester_token(ticket: Ticket, user: User) -> str:
    """The signed token for this person's page of this ticket."""
    return signer.sign(f"{ticket.token}.{user.pk}")


def requester_url(ticket: Ticket, user: User) -> str:
    """The absolute address of that page."""
    return settings.BASE_URL + reverse("requester-page", args=[requester_token(ticket, user)])


def without_keys(text: str) -> str:
    """`text` or HTML that somebody sent us, without the tokens of signed links: who quotes a letter to her shows its
    link to everybody who reads the ticket, and it opens her page as hers."""
    return _KEY.sub(r"\1…", text)


def desk_url(ticket: Ticket) -> str:
    """The absolute address of the ticket for agents."""
    return f"{settings.BASE_URL}/tickets/{ticket.pk}"


def read_requester_token(token: str) -> tuple[Ticket, User] | None:
    """(ticket, person) of a token; None when forged, or when the person may no longer see the ticket."""
    try:
        reference, _, pk = signer.unsign(token).rpartition(".")
        user = User.objects.select_related("organisation").get(pk=int(pk), is_active=True)
        return Ticket.objects.visible_to(user).select_related("requester", "site", "team").get(token=reference), user
    except (signing.BadSignature, ValueError, User.DoesNotExist, Ticket.DoesNotExist):
        return None
