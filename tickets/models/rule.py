from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Team
from tickets.routing import Condition, Rule


class RoutingRule(models.Model):
    """An ordered routing rule as edited. `conditions` = [{"field": "site", "values": ["3"]}, …]; all must hold."""

    name = models.CharField(max_length=120)
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    conditions = models.JSONField(default=list, blank=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="routing_rules")
    tier = models.PositiveSmallIntegerField(null=True, blank=True)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name

    def as_rule(self) -> Rule:
        """The pure form that `routing.place` reads."""
        return Rule(
            id=self.pk,
            name=self.name,
            conditions=tuple(Condition(c["field"], tuple(str(v) for v in c["values"])) for c in self.conditions),
            team=self.team_id,
            tier=self.tier,
            severity=self.severity,
            tags=tuple(self.tags),
        )
