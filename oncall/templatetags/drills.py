"""What the pages about rotas say of drills, and of how people are reached."""

from datetime import timedelta
from typing import Any

from django import template
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import User
from oncall import reach
from oncall.models import Drill, Via
from oncall.reading import Loaded

register = template.Library()
LOOKS_BACK = timedelta(days=14)
MOST = 50


@register.inclusion_tag("oncall/_missed.html")
def missed_drills(user: User) -> dict[str, Any]:
    """The ways that were not confirmed by the beginning of their shift, nor since: everybody's for managers, else
    one's own. One statement."""
    now = timezone.now()
    since = Drill.objects.filter(user=OuterRef("user"), way=OuterRef("way"), pk__gt=OuterRef("pk"))
    answered = since.filter(Q(confirmed_at__isnull=False) | Q(proven_at__isnull=False) | Q(begins_at__lte=now))
    rows = Drill.objects.filter(confirmed_at=None, proven_at=None, begins_at__lte=now, begins_at__gt=now - LOOKS_BACK)
    rows = rows.filter(~Exists(answered), Q(method__isnull=False) | Q(way=Via.EMAIL), user__is_active=True)
    mine = rows if user.is_manager else rows.filter(user=user)
    return {"missed": list(mine.select_related("user", "rota", "delivery")[:MOST]), "user": user}


@register.inclusion_tag("oncall/_reach.html", takes_context=True)
def reach_of(context: dict[str, Any], loaded: Loaded) -> dict[str, Any]:
    """For managers: by what each person of a rota is reached, the addresses in part. One statement."""
    people = sorted((user for user in loaded.people.values() if user.is_desk), key=str)
    found = reach.of(people)
    rows = [(user, found[user.pk]) for user in people]
    return {"rows": rows, "rota": loaded.row, "csrf_token": context.get("csrf_token")}
