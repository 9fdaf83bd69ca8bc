from django.db import models
from django.db.models.functions import Lower

from accounts.models import Organisation, Team


class Site(models.Model):
    """A supported web property. Its fallback team gets what no routing rule places."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    url = models.URLField("address", blank=True)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.SET_NULL, related_name="sites"
    )
    fallback_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="fallback_for")
    is_active = models.BooleanField("offered in forms", default=True)
    language = models.CharField(
        "language of letters", max_length=8, blank=True, default="", db_default="", help_text="empty: the desk's own"
    )

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="one_site_per_name")]

    def __str__(self) -> str:
        return self.name


class Component(models.Model):
    """A part of a site: checkout, sign-in, search …"""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="components")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["site", "slug"], name="one_component_per_site_and_slug")]

    def __str__(self) -> str:
        return self.name
