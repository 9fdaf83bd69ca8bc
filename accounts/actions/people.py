"""Finding and making people."""

from collections.abc import Mapping

from allauth.account.models import EmailAddress

from accounts.models import OrganisationDomain, User
from lib import rows
from lib.rows import ByKey

BY_ADDRESS = ByKey(lambda: User.objects.select_related("organisation"), "email", "somebody@people.example")
OTHER_ADDRESS = ByKey(
    lambda: EmailAddress.objects.filter(verified=True).select_related("user__organisation"),
    "email",
    "somebody@people.example",
)

DOMAIN = ByKey(lambda: OrganisationDomain.objects.select_related("organisation"), "domain", "people.example")


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
    return newcomers({email: name})[email]


def newcomers(names: Mapping[str, str]) -> dict[str, User]:
    """People whom nobody knew a moment ago, by their lower-cased addresses, given the names that these go with. Three
    statements; safe when two ask at once: both get the same rows."""
    owners = DOMAIN.among(map(domain_of, names))
    organisations = {owner.domain: owner.organisation for owner in owners}
    people = [
        User(email=email, name=names[email][:200], organisation=organisations.get(domain_of(email)))
        for email in sorted(names)  # in one order, so that of two who write the same one waits
    ]
    for person in people:
        person.set_unusable_password()
    rows.insert(people, new_only=True)
    return {person.email: person for person in BY_ADDRESS.among(names)}


def domain_of(email: str) -> str:
    return email.rpartition("@")[2]


def owner_of(email: str) -> User | None:
    """Whose further address it is. Only a confirmed one counts: anybody may claim somebody else's."""
    address = OTHER_ADDRESS.find(email)
    return address.user if address else None
