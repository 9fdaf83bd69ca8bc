from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import User
from integrations.models.silence import Silence
from integrations.models.source import Source
from tickets.models import Ticket, teams_hidden_from


class AlertGroup(models.Model):
    """Alerts of a source that say the same in what it groups by: those that begin close together share a ticket.

    Its row is the lock of the group: taken after the lock of an alert's key and before the ticket's.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="groups", db_index=False)
    key = models.CharField(max_length=255)
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    joined_at = models.DateTimeField(null=True, help_text="when an alert last began in it")
    told_at = models.DateTimeField(null=True, help_text="when the timeline last counted them")
    tells_at = models.DateTimeField(null=True, help_text="when the timeline counts them next")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="one_group_per_key")]
        indexes = [models.Index(fields=["tells_at"], name="sweep_tallies", condition=Q(tells_at__isnull=False))]

    def __str__(self) -> str:
        return self.key


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, user: User) -> Self:
        """By their tickets; those held back without one, by the team of their source."""
        if not user.is_desk:
            return self.none()
        if user.is_admin:
            return self
        hidden = teams_hidden_from(user)
        return self.exclude(ticket__team__in=hidden).exclude(ticket=None, source__team__in=hidden)


class Alert(models.Model):
    """One episode of an alert, by its sender's key. It belongs to one ticket; a ticket may hold many.

    A resolve that found nothing to resolve is kept as a closed row without a ticket, so that a firing that was
    overtaken by it is known to be late.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="alerts")
    key = models.CharField(max_length=255)
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.PROTECT, related_name="alerts")
    status = models.CharField(max_length=12)
    severity = models.CharField(max_length=8, blank=True)
    title = models.CharField(max_length=250)
    link = models.CharField(max_length=2000, blank=True)
    links = models.JSONField(default=dict)
    labels = models.JSONField(default=dict)
    description = models.TextField(blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(help_text="the newest word of it: of a closed one, its newest resolve")
    told_at = models.DateTimeField(help_text="when the timeline last said that it fires")
    count = models.PositiveIntegerField(default=1)
    flips = models.PositiveIntegerField(default=0, help_text="how often it fired again within the quiet time")
    source_time = models.DateTimeField(null=True, help_text="the sender's clock; compared only with itself")
    resolved_at = models.DateTimeField(null=True)
    group = models.ForeignKey(AlertGroup, null=True, on_delete=models.SET_NULL, related_name="alerts", db_index=False)
    flipped_at = ArrayField(
        models.DateTimeField(), default=list, db_default=[], help_text="its newest changes, firing and resolved"
    )
    silence = models.ForeignKey(
        Silence, null=True, on_delete=models.SET_NULL, related_name="alerts", db_index=False
    )  # fmt: skip
    acts_at = models.DateTimeField(null=True, help_text="held back: when it opens a ticket if it still fires")

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-last_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "key"], condition=Q(resolved_at__isnull=True), name="one_open_alert_per_key"
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=False) | Q(ticket__isnull=False) | Q(acts_at__isnull=False),
                name="open_alerts_have_a_ticket_or_are_held",
            ),
        ]
        indexes = [
            models.Index(fields=["source", "key", "-resolved_at"], name="alerts_by_key"),
            models.Index(fields=["silence"], name="alerts_by_silence", condition=Q(silence__isnull=False)),
            models.Index(fields=["acts_at"], name="sweep_held_alerts", condition=Q(acts_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.title


class Recovery(models.Model):
    """A ticket whose alerts have all recovered: when quiet verifies it. Or one that flaps: when it counts as calm."""

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, primary_key=True, related_name="recovery")
    recovered_at = models.DateTimeField()
    verifies_at = models.DateTimeField(null=True)
    calm_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["calm_at"], name="sweep_flapping", condition=Q(calm_at__isnull=False)),
            models.Index(fields=["verifies_at"], name="sweep_recoveries", condition=Q(verifies_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"recovery of #{self.ticket_id}"
