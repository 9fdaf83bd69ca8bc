from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.models import Team
from tickets.models.ticket import Ticket, TicketKind


class Part(models.TextChoices):
    """What a packet may say, in the order in which it is read."""

    IMPACT = "impact", "Impact"
    SYMPTOMS = "symptoms", "Symptoms"
    TRIED = "tried", "What was tried"
    ENVIRONMENT = "environment", "Environment"
    EVIDENCE = "evidence", "Evidence and links"
    RUNBOOK_STEP = "runbook_step", "Runbook step reached"
    PROMISED = "promised", "What the customer was promised"


class HandoverState(models.TextChoices):
    PENDING = "pending", "Not accepted yet"
    ACCEPTED = "accepted", "Accepted"
    BOUNCED = "bounced", "Bounced"
    WITHDRAWN = "withdrawn", "Moved on before anybody accepted"


class Handover(models.Model):
    """A ticket that went up a tier, with the packet that the sending team made of what it knows.

    The ticket is with the receiving team from `sent_at` on; that team accepts it or bounces it. `packet` is
    {part: text}, without the parts that nobody filled in.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="handovers", db_index=False)
    from_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="handovers_sent", db_index=False)
    to_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="handovers_received", db_index=False)
    from_tier = models.PositiveSmallIntegerField()
    to_tier = models.PositiveSmallIntegerField()
    packet = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=HandoverState.choices, default=HandoverState.PENDING)
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    had_it = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False,
        help_text="whose it was, and is again when it bounces",
    )  # fmt: skip
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=500, blank=True, help_text="why it bounced")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["ticket"], condition=Q(state="pending"), name="one_waiting_handover_each"),
            models.CheckConstraint(condition=Q(to_tier__gt=F("from_tier")), name="handovers_go_up"),
            models.CheckConstraint(
                condition=Q(state="pending", answered_at=None) | (~Q(state="pending") & Q(answered_at__isnull=False)),
                name="answered_handovers_say_when",
            ),
            models.CheckConstraint(condition=~Q(state="bounced") | ~Q(reason=""), name="bounces_have_a_reason"),
        ]
        indexes = [
            models.Index(fields=["ticket", "-id"], name="handovers_of_a_ticket"),
            models.Index(fields=["sent_at"], name="handovers_by_sending"),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id} from {self.from_team} to {self.to_team}"


class PacketRule(models.Model):
    """Which parts a packet must have: by the ticket's category, or, where that has no rule, by its kind."""

    kind = models.CharField(max_length=10, choices=TicketKind.choices, blank=True)
    category = models.CharField(max_length=60, blank=True)
    required = ArrayField(models.CharField(max_length=12, choices=Part.choices), default=list, blank=True)

    class Meta:
        ordering = ["category", "id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind="") & ~Q(category="")) | (~Q(kind="") & Q(category="")),
                name="packet_rules_are_for_a_kind_or_a_category",
            ),
            models.UniqueConstraint("kind", condition=~Q(kind=""), name="one_packet_rule_a_kind"),
            models.UniqueConstraint(Lower("category"), condition=~Q(category=""), name="one_packet_rule_a_category"),
        ]

    def __str__(self) -> str:
        return self.category or str(TicketKind(self.kind).label)


def required_parts(ticket: Ticket) -> list[Part]:
    """What this ticket's packet must say, in order: one statement."""
    rules = PacketRule.objects.filter(Q(kind=ticket.kind) | (Q(category__iexact=ticket.category) & ~Q(category="")))
    found = {bool(rule.category): rule.required for rule in rules}
    required = found.get(True, found.get(False, []))
    return [part for part in Part if part in required]
