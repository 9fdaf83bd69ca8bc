from django.db import models
from django.db.models import Q

from tickets.models.ticket import Ticket


class Csat(models.Model):
    """The requester's rating of a closed ticket, 1 (bad) to 5 (excellent), with a comment."""

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, related_name="csat")
    score = models.PositiveSmallIntegerField()
    comment = models.TextField(blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(score__range=(1, 5)), name="csat_is_one_to_five")]

    def __str__(self) -> str:
        return f"{self.score}/5 for #{self.ticket_id}"
