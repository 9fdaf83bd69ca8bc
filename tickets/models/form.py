from django.db import models

from accounts.models import Team
from catalog.models import Site
from tickets.models.ticket import Level, Severity, TicketKind


class Form(models.Model):
    """A public form: what it is called and what it presets."""

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    intro = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=TicketKind.choices, default=TicketKind.INCIDENT)
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.SET_NULL)
    category = models.CharField(max_length=60, blank=True)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, help_text="Used when no routing rule matches."
    )
    asks_impact = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "title"]

    def __str__(self) -> str:
        return self.title


class SeverityCell(models.Model):
    """One cell of the editable impact × urgency matrix."""

    impact = models.CharField(max_length=8, choices=Level.choices)
    urgency = models.CharField(max_length=8, choices=Level.choices)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["impact", "urgency"], name="one_severity_per_cell")]

    def __str__(self) -> str:
        return f"{self.impact} × {self.urgency} = P{self.severity}"
