from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.models import Organisation
from sla.models.policy import Policy


class Contract(models.Model):
    """What a customer has agreed with us: a plan, the policy that it promises, and for how long. One at a time."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="contracts")
    name = models.CharField("plan", max_length=100)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="contracts")
    begins = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text="its last day; empty: until further notice")

    class Meta:
        ordering = ["organisation__name", "-begins"]
        constraints = [
            models.UniqueConstraint(
                "organisation", Lower("name"), "begins", name="one_contract_per_plan_and_beginning"
            ),
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gte=F("begins")), name="contracts_end_after_they_begin"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.organisation}"

    def in_force(self, day: date) -> bool:
        """Whether it holds on that day."""
        return self.begins <= day and (self.ends is None or day <= self.ends)


class Contact(models.Model):
    """Somebody of the customer who is told when a deadline is in danger, for tickets of these severities."""

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="contacts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="contact_of")
    severities = models.JSONField(default=list, blank=True, help_text="only these; empty: every one")

    class Meta:
        ordering = ["contract", "user"]
        constraints = [models.UniqueConstraint(fields=["contract", "user"], name="one_contact_row_per_person")]

    def __str__(self) -> str:
        return f"{self.user} for {self.contract}"
