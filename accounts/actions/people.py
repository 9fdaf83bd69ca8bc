"""Finding and making people."""

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from accounts.models import Organisation, User
from lib.rows import ByKey

BY_ADDRESS = ByKey(lambda: User.objects.select_related("organisation"), "email", "somebody@people.example")
OTHER_ADDRESS = ByKey(
    lambda: EmailAddress.objects.filter(verified=True).select_related("user__organisation"),
    "email",
    "somebody@people.example",
)


def requester_for(*, email: str, name: str = "") -> User:
    """The person with this address, made without a password when unknown. Safe when two ask at once."""
    email = email.strip().lower()
    known = BY_ADDRESS.find(email) or owner_of(email)
    if known:
        if name and not known.name:
            User.objects.filter(pk=known.pk, name="").update(name=name[:200])
            known.name = name[:200]
        return known
    return newcomer(email=email, name=name)


def newcomer(*, email: str, name: str = "") -> User:
    """Somebody whom nobody knew a moment ago. Safe when two ask at once."""
    try:
        with transaction.atomic():
            return User.objects.create_user(
                email, name=name[:200], organisation=Organisation.objects.for_address(email).first()
            )
    except IntegrityError:
        return User.objects.get(email=email)


def owner_of(email: str) -> User | None:
    """Whose further address it is. Only a confirmed one counts: anybody may claim somebody else's."""
    address = OTHER_ADDRESS.find(email)
    return address.user if address else None
