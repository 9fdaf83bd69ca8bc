"""Silences and maintenance windows: what is known, and need not open tickets for a while."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from catalog.models import Component, Site
from integrations.episodes.recurrence import rule_of, words
from integrations.models.source import Source
from tickets.models import Ticket, teams_hidden_from


class SilenceQuerySet(models.QuerySet["Silence"]):
    def visible_to(self, user: User) -> Self:
        """The desk's, but for those of restricted teams: by their ticket or by the team of their source."""
        if not user.is_desk:
            return self.none()
        if user.is_admin:
            return self
        hidden = teams_hidden_from(user)
        return self.exclude(ticket__team__in=hidden).exclude(source__team__in=hidden)

    def active(self, at: datetime) -> Self:
        return self.filter(starts_at__lte=at, ends_at__gt=at)

    def coming(self, at: datetime) -> Self:
        return self.filter(starts_at__gt=at, ends_at__gt=F("starts_at"))

    def past(self, at: datetime) -> Self:
        return self.filter(Q(ends_at__lte=at) | Q(ends_at__lte=F("starts_at")))


class Silence(models.Model):
    """From–to, for the alerts that fit all that it names (`labels` = {name: value}; "*" in a value or in `name` stands
    for anything). Ending it early moves `ends_at`; it is never deleted, as alerts say which one held them back."""

    class Kind(models.TextChoices):
        SILENCE = "silence", "Silence"
        MAINTENANCE = "maintenance", "Maintenance window"

    kind = models.CharField(max_length=11, choices=Kind.choices, default=Kind.SILENCE)
    reason = models.CharField(max_length=300)
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.CASCADE, related_name="silences")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    component = models.ForeignKey(Component, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField("alert name", max_length=250, blank=True)
    labels = models.JSONField(default=dict, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    repeats = models.JSONField(null=True, help_text="integrations.episodes.recurrence.Rule, as JSON")
    recurs_at = models.DateTimeField(null=True, help_text="when the next of the series is made")
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.SET_NULL, related_name="silences")

    objects = SilenceQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(source__isnull=False)
                | Q(site__isnull=False)
                | Q(component__isnull=False)
                | ~Q(name="")
                | ~Q(labels={}),
                name="silences_name_what_they_silence",
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at"], name="silences_by_end"),
            models.Index(fields=["recurs_at"], name="sweep_recurring", condition=Q(recurs_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.reason

    @property
    def rhythm(self) -> str:
        """How it repeats, in words; "" when it does not."""
        return words(rule_of(self.repeats)) if self.repeats else ""

    @property
    def matchers(self) -> list[tuple[str, str]]:
        """(what, as which) of all that an alert must fit."""
        named = [("source", self.source), ("site", self.site), ("component", self.component), ("name", self.name)]
        return [(what, str(value)) for what, value in named if value] + sorted(self.labels.items())
