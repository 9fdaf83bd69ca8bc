"""How long each tier may have a ticket, as managers edit it."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from accounts.audit import audit
from accounts.models import User
from sla.models import Calendar, TierBudget

# (tier, severity) -> seconds of that calendar's working time
Budgets = Mapping[tuple[int, int], tuple[int, Calendar]]


@transaction.atomic
def save_budgets(*, budgets: Budgets, at: datetime, actor: User | None) -> None:
    """Replace them all; what is left out has no budget. Stays that last keep the budget they began with."""
    rows = TierBudget.objects.select_for_update()
    before = {(row.tier, row.severity): (row.seconds, row.calendar_id) for row in rows}
    after = {key: (seconds, calendar.pk) for key, (seconds, calendar) in budgets.items()}
    if before == after:
        return
    TierBudget.objects.all().delete()
    TierBudget.objects.bulk_create(
        TierBudget(tier=tier, severity=severity, seconds=seconds, calendar=calendar)
        for (tier, severity), (seconds, calendar) in budgets.items()
    )
    told = {f"L{tier} P{severity}": seconds for (tier, severity), (seconds, _) in budgets.items()}
    audit("tier budgets changed", at=at, actor=actor, seconds=told)
