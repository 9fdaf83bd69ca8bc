"""The addresses of contact methods as people type them, read into what is kept, and shown to others in part only."""

import re
from collections.abc import Callable
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.errors import Refused
from integrations.channels.chat import services
from integrations.channels.webpush import subscription
from oncall.models import Via

DOTS = "•••"
Read = tuple[str, str]  # (what is shown to its owner and kept as it is, what is kept sealed)


def read(via: str, text: str, *, name: str = "") -> Read:
    """Raises Refused at the field `address`. `name`: what a browser is called."""
    given = text.strip()
    if not given:
        raise Refused("Say where to.", field="address")
    if via == Via.WEBPUSH:
        return browser(given, name)
    return READERS[via](given)


def phone(text: str) -> Read:
    """A number as E.164 writes it: +, then 8 to 15 digits, of which the first is the country's and no zero."""
    bare = re.sub(r"[\s()./–-]", "", text)
    if bare.startswith("00"):
        bare = f"+{bare[2:]}"
    if not bare.startswith("+"):
        raise Refused("Write it with its country, such as +49 151 23456789.", field="address")
    if not re.fullmatch(r"\+[0-9]+", bare):
        raise Refused("A number has digits only, after the + of its country.", field="address")
    if not 8 <= len(bare) - 1 <= 15:
        raise Refused(f"A number has 8 to 15 digits with its country; this has {len(bare) - 1}.", field="address")
    if bare[1] == "0":
        raise Refused("No country begins with 0: leave the 0 out that you dial at home.", field="address")
    return bare, ""


def mail(text: str) -> Read:
    """A mail address, in lower case as all of ours."""
    try:
        validate_email(text)
    except ValidationError:
        raise Refused("Write a mail address, such as ada@people.example.", field="address") from None
    return text.lower(), ""


def member(text: str) -> Read:
    """A member of a Slack workspace, by the id that Slack shows in the profile."""
    if not re.fullmatch(r"[UW][A-Z0-9]{5,20}", text.upper()):
        said = "Write your member id, such as U0123ABCD: in Slack, open your profile, then ⋮, Copy member ID."
        raise Refused(said, field="address")
    return text.upper(), ""


def chat(text: str) -> Read:
    """An address as apprise writes it, which holds secrets."""
    if wrong := services.wrong_with(text):
        raise Refused(wrong, field="address")
    return f"{services.label(text)[:240]} ({mark(text)})", text


def browser(text: str, name: str) -> Read:
    """What a browser gives to be pushed to."""
    try:
        found = subscription.read(text)
    except subscription.Unfit as unfit:
        raise Refused(str(unfit)) from None
    return f"{name.strip()[:60] or 'Browser'} ({mark(found.endpoint)})", text


def mark(secret: str) -> str:
    """Four letters that tell two addresses apart whose names are the same."""
    return sha256(secret.encode()).hexdigest()[:4]


READERS: dict[str, Callable[[str], Read]] = {
    Via.SMS: phone, Via.VOICE: phone, Via.EMAIL: mail, Via.SLACK: member, Via.CHAT: chat,
}  # fmt: skip


def masked(via: str, address: str) -> str:
    """What somebody else may read of it: enough to know which one is meant."""
    match via:
        case Via.EMAIL:
            name, _, domain = address.partition("@")
            return f"{name[:1]}{DOTS}@{domain}"
        case Via.SMS | Via.VOICE:
            return f"{address[:3]} {DOTS} {address[-2:]}"
        case Via.SLACK:
            return f"{address[:3]}{DOTS}"
        case Via.CHAT:
            return address.partition(":")[0]
    return address
