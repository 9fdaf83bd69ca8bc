from django.db import models
from django.db.models import Q

from integrations.models.source import Source
from tickets.models import Ticket


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

    class Meta:
        ordering = ["-last_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "key"], condition=Q(resolved_at__isnull=True), name="one_open_alert_per_key"
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=False) | Q(ticket__isnull=False), name="open_alerts_have_a_ticket"
            ),
        ]
        indexes = [models.Index(fields=["source", "key", "-resolved_at"], name="alerts_by_key")]

    def __str__(self) -> str:
        return self.title


class Recovery(models.Model):
    """A ticket whose alerts have all recovered: when quiet verifies it."""

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, primary_key=True, related_name="recovery")
    recovered_at = models.DateTimeField()
    verifies_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["verifies_at"], name="sweep_recoveries", condition=Q(verifies_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"recovery of #{self.ticket_id}"
