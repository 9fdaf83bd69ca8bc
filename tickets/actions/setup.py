"""How the desk places and asks: routing rules, forms, the severity matrix."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.audit import audit
from accounts.models import User
from lib import places
from tickets.errors import Refused
from tickets.models import Form, PacketRule, RoutingRule, SeverityCell


@transaction.atomic
def save_rule(*, rule: RoutingRule | None, at: datetime, actor: User, **fields: Any) -> RoutingRule:
    """Make a rule (the last in order), or change one. Raises Refused when it would decide nothing.

    `fields`: name, is_active, conditions, team, tier, severity, tags as on the model.
    """
    outcome = (fields["team"], fields["severity"], fields["tier"], fields["tags"] or None)
    if all(value is None for value in outcome):
        raise Refused("Choose what the rule decides: a team, a severity, a tier or tags.", field="team")
    row = rule or RoutingRule(position=(RoutingRule.objects.aggregate(last=Max("position"))["last"] or 0) + 1)
    for name in ("name", "is_active", "conditions", "team", "tier", "severity", "tags"):
        setattr(row, name, fields[name])
    row.save()
    audit(
        "rule changed" if rule else "rule made", at=at, actor=actor, object=row.name, conditions=row.conditions,
        team=str(row.team or ""), severity=row.severity, tier=row.tier, tags=row.tags, active=row.is_active,
    )  # fmt: skip
    return row


@transaction.atomic
def move_rule(*, rule: RoutingRule, up: bool, at: datetime, actor: User) -> None:
    """One place up or down; at the end nothing happens."""
    if places.move(RoutingRule.objects.all(), rule.pk, up=up):
        audit("rule moved", at=at, actor=actor, object=rule.name, up=up)


@transaction.atomic
def switch_rule(*, rule: RoutingRule, on: bool, at: datetime, actor: User) -> None:
    """Let it place tickets, or not."""
    if RoutingRule.objects.filter(pk=rule.pk).exclude(is_active=on).update(is_active=on):
        audit("rule switched on" if on else "rule switched off", at=at, actor=actor, object=rule.name)


@transaction.atomic
def delete_rule(*, rule: RoutingRule, at: datetime, actor: User) -> None:
    """Gone; tickets that it placed keep its name on their timeline."""
    audit("rule deleted", at=at, actor=actor, object=rule.name)
    rule.delete()


@transaction.atomic
def save_form(*, form: Form | None, at: datetime, actor: User, **fields: Any) -> Form:
    """Make a public form, or change one. Raises Refused when its address is taken."""
    row = form or Form()
    for name in ("title", "slug", "kind", "site", "team", "category", "intro", "asks_impact", "is_active", "position"):
        setattr(row, name, fields[name])
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused("Another form has this address already.", field="slug") from None
    audit("form changed" if form else "form made", at=at, actor=actor, object=row.title, slug=row.slug)
    return row


@transaction.atomic
def delete_form(*, form: Form, at: datetime, actor: User) -> None:
    """Gone; tickets that came by it stay as they are."""
    audit("form deleted", at=at, actor=actor, object=form.title, slug=form.slug)
    form.delete()


@transaction.atomic
def save_matrix(*, cells: Mapping[tuple[str, str], int], at: datetime, actor: User) -> None:
    """The severity of each (impact, urgency). Tickets that exist keep theirs."""
    before = {(c.impact, c.urgency): c.severity for c in SeverityCell.objects.select_for_update()}
    changed = {key: severity for key, severity in cells.items() if before.get(key) != severity}
    for (impact, urgency), severity in changed.items():
        SeverityCell.objects.update_or_create(impact=impact, urgency=urgency, defaults={"severity": severity})
    if changed:
        told = {f"{impact} × {urgency}": f"P{severity}" for (impact, urgency), severity in changed.items()}
        audit("severity matrix changed", at=at, actor=actor, changed=told)


@transaction.atomic
def save_packet_rules(
    *, kinds: Mapping[str, list[str]], categories: Mapping[str, list[str]], at: datetime, actor: User
) -> None:
    """Which parts a handover's packet must have: {kind: parts} and {category: parts}. A category that is left out goes
    by its ticket's kind again."""
    before = {(rule.kind, rule.category): rule for rule in PacketRule.objects.select_for_update()}
    wanted = {(kind, ""): parts for kind, parts in kinds.items()}
    wanted |= {("", category): parts for category, parts in categories.items()}
    changed = {key: parts for key, parts in wanted.items() if key not in before or before[key].required != parts}
    for key in before.keys() - wanted.keys():
        before[key].delete()
    for (kind, category), parts in changed.items():
        PacketRule.objects.update_or_create(kind=kind, category=category, defaults={"required": parts})
    if changed or before.keys() - wanted.keys():
        told = {kind or category: parts for (kind, category), parts in wanted.items()}
        audit("packet rules changed", at=at, actor=actor, required=told)
