from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import User
from deliveries.models import Delivery
from integrations.models.inbound import Inbound
from integrations.models.mailbox import Mailbox
from tickets.models import Message, Ticket


class Outcome(models.TextChoices):
    """What became of a mail."""

    CREATED = "created", "New ticket"
    APPENDED = "appended", "Added to its ticket"
    HELD = "held", "Possible follow-up"
    NOTE = "note", "Noted, nothing else"
    BOUNCED = "bounced", "A bounce"
    DROPPED = "dropped", "Dropped"
    ALERT = "alert", "An alert"


class MailQuerySet(models.QuerySet["Mail"]):
    def visible_to(self, user: User) -> Self:
        """For the desk: mail of tickets they see; mail without one, which anybody may have sent, for managers. What is
        held shows to whoever sees the ticket that it may belong to."""
        if not user.is_desk:
            return self.none()
        if user.is_admin:
            return self
        seen = Q(ticket__in=Ticket.objects.visible_to(user)) | Q(candidate__in=Ticket.objects.visible_to(user))
        return self.filter(seen | Q(ticket=None, candidate=None)) if user.is_manager else self.filter(seen)

    def held(self) -> Self:
        """Waiting for somebody of the desk to decide."""
        return self.filter(outcome=Outcome.HELD, decided_at=None)


class Mail(models.Model):
    """What was made of one inbound mail, and why: the flight recorder. The bytes are its `inbound` row's.

    `steps` = [[rule, verdict, detail], …] in the order in which they were asked; `signs` = [[kind, words], …];
    `id_digest` = SHA-256 of the Message-ID, as real ids are as long as 6 kB.
    """

    inbound = models.OneToOneField(Inbound, on_delete=models.CASCADE, primary_key=True, related_name="mail")
    mailbox = models.ForeignKey(Mailbox, null=True, on_delete=models.SET_NULL, related_name="mail")
    id_digest = models.CharField(max_length=64, blank=True)
    mail_id = models.CharField("Message-ID", max_length=255, blank=True, help_text="its beginning, for people to read")
    from_address = models.CharField(max_length=254, blank=True)
    from_name = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True, help_text="the sender's clock: shown, never trusted")
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    matched_by = models.CharField(max_length=20, blank=True)
    steps = models.JSONField(default=list)
    signs = models.JSONField(default=list, help_text="automatic, spoof and crypto marks, flaws")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.CASCADE, related_name="mail")
    candidate = models.ForeignKey(Ticket, null=True, on_delete=models.CASCADE, related_name="possible_follow_ups")
    message = models.OneToOneField(Message, null=True, on_delete=models.SET_NULL, related_name="mail")
    delivery = models.ForeignKey(
        Delivery, null=True, on_delete=models.SET_NULL, related_name="bounces", help_text="what a bounce is of"
    )
    moved_from = models.ForeignKey(
        Ticket, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, help_text="a move can be undone"
    )
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        indexes = [
            models.Index(fields=["id_digest"], name="mail_by_message_id", condition=~Q(id_digest="")),
            models.Index(fields=["-received_at", "-inbound"], name="mail_newest_first"),
            models.Index(
                fields=["-received_at"], name="mail_held", condition=Q(outcome="held", decided_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.subject or "(no subject)"
