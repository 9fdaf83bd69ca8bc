from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from deliveries.models import Delivery, State
from oncall.models.contact import ContactMethod
from oncall.models.rota import Rota


class Drill(models.Model):
    """One message to one person by one of their ways, to see that it reaches them: before a shift of a rota begins, or
    because somebody asked (`begins_at` empty), be it the person themselves (then there is no rota)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drills")
    way = models.CharField(max_length=20, help_text='as of a call: the contact method\'s, or "email"')
    method = models.ForeignKey(ContactMethod, null=True, on_delete=models.SET_NULL, related_name="drills")
    label = models.CharField(max_length=300, help_text="what that way was then, for people; the address in part only")
    rota = models.ForeignKey(Rota, null=True, on_delete=models.CASCADE, related_name="drills")
    begins_at = models.DateTimeField(null=True, help_text="the shift that it is for")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    delivery = models.OneToOneField(Delivery, null=True, on_delete=models.SET_NULL, related_name="+")
    proven_at = models.DateTimeField(null=True, help_text="nothing was sent: it had reached them then")
    confirmed_at = models.DateTimeField(null=True)
    # When the shift begins, and patience ends. None: answered, told, or for no shift.
    judge_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["judge_at"], name="sweep_drills", condition=Q(judge_at__isnull=False)),
            models.Index(fields=["user", "-made_at"], name="drills_of_a_person"),
            models.Index(
                fields=["begins_at"],
                name="drills_without_an_answer",
                condition=Q(begins_at__isnull=False, confirmed_at=None, proven_at=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["rota", "user", "begins_at", "way"],
                name="one_drill_per_shift_and_way",
                condition=Q(begins_at__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(judge_at=None) | Q(confirmed_at=None, proven_at=None), name="only_open_drills_are_judged"
            ),
        ]

    def __str__(self) -> str:
        return f"drill of {self.user} by {self.label}"

    @property
    def has_failed(self) -> bool:
        """The provider did not take it, or it came back."""
        return self.delivery is not None and self.delivery.state in (State.DEAD, State.BOUNCED)

    def is_late(self, now: datetime) -> bool:
        """Nobody confirmed it by the beginning of its shift, or for an hour where it is for none."""
        if self.confirmed_at or self.proven_at:
            return False
        return (self.begins_at or self.made_at + timedelta(hours=1)) <= now

    @property
    def took(self) -> timedelta | None:
        """From sending to the person's answer."""
        return self.confirmed_at - self.made_at if self.confirmed_at else None
