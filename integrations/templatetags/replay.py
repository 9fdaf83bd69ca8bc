"""Alerts of the last months, lived again, on pages that lie below them."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils import timezone

from accounts.models import User
from integrations.models import Source
from integrations.replay.compare import compare
from tickets.errors import Refused
from tickets.models import teams_hidden_from
from tickets.routing import Rule

register = template.Library()


@register.inclusion_tag("integrations/replay/_verdict.html")
def alerts_replayed(rules: Sequence[Rule], user: User) -> dict[str, Any]:
    """What routing by these rules would have made of the alerts of all sources that this person sees."""
    seen = Source.objects.exclude(team__in=teams_hidden_from(user)).select_related("team", "site__fallback_team")
    try:
        verdict = compare([(source, source) for source in seen], rules=rules, at=timezone.now(), user=user)
    except Refused as refused:
        return {"refused": refused.message}
    return {"verdict": verdict, "of_rules": True}
