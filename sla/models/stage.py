from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from sla.models.obligation import Obligation
from sla.models.policy import CENTURY, Policy
from tickets.models import Severity


class Act(models.TextChoices):
    """What a stage does. Notices go out with the line of history; the rest are the ticket's own verbs."""

    NOTIFY_ASSIGNEE = "notify_assignee", "Tell the assignee"
    NOTIFY_TEAM = "notify_team", "Tell the team"
    NOTIFY_MANAGER = "notify_manager", "Tell the team's manager"
    NOTIFY_FOLLOWERS = "notify_followers", "Tell those of the desk who follow it"
    NOTIFY_CONTACTS = "notify_contacts", "Tell the contract's named contacts"
    CHANGE_TEAM = "change_team", "Hand it to a team"
    RAISE_SEVERITY = "raise_severity", "Raise its severity by one"
    RAISE_TIER = "raise_tier", "Hand it to the next tier"
    START_LADDER = "start_ladder", "Start the on-call ladder"


class Stage(models.Model):
    """What happens at one point of a clock's time: at so many percent of the target, or so much working time before
    (negative) or after the deadline; again every so often while it runs. Each point is reached once (Firing)."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="stages")
    position = models.PositiveSmallIntegerField(default=0)
    obligation = models.CharField(max_length=16, choices=Obligation.choices, blank=True, help_text="Empty: every one.")
    severities = models.JSONField(default=list, blank=True, help_text="only these; empty: every one")
    percent = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(1000)], help_text="of the target"
    )
    offset = models.BigIntegerField(null=True, blank=True, help_text="seconds of working time from the deadline")
    repeat_every = models.PositiveBigIntegerField(default=0, help_text="seconds of working time; 0: once")
    repeat_times = models.PositiveSmallIntegerField(default=0, help_text="how often again, at most")
    actions = models.JSONField(default=list, blank=True, help_text='in order: {"do": an Act, "team": id}')

    class Meta:
        ordering = ["policy", "position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__range=(1, 1000), offset=None) | Q(percent=None, offset__range=(-CENTURY, CENTURY)),
                name="stages_have_a_percentage_or_an_offset",
            ),
            models.CheckConstraint(
                condition=Q(repeat_times=0) | Q(repeat_every__range=(60, CENTURY)), name="repeats_are_a_minute_apart"
            ),
        ]

    def __str__(self) -> str:
        if self.percent is not None:
            return f"{self.percent} %"
        return f"{self.offset} s"

    def definition(self) -> dict[str, Any]:
        """Everything that decides what it does, for PolicyVersion and the audit log."""
        names = ("id", "obligation", "severities", "percent", "offset", "repeat_every", "repeat_times", "actions")
        return {name: getattr(self, name) for name in names}

    def severity_labels(self) -> list[str]:
        """ "P1 critical" and so on; empty for every severity."""
        return [Severity(number).label for number in self.severities]
