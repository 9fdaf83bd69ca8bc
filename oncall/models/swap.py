from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from oncall.models.rota import Rota


class SwapState(models.TextChoices):
    ASKED = "asked", "Waiting for an answer"
    APPROVED = "approved", "Agreed"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Swap(models.Model):
    """`asker` asks `other` to be on call from `begins_at` to `ends_at` instead, in return for `back_begins_at` to
    `back_ends_at` of theirs, or for nothing. Once the other agrees it becomes overrides."""

    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="swaps")
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="swaps_asked")
    other = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="swaps_offered")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    back_begins_at = models.DateTimeField(null=True)
    back_ends_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=9, choices=SwapState.choices, default=SwapState.ASKED)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="swaps_end_after_they_begin"),
            models.CheckConstraint(
                condition=Q(back_begins_at=None, back_ends_at=None) | Q(back_ends_at__gt=F("back_begins_at")),
                name="swaps_give_back_a_whole_shift",
            ),
            models.CheckConstraint(condition=~Q(asker=F("other")), name="nobody_swaps_with_themselves"),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at=None) | (~Q(state="asked") & Q(decided_at__isnull=False)),
                name="decided_swaps_say_when",
            ),
        ]
        indexes = [models.Index(fields=["other"], name="swaps_to_answer", condition=Q(state="asked"))]

    def __str__(self) -> str:
        return f"{self.asker} and {self.other} on {self.rota}"

    def is_open(self, now: datetime) -> bool:
        """It can still be answered: its shift is not over."""
        return self.state == SwapState.ASKED and self.ends_at > now
