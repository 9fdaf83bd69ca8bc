import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import User
from integrations.models.channel import Channel
from integrations.models.mailbox import Mailbox
from integrations.models.source import Source
from tickets.models import Ticket


class Door(models.TextChoices):
    """Where it came in."""

    ALERT = "alert", "Alert source"
    FORM = "form", "Form"
    API = "api", "Form by API"
    MAIL = "mail", "Mail"
    CALLBACK = "callback", "Answer by a channel"


class State(models.TextChoices):
    PENDING = "pending", "Pending"
    DONE = "done", "Done"
    IGNORED = "ignored", "Ignored"
    FAILED = "failed", "Failed"


# Doors whose senders are limited by their number.
BY_HAND = ~Q(door__in=["alert", "mail"])


class InboundQuerySet(models.QuerySet["Inbound"]):
    def visible_to(self, user: User) -> Self:
        """The intake log is for managers and admins, and holds no more than the tickets they may see."""
        if user.is_admin:
            return self
        if not user.is_manager:
            return self.none()
        seen = Ticket.objects.visible_to(user)
        # Of held mail only what may belong to a ticket that is seen. What a channel sends repeats messages of any team.
        nowhere = Q(ticket=None) & (Q(mail__candidate=None) | Q(mail__candidate__in=seen)) & ~Q(door=Door.CALLBACK)
        return self.filter(nowhere | Q(ticket__in=seen))

    def due(self, now: datetime) -> Self:
        """Waiting to be interpreted."""
        return self.filter(next_try_at__lte=now)


class Inbound(models.Model):
    """One raw intake, stored before anything is made of it: what came, from where, and what became of it.

    `taken` counts the alerts of the body that have been worked; `outcomes` = [{"key", "status", "outcome", "ticket"}].
    """

    receipt = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    door = models.CharField(max_length=8, choices=Door.choices)
    source = models.ForeignKey(Source, null=True, on_delete=models.CASCADE, related_name="inbound")
    mailbox = models.ForeignKey(Mailbox, null=True, on_delete=models.SET_NULL, related_name="inbound")
    channel = models.ForeignKey(Channel, null=True, on_delete=models.SET_NULL, related_name="inbound", db_index=False)
    path = models.CharField(max_length=200, blank=True)
    raw = models.BinaryField()
    size = models.PositiveIntegerField()
    content_type = models.CharField(max_length=120, blank=True)
    headers = models.JSONField(default=dict)
    remote_ip = models.GenericIPAddressField(null=True)
    sender = models.CharField(max_length=254, blank=True, help_text="the address given in a form")
    submission = models.CharField(max_length=64, null=True, unique=True, help_text="the same form or mail twice is one")
    is_test = models.BooleanField(default=False)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.PENDING)
    reason = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    outcomes = models.JSONField(default=list)
    next_try_at = models.DateTimeField(null=True, help_text="when it is interpreted (again)")
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.SET_NULL, related_name="inbound")

    objects = InboundQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="pending", next_try_at__isnull=False) | (~Q(state="pending") & Q(next_try_at=None)),
                name="only_pending_intake_is_due",
            )
        ]
        indexes = [
            models.Index(fields=["next_try_at"], name="sweep_intake", condition=Q(next_try_at__isnull=False)),
            models.Index(fields=["source", "-id"], name="intake_by_source"),
            models.Index(fields=["channel", "-id"], name="intake_by_channel", condition=Q(channel__isnull=False)),
            models.Index(fields=["state", "-id"], name="intake_by_state", condition=~Q(state="done")),
            models.Index(fields=["remote_ip", "received_at"], name="forms_by_ip", condition=BY_HAND),
            models.Index(fields=["sender", "received_at"], name="forms_by_sender", condition=BY_HAND),
        ]

    def __str__(self) -> str:
        return str(self.receipt)

    @property
    def can_replay(self) -> bool:
        """What was done stays done; what failed or changed nothing may be tried again."""
        return self.state in (State.FAILED, State.IGNORED)
