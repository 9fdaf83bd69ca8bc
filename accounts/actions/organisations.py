"""Organisations: customers, and which mail domains are theirs."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from accounts.audit import audit
from accounts.errors import Refused
from accounts.models import Organisation, OrganisationDomain, User
from lib.references import needed_by


@transaction.atomic
def save_organisation(
    *, organisation: Organisation | None, name: str, domains: Sequence[str], shares_tickets: bool, notes: str,
    at: datetime, actor: User,
) -> Organisation:  # fmt: skip
    """Make an organisation, or change one. Each mail domain belongs to one. Raises Refused."""
    row = organisation or Organisation()
    row.name, row.shares_tickets, row.notes = name, shares_tickets, notes
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused("There is an organisation of this name already.", field="name") from None
    wanted = set(domains)
    taken = (
        OrganisationDomain.objects.filter(domain__in=wanted).exclude(organisation=row).select_related("organisation")
    )
    if other := taken.first():
        raise Refused(f"{other.domain} belongs to {other.organisation}.", field="domains")
    row.domains.exclude(domain__in=wanted).delete()
    OrganisationDomain.objects.bulk_create(
        [OrganisationDomain(organisation=row, domain=domain) for domain in sorted(wanted)], ignore_conflicts=True
    )
    audit(
        "organisation changed" if organisation else "organisation made", at=at, actor=actor, object=row.name,
        domains=sorted(wanted), shares_tickets=shares_tickets,
    )  # fmt: skip
    return row


@transaction.atomic
def delete_organisation(*, organisation: Organisation, at: datetime, actor: User) -> None:
    """Its people stay, without an organisation. Raises Refused when tickets or policies belong to it."""
    refused = f"{organisation} cannot be deleted: %s. Its record stays with them."
    if needs := needed_by(organisation):
        raise Refused(refused % f"{needs} belong to it")
    audit("organisation deleted", at=at, actor=actor, object=organisation.name)
    try:
        organisation.delete()
    except ProtectedError:  # something arrived since we looked
        raise Refused(refused % "something has just been filed under it") from None
