import secrets
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTransform

from accounts.models import User
from deliveries.references import own_domain
from tickets.models import Event, Ticket


class State(models.TextChoices):
    PENDING = "pending", "Waiting"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    KEPT = "kept", "In the local mailbox"
    DEAD = "dead", "Given up"
    CANCELLED = "cancelled", "Cancelled"
    BOUNCED = "bounced", "Came back"


# What a person may send (again), and what a person may still call back.
REPLAYABLE = (State.DEAD, State.CANCELLED, State.KEPT, State.BOUNCED)
CANCELLABLE = (State.PENDING,)
# Channels that bring what is about one ticket in the order in which it was queued.
ORDERED = ("webhook",)


def local_mailbox() -> bool:
    """True when no mail server is set: nothing leaves the machine, deliveries end in the local mailbox."""
    return not settings.EMAIL_HOST


def new_message_id() -> str:
    """A Message-ID of our domain, unguessable; fixed at creation so that a repeat is recognised as one."""
    return f"<{secrets.token_hex(16)}@{own_domain()}>"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, user: User | AnonymousUser | None) -> Self:
        """Mail about tickets they see, for managers (for the whole desk while mail stays in the local mailbox).

        Mail about accounts holds links that open accounts: admins only.
        """
        if not isinstance(user, User) or not user.is_desk:
            return self.none()
        if user.is_admin:
            return self
        if user.is_manager or local_mailbox():
            return self.filter(ticket__in=Ticket.objects.visible_to(user))
        return self.none()

    def due(self, now: datetime) -> Self:
        """What a worker takes now, oldest first; nothing while sending is frozen or resting."""
        stopped = DeliverySwitch.objects.filter(Q(frozen_at__isnull=False) | Q(rests_until__gt=now))
        return self.filter(~Exists(stopped), urgent=False, next_try_at__lte=now).order_by("next_try_at")

    def urgently_due(self, now: datetime) -> Self:
        """The same of what wakes somebody, which goes by no mail server's rest."""
        stopped = DeliverySwitch.objects.filter(frozen_at__isnull=False)
        due = self.filter(~Exists(stopped), urgent=True, next_try_at__lte=now).order_by("next_try_at")
        same = {name: OuterRef(name) for name in ("channel", "ticket", "data__channel")}
        before = Delivery.objects.filter(**same, pk__lt=OuterRef("pk"), next_try_at__isnull=False)
        return due.filter(~Q(channel__in=ORDERED) | ~Exists(before))

    def through(self, channel: int | Combinable) -> Self:
        """What went through a channel that an admin set up, by its number; as JSON, where that is an expression."""
        return self.filter(~Q(channel="email"), data__channel=channel)


class Delivery(models.Model):
    """One message to one recipient: what leaves the desk, and whether it arrived. Sent by a worker, never a request."""

    channel = models.CharField(max_length=10, default="email")
    key = models.CharField(max_length=120, help_text="one row, one message")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="deliveries", db_index=False
    )
    address = models.CharField(max_length=254)
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, null=True, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    automatic = models.BooleanField(default=False, help_text="no person wrote it")

    sender = models.CharField(max_length=320, help_text="From")
    subject = models.CharField(max_length=400)
    body_text = models.TextField()
    body_html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    data = models.JSONField(default=dict, db_default={}, help_text="what a channel other than mail needs besides words")
    urgent = models.BooleanField(default=False, db_default=False, help_text="it wakes somebody: sent at once, or never")
    message_id = models.CharField(max_length=320, default=new_message_id)
    returns_to = models.CharField(
        max_length=254, blank=True, default="", db_default="", help_text="the mailbox bounces come back to"
    )
    created_at = models.DateTimeField()

    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    # When a worker looks at it: the next try, or the end of the lease of the worker that holds it. None: finished.
    next_try_at = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True, help_text="the batch of the worker that holds it")
    attempts = models.PositiveIntegerField(default=0)
    gives_up_at = models.DateTimeField(null=True, help_text="48 h after the first try")
    uncertain = models.BooleanField(default=False, help_text="sent again without knowing whether it had arrived")
    answer = models.TextField(blank=True, help_text="what the provider said last")
    sent_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["next_try_at"], name="sweep_deliveries", condition=Q(next_try_at__isnull=False)),
            models.Index(
                fields=["next_try_at"], name="sweep_urgent", condition=Q(next_try_at__isnull=False, urgent=True)
            ),
            models.Index(fields=["-created_at", "-id"], name="deliveries_newest_first"),
            models.Index(
                fields=["-created_at", "-id"],
                name="deliveries_that_stopped",
                condition=Q(state__in=[State.DEAD, State.CANCELLED, State.BOUNCED]),
            ),
            models.Index(fields=["user", "created_at"], name="automatic_by_recipient", condition=Q(automatic=True)),
            models.Index(
                fields=["address", "-created_at"],
                name="deliveries_by_address",
                opclasses=["varchar_pattern_ops", "timestamptz_ops"],
            ),
            models.Index(
                KeyTransform("channel", "data"),
                F("id").desc(),
                name="deliveries_by_channel",
                condition=~Q(channel="email"),
            ),
        ]
        constraints = [
            # As constraints: a unique field of text would have a second index, for LIKE.
            models.UniqueConstraint(fields=["key"], name="one_delivery_per_key"),
            models.UniqueConstraint(fields=["message_id"], name="one_delivery_per_message_id"),
            models.CheckConstraint(
                condition=Q(state__in=[State.PENDING, State.SENDING], next_try_at__isnull=False)
                | Q(~Q(state__in=[State.PENDING, State.SENDING]), next_try_at__isnull=True),
                name="only_unfinished_deliveries_wait",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} to {self.address}"

    @property
    def text(self) -> str:
        """Its words as a letter says them: with the link that acknowledges, where there is one."""
        link = str(self.data.get("link") or "")
        if self.channel != "email" or not link or link in self.body_text:
            return self.body_text
        return f"{self.body_text.rstrip()}\n\nAcknowledge: {link}\n"

    @property
    def is_replayable(self) -> bool:
        """A person may send it (again). What stays in the local mailbox needs a mail server first."""
        return self.state in REPLAYABLE and not (self.state == State.KEPT and local_mailbox())

    @property
    def is_cancellable(self) -> bool:
        return self.state in CANCELLABLE


class DeliveryAttempt(models.Model):
    """One try and the provider's answer to it."""

    class Outcome(models.TextChoices):
        SENT = "sent", "Accepted"
        FAILED = "failed", "Failed, will be tried again"
        REFUSED = "refused", "Refused for good"
        UNKNOWN = "unknown", "No answer: it may have arrived"
        BOUNCED = "bounced", "Came back"

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.outcome} at {self.at}"


class DeliverySwitch(models.Model):
    """The one row that stops all sending: frozen by a restore or an admin, or resting after the server was gone."""

    ROW = 1
    frozen_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    rests_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_delivery_switch")]

    def __str__(self) -> str:
        return "frozen" if self.frozen_at else "open"

    @classmethod
    def now(cls) -> "DeliverySwitch":
        """The row, or an open switch when it was never touched."""
        return cls.objects.filter(pk=cls.ROW).first() or cls(pk=cls.ROW)
