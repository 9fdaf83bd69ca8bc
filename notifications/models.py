from django.conf import settings
from django.db import models

from accounts.models import Team
from notifications.languages import LetterKind


class OwnWords(models.Model):
    """What one kind of letter says in one language instead of the words it came with: for one team, or for all that
    have none of their own. What it said before is in the audit log."""

    kind = models.CharField(max_length=20, choices=LetterKind.choices)
    language = models.CharField(max_length=8)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.CASCADE, related_name="letters", help_text="none: every team"
    )
    subject = models.CharField(max_length=250)
    body = models.TextField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "language", "team"], name="one_wording_per_letter", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.language}, {self.team or 'all teams'})"
