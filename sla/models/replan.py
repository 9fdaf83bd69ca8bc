from django.conf import settings
from django.db import models
from django.db.models import Q


class Replan(models.Model):
    """After an edit, every unfinished clock is planned anew: in chunks, by the sweep, with its progress in this row."""

    why = models.CharField(max_length=200)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    after = models.BigIntegerField(default=0, help_text="tickets up to this number are done")
    next_at = models.DateTimeField(null=True, help_text="when the sweep goes on; null when finished")
    finished_at = models.DateTimeField(null=True)
    trouble = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["next_at"], name="sweep_replans", condition=Q(next_at__isnull=False))]

    def __str__(self) -> str:
        return self.why
