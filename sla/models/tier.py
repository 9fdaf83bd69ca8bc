from datetime import datetime

from django.db import models
from django.db.models import F, Q

from accounts.models import Team
from accounts.models.team import Tier
from sla.hours import Calendar as Hours
from sla.hours import elapsed
from sla.models.calendar import Calendar
from sla.models.policy import CENTURY
from tickets.models import Severity, Ticket


class TierBudget(models.Model):
    """How long a tier may have a ticket of this severity: at most `seconds` of the calendar's working time. No row:
    no budget. It holds for stays that begin, or change severity, after an edit."""

    tier = models.PositiveSmallIntegerField(choices=Tier.choices)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    seconds = models.PositiveBigIntegerField(help_text="0: at once")
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="tier_budgets")

    class Meta:
        ordering = ["tier", "severity"]
        constraints = [
            models.UniqueConstraint(fields=["tier", "severity"], name="one_budget_per_tier_and_severity"),
            models.CheckConstraint(condition=Q(seconds__lte=CENTURY), name="budgets_are_within_a_century"),
        ]

    def __str__(self) -> str:
        return f"L{self.tier} P{self.severity} {self.seconds} s"


class TierStay(models.Model):
    """One ticket with one tier, from when it came until it left: moved on, resolved or cancelled.

    A ticket that comes back has a stay of its own, with what the tier used `before`: the budget is the tier's for the
    whole ticket. `used` counts up to `runs_since`; None while it waits, is on hold or has left.
    """

    # Written at every opening: one key, by which the ticket's stays are found, and one index for the report alone.
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="stays", db_index=False)
    number = models.PositiveSmallIntegerField(default=1)
    tier = models.PositiveSmallIntegerField()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    runs_since = models.DateTimeField(null=True)
    used = models.FloatField(default=0, help_text="working seconds")
    before = models.FloatField(default=0, help_text="working seconds of the tier's earlier stays")
    budget = models.PositiveBigIntegerField(null=True, help_text="seconds, as they were when the stay began")
    calendar = models.ForeignKey(Calendar, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    over = models.BooleanField(null=True, help_text="known once it has left, when there is a budget")

    class Meta:
        ordering = ["ticket", "number"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "number"], name="one_stay_per_ticket_and_number"),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=F("entered_at")), name="stays_end_after_they_begin"
            ),
            models.CheckConstraint(condition=Q(left_at=None) | Q(runs_since=None), name="no_ended_stay_runs"),
        ]
        indexes = [
            models.Index(
                fields=["left_at"],
                include=["ticket", "tier", "used", "over"],
                name="stays_by_leaving",
                condition=Q(left_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id} with L{self.tier}"

    def spent(self, now: datetime) -> float:
        """Working seconds of this stay up to `now`; with `before` it is what the tier has used of its budget."""
        if self.runs_since is None:
            return self.used
        return self.used + max(elapsed(self.hours, self.runs_since, now).total_seconds(), 0.0)

    @property
    def hours(self) -> Hours:
        """What its time is counted in: the calendar of its budget, around the clock without one."""
        return self.calendar.as_hours() if self.calendar else Hours.always()
