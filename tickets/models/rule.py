import json
from functools import lru_cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

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
            conditions=conditions_of(self.conditions),
            team=self.team_id,
            tier=self.tier,
            severity=self.severity,
            tags=tuple(self.tags),
        )


def conditions_of(kept: list[dict[str, Any]]) -> tuple[Condition, ...]:
    """Conditions as they are kept → as `routing.place` reads them."""
    return tuple(Condition(c["field"], tuple(str(v) for v in c["values"])) for c in kept)


def rules_in_force() -> tuple[Rule, ...]:
    """The active rules in order, as `routing.place` reads them. Asked for by every new ticket, so in plain SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name, conditions::text, team_id, tier, severity, array_to_json(tags)::text"
            " FROM tickets_routingrule WHERE is_active ORDER BY position, id"
        )
        return as_rules(tuple(cursor.fetchall()))


@lru_cache(maxsize=4)
def as_rules(kept: tuple[tuple[Any, ...], ...]) -> tuple[Rule, ...]:
    """The pure form of these rows; remembered by what they say, so an edit never meets an old one."""
    return tuple(
        Rule(
            id=pk, name=name, conditions=conditions_of(json.loads(conditions)), team=team, tier=tier,
            severity=severity, tags=tuple(json.loads(tags)),
        )
        for pk, name, conditions, team, tier, severity, tags in kept
    )  # fmt: skip
