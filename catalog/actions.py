"""What we support: sites and their components."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from accounts.audit import audit
from accounts.errors import Refused
from accounts.models import Organisation, Team, User
from catalog.models import Component, Site
from lib.references import needed_by
from lib.slugs import free_slug


class Part(TypedDict):
    """A component as edited: `pk` None makes one; `gone` removes it."""

    pk: int | None
    name: str
    gone: bool


@transaction.atomic
def save_site(
    *, site: Site | None, name: str, url: str, fallback_team: Team, organisation: Organisation | None, is_active: bool,
    language: str = "", components: Sequence[Part] = (), at: datetime, actor: User | None,
) -> Site:  # fmt: skip
    """Make a site, or change one, with its components. Raises Refused."""
    row = site or Site(slug=free_slug(Site.objects.all(), name))
    row.name, row.url, row.fallback_team = name, url, fallback_team
    row.organisation, row.is_active, row.language = organisation, is_active, language
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused("There is a site of this name already.", field="name") from None
    changed = save_components(row, components)
    audit(
        "site changed" if site else "site made", at=at, actor=actor, object=row.name, fallback=fallback_team.name,
        components=changed,
    )  # fmt: skip
    return row


def save_components(site: Site, parts: Sequence[Part]) -> list[str]:
    """-> ["+checkout", "-search"]. A component that tickets name cannot go: their record would lose it."""
    known = {component.pk: component for component in site.components.all()}
    names: set[str] = set()
    changed = []
    for part in parts:
        found = known.get(part["pk"]) if part["pk"] else None
        if part["gone"] or not part["name"]:
            if found and found.tickets.exists():
                raise Refused(f"“{found.name}” cannot go: tickets name it. Rename it instead.")
            if found:
                found.delete()
                changed.append(f"-{found.name}")
            continue
        if part["name"].casefold() in names:
            raise Refused(f"“{part['name']}” is there twice.")
        names.add(part["name"].casefold())
        if found is None:
            slug = free_slug(site.components.all(), part["name"])
            Component.objects.create(site=site, name=part["name"], slug=slug)
            changed.append(f"+{part['name']}")
        elif found.name != part["name"]:
            changed.append(f"{found.name} → {part['name']}")
            found.name = part["name"]
            found.save(update_fields=["name"])
    return changed


@transaction.atomic
def delete_site(*, site: Site, at: datetime, actor: User) -> None:
    """Only a site that nothing refers to. Raises Refused saying what does."""
    refused = f"{site} cannot be deleted: %s. Take it out of the forms instead."
    if needs := needed_by(site):
        raise Refused(refused % f"{needs} belong to it")
    audit("site deleted", at=at, actor=actor, object=site.name)
    try:
        site.delete()
    except ProtectedError:  # a ticket arrived since we looked
        raise Refused(refused % "a ticket has just been opened for it") from None
