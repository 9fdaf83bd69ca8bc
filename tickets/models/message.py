from typing import Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models

from accounts.models import User
from files.models import File
from lib.markdown import SANITISER_VERSION, render
from tickets.models.ticket import Channel, Ticket


class Audience(models.TextChoices):
    """Fixed at creation; outgoing channels and requester pages only ever see PUBLIC."""

    PUBLIC = "public", "Public"
    INTERNAL = "internal", "Internal"


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User | AnonymousUser | None) -> Self:
        """Messages of visible tickets; internal ones only for the desk."""
        seen = self.filter(ticket__in=Ticket.objects.visible_to(user))
        return seen if isinstance(user, User) and user.is_desk else seen.filter(audience=Audience.PUBLIC)


class Message(models.Model):
    """A public reply, an internal note, or what the requester wrote. The body is Markdown as written."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="messages")
    from_desk = models.BooleanField(help_text="written by somebody of the desk")
    automatic = models.BooleanField(default=False, help_text="no person wrote it: never counts as a response")
    audience = models.CharField(max_length=8, choices=Audience.choices)
    channel = models.CharField(max_length=8, choices=Channel.choices, blank=True)
    body = models.TextField()
    # Sanitised once and kept, by sanitiser version: rendering ten messages would cost 12 ms of every page.
    html = models.TextField(blank=True, editable=False)
    html_version = models.PositiveSmallIntegerField(default=0, editable=False)
    files: "models.ManyToManyField[File, models.Model]" = models.ManyToManyField(File, related_name="messages")
    has_files = models.BooleanField(default=False)
    at = models.DateTimeField()

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["ticket", "at"], name="messages_by_ticket")]

    def __str__(self) -> str:
        return f"message {self.pk} of #{self.ticket_id}"

    def render_body(self) -> None:
        """Fill the kept HTML from the body."""
        self.html, self.html_version = render(self.body), SANITISER_VERSION

    @property
    def safe_html(self) -> str:
        """Sanitised HTML, re-rendered when the sanitiser has changed since it was kept."""
        return self.html if self.html_version == SANITISER_VERSION else render(self.body)

    @property
    def is_internal(self) -> bool:
        return self.audience == Audience.INTERNAL
