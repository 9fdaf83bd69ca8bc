from django.db import models
from django.db.models import F, Q

from sla.models.calendar import Calendar
from sla.models.obligation import Obligation
from sla.models.policy import Policy
from sla.models.stage import Stage
from tickets.models import Severity, Ticket


class State(models.TextChoices):
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    STOPPED = "stopped", "Stopped"
    CANCELLED = "cancelled", "Cancelled"


class Clock(models.Model):
    """One obligation of one ticket, as a row of facts. Next response has a row per cycle.

    `spans` is the ordered list of what happened: {"from", "to" (None: still), "kind": running|paused|closed, "cause",
    "actor"}. Everything after it is a pure function of spans, calendar and target (sla/clocks.py), written down so that
    pages sort and sweeps find. Without a target the row only keeps its spans: nothing is due, nothing counts.
    """

    # Found by ticket through one_clock_per_obligation_and_cycle. Every verb writes clocks, so what is rarely asked for
    # has no index of its own: policies and calendars are protected, not deleted.
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="clocks", db_index=False)
    obligation = models.CharField(max_length=16, choices=Obligation.choices)
    cycle = models.PositiveSmallIntegerField(default=1)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="clocks", db_index=False)
    policy_version = models.PositiveIntegerField()
    reason = models.CharField(max_length=200, help_text="why this policy was chosen")
    target = models.PositiveBigIntegerField(null=True, help_text="seconds of working time")
    calendar = models.ForeignKey(Calendar, null=True, on_delete=models.PROTECT, related_name="clocks", db_index=False)
    calendar_version = models.PositiveIntegerField(default=0)

    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    counts = models.BooleanField(default=True, help_text="in the statistics: false once the ticket is cancelled")
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    spans = models.JSONField(default=list)

    changes = models.JSONField(default=list, help_text="each new target: {at, why, target, due} before and after")
    pressed_at = models.DateTimeField(null=True, help_text="the last new target after 80 % of the one before was used")

    elapsed = models.FloatField(default=0, help_text="working seconds used by the spans that have ended")
    warn_at = models.DateTimeField(null=True, help_text="its first stage before the deadline; only while running")
    due_at = models.DateTimeField(null=True, help_text="only while running")
    breached_at = models.DateTimeField(null=True, help_text="the instant it fell due, never when it was noticed")
    settled_at = models.DateTimeField(null=True, help_text="stopped or breached, whichever came first")

    fired = models.JSONField(default=dict, help_text="stage -> [arming, the last repetition that fired]")
    fires_at = models.DateTimeField(null=True, help_text="when the sweep must look at it")
    trouble = models.CharField(max_length=300, blank=True, help_text="why the sweep could not handle it")

    class Meta:
        ordering = ["ticket", "started_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "obligation", "cycle"], name="one_clock_per_obligation_and_cycle"
            ),
            models.CheckConstraint(
                condition=Q(state="running") | Q(due_at=None, fires_at=None), name="only_running_clocks_fall_due"
            ),
            models.CheckConstraint(
                condition=~Q(state="stopped") | Q(stopped_at__isnull=False), name="stopped_clocks_say_when"
            ),
            models.CheckConstraint(
                condition=Q(target=None) | Q(calendar__isnull=False), name="clocks_with_a_target_have_a_calendar"
            ),
            models.CheckConstraint(
                condition=Q(stopped_at=None) | Q(stopped_at__gte=F("started_at")), name="clocks_stop_after_they_start"
            ),
        ]
        indexes = [
            models.Index(fields=["fires_at"], name="sweep_clocks", condition=Q(fires_at__isnull=False)),
            # Compliance is counted from these two alone (sla/compliance.py): all that was settled, and what was missed.
            models.Index(
                fields=["obligation", "severity", "settled_at"],
                include=["ticket"],
                name="clocks_by_settling",
                condition=Q(counts=True, target__isnull=False, settled_at__isnull=False),
            ),
            models.Index(
                fields=["settled_at"],
                include=["obligation", "severity", "state", "ticket"],
                name="missed_clocks_by_settling",
                condition=Q(counts=True, target__isnull=False, breached_at__isnull=False),
            ),
            # The compliance page shows these beside; both are few.
            models.Index(fields=["pressed_at"], name="pressed_clocks", condition=Q(pressed_at__isnull=False)),
            models.Index(fields=["started_at"], name="cancelled_clocks", condition=Q(counts=False)),
            models.Index(fields=["ticket"], name="unfinished_clocks", condition=Q(state__in=["running", "paused"])),
        ]

    def __str__(self) -> str:
        return f"{self.obligation} {self.cycle} of #{self.ticket_id}"

    @property
    def label(self) -> str:
        """First response; Next response (3rd cycle and so on by number)."""
        name = Obligation(self.obligation).label
        return f"{name} {self.cycle}" if self.cycle > 1 else str(name)

    @property
    def is_unfinished(self) -> bool:
        return self.state in (State.RUNNING, State.PAUSED)


class Breach(models.Model):
    """A broken promise. Append-only: no later change of severity, policy or calendar erases it."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="breaches", db_index=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="breaches")
    obligation = models.CharField(max_length=16, choices=Obligation.choices)
    cycle = models.PositiveSmallIntegerField()
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    target = models.PositiveBigIntegerField()
    due_at = models.DateTimeField()
    elapsed = models.FloatField(help_text="working seconds used when it was noticed")
    over_by = models.FloatField(help_text="elapsed - target")
    noticed_at = models.DateTimeField(help_text="noticed_at - due_at is the lag of detection")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+", db_index=False)
    policy_version = models.PositiveIntegerField()
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+", db_index=False)
    calendar_version = models.PositiveIntegerField()

    class Meta:
        ordering = ["-due_at"]
        verbose_name_plural = "breaches"
        constraints = [models.UniqueConstraint(fields=["clock"], name="one_breach_per_clock")]
        indexes = [models.Index(fields=["due_at"], name="breaches_by_due")]

    def __str__(self) -> str:
        return f"{self.obligation} of #{self.ticket_id} missed at {self.due_at:%Y-%m-%d %H:%M}"


class Firing(models.Model):
    """A stage that has fired. The constraint is what keeps two workers from firing it twice.

    A clock row is one cycle, so (clock, stage, arming, repetition) names the firing; a new arming comes only with a new
    target that moves the stage's instant into the future. Outlives its stage: what has happened has happened.
    """

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="firings", db_index=False)
    stage = models.ForeignKey(
        Stage, on_delete=models.DO_NOTHING, related_name="firings", db_constraint=False, db_index=False
    )
    arming = models.PositiveSmallIntegerField()
    repetition = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(help_text="when it should have fired")
    fired_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["clock", "stage", "arming", "repetition"], name="each_stage_fires_once")
        ]

    def __str__(self) -> str:
        return f"stage {self.stage_id} of clock {self.clock_id}"
