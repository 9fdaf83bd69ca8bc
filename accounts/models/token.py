from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.team import Team
from accounts.models.user import Role

SCOPES = {
    "tickets:read": "Read tickets and messages",
    "tickets:write": "Open tickets, reply, change them",
    "knowledge:read": "Read articles",
}


class ApiToken(models.Model):
    """A scoped token acting for its user. Only a digest is kept; the prefix is shown."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_live(self, now: datetime) -> bool:
        """Whether it still opens the door at `now`."""
        ended = self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now)
        return not ended and self.user.is_active


class Invitation(models.Model):
    """A single-use link that makes a person of the desk. Consumed by a conditional UPDATE."""

    email = models.EmailField()
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.AGENT)
    teams = models.ManyToManyField(Team, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.email
