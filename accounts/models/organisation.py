from typing import Self

from django.db import models
from django.db.models.functions import Lower


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def for_address(self, address: str) -> Self:
        """Organisations that own the domain of a mail address (at most one)."""
        return self.filter(domains__domain=address.rpartition("@")[2].lower())


class Organisation(models.Model):
    """A customer. Its mail domains tell which new requesters belong to it."""

    name = models.CharField(max_length=200)
    shares_tickets = models.BooleanField(
        "colleagues see each other's tickets",
        default=False,
        help_text="When on, everybody of this organisation sees all its tickets.",
    )
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="one_organisation_per_name")]

    def __str__(self) -> str:
        return self.name


class OrganisationDomain(models.Model):
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="domains")
    domain = models.CharField(max_length=253, unique=True)

    class Meta:
        ordering = ["domain"]

    def __str__(self) -> str:
        return self.domain
