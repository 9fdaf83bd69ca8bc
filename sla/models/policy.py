import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Organisation
from catalog.models import Site
from sla.models.calendar import Calendar
from sla.models.obligation import Obligation
from tickets.models import Severity, TicketKind

CENTURY = 100 * 366 * 86_400
MAX_DAYS = 3660  # working days


def default_pauses() -> dict[str, list[str]]:
    """An unanswered ticket set to waiting must not hide, so first response and acknowledgement never pause."""
    return {Obligation.RESOLVE: ["waiting", "on_hold"], Obligation.NEXT_RESPONSE: ["waiting"]}


class Reopening(models.TextChoices):
    """What becomes of the resolve clock when a ticket is reopened."""

    CONTINUE = "continue", "The same clock goes on, the closed time left out"
    RESET = "reset", "A new clock starts; the first keeps its result"


class Retargeting(models.TextChoices):
    """From when a new target counts."""

    FROM_CREATION = "from_creation", "From the start, with all pauses"
    FROM_CHANGE = "from_change", "From the change: what was used before does not count"


class Scope(models.TextChoices):
    """Which of the requester's messages wait for a next response."""

    AFTER_FIRST = "after_first_response", "Messages after the first answer"
    ANY_MESSAGE = "any_customer_message", "Every message, the request itself too"


class Policy(models.Model):
    """What is promised to whom. Policies are tried in order of position; the first whose conditions all hold is chosen,
    and the default one when none does. An edit makes a new version."""

    name = models.CharField(max_length=100)
    position = models.PositiveIntegerField(default=0)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="policies",
        help_text="Only tickets of this customer (its contract).",
    )  # fmt: skip
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.CASCADE, related_name="policies", help_text="Only this site."
    )
    kind = models.CharField(max_length=10, choices=TicketKind.choices, blank=True, help_text="Only this kind.")
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField("in use", default=True)
    pauses = models.JSONField(default=default_pauses, help_text="obligation -> the statuses that pause its clock")
    reopening = models.CharField("when reopened", max_length=8, choices=Reopening.choices, default=Reopening.CONTINUE)
    retargeting = models.CharField(
        "a new target counts", max_length=13, choices=Retargeting.choices, default=Retargeting.FROM_CREATION
    )
    scope = models.CharField(
        "next response is owed to", max_length=20, choices=Scope.choices, default=Scope.AFTER_FIRST
    )
    times_desk_opened = models.BooleanField(
        "first response also where the desk opened it",
        default=True,
        help_text="Off: a ticket that an agent opens for somebody has no first response to wait for.",
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["is_default", "position", "id"]
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(Lower("name"), name="one_policy_per_name"),
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_policy"),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(is_active=True, organisation=None, site=None, kind=""),
                name="the_default_policy_is_for_everything",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def definition(self) -> dict[str, Any]:
        """Everything that decides a deadline, for PolicyVersion and the audit log."""
        return {
            "name": self.name,
            "organisation": self.organisation_id,
            "site": self.site_id,
            "kind": self.kind,
            "is_active": self.is_active,
            "pauses": self.pauses,
            "reopening": self.reopening,
            "retargeting": self.retargeting,
            "scope": self.scope,
            "times_desk_opened": self.times_desk_opened,
            "targets": [target.definition() for target in self.targets.order_by("severity", "obligation")],
            "stages": [stage.definition() for stage in self.stages.all()],
        }


class PolicyVersion(models.Model):
    """A policy as it once was. Append-only."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    definition = models.JSONField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["policy", "-version"]
        constraints = [models.UniqueConstraint(fields=["policy", "version"], name="one_policy_row_per_version")]

    def __str__(self) -> str:
        return f"policy {self.policy_id} v{self.version}"


class Target(models.Model):
    """At most `seconds` of the calendar's working time, or until the same time (or the end) of the `days`th working day
    after. No row: nothing is promised."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="targets")
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    obligation = models.CharField(max_length=16, choices=Obligation.choices)
    seconds = models.PositiveBigIntegerField(null=True)
    days = models.PositiveSmallIntegerField(null=True, help_text="working days of the calendar, instead of seconds")
    end_of_day = models.BooleanField(default=False, help_text="of days: until the last of them closes")
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="targets")

    class Meta:
        ordering = ["policy", "severity", "obligation"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "severity", "obligation"], name="one_target_per_obligation"),
            models.CheckConstraint(
                condition=Q(seconds__range=(1, CENTURY), days=None) | Q(seconds=None, days__range=(1, MAX_DAYS)),
                name="targets_are_a_second_to_a_century",
            ),
        ]

    def __str__(self) -> str:
        return f"P{self.severity} {self.obligation} {self.seconds or self.days} {'s' if self.seconds else 'days'}"

    def definition(self) -> list[Any]:
        """[severity, obligation, seconds, calendar], and for working days also [days, end of day]."""
        row = [self.severity, self.obligation, self.seconds, self.calendar_id]
        return [*row, self.days, self.end_of_day] if self.days else row


class Edition(models.Model):
    """One row whose token changes with every edit of a policy or calendar, so that processes may keep what they read.

    A random token and not a counter: a counter rolled back and used again would name two different contents.
    """

    token = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="there_is_one_edition")]

    def __str__(self) -> str:
        return str(self.token)
