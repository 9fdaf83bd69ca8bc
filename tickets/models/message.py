from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models

from accounts.models import User
from files.models import File
from lib import foreign
from lib.html import plain
from lib.markdown import SANITISER_VERSION, render
from tickets.models.ticket import Channel, Ticket

QUOTED_SHOWN = 30_000  # characters


class Audience(models.TextChoices):
    """Fixed at creation; outgoing channels and requester pages only ever see PUBLIC."""

    PUBLIC = "public", "Public"
    INTERNAL = "internal", "Internal"


class Markup(models.TextChoices):
    """How a body is written. Of HTML, the body is its words as plain text; the sanitised page is kept beside it."""

    MARKDOWN = "markdown", "Markdown"
    PLAIN = "plain", "Plain text"
    HTML = "html", "HTML"


@dataclass(frozen=True, kw_only=True)
class MailText:
    """What a mail adds to its words. `html` is cleaned by `lib.foreign` already, its pictures are files of the message;
    `quoted` is what the mail repeats of earlier ones, its signature as well; `warning` says why its sender may not be
    who they seem; `automatic`: nobody typed it."""

    html: str = ""
    quoted: str = ""
    warning: str = ""
    automatic: bool = False

    @property
    def markup(self) -> str:
        return Markup.HTML if self.html else Markup.PLAIN


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User | AnonymousUser | None) -> Self:
        """Messages of visible tickets; internal ones only for the desk."""
        seen = self.filter(ticket__in=Ticket.objects.visible_to(user))
        return seen if isinstance(user, User) and user.is_desk else seen.filter(audience=Audience.PUBLIC)


class Message(models.Model):
    """A public reply, an internal note, or what the requester wrote. The body is as written, in its `markup`."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="messages")
    from_desk = models.BooleanField(help_text="written by somebody of the desk")
    automatic = models.BooleanField(default=False, help_text="no person wrote it: never counts as a response")
    audience = models.CharField(max_length=8, choices=Audience.choices)
    channel = models.CharField(max_length=8, choices=Channel.choices, blank=True)
    body = models.TextField()
    markup = models.CharField(
        max_length=8, choices=Markup.choices, default=Markup.MARKDOWN, db_default=Markup.MARKDOWN.value
    )
    quoted = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="what a mail repeats of earlier ones, as plain text: shown folded",
    )
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

    def take_mail(self, mail: MailText | None) -> None:
        """Make it what a mail says: its markup, its own page, what it quotes."""
        if mail is not None:
            self.markup, self.quoted, self.html = (
                mail.markup,
                mail.quoted.replace("\0", ""),
                mail.html.replace("\0", ""),
            )
            self.automatic = self.automatic or mail.automatic

    def render_body(self) -> None:
        """Fill the kept HTML from the body; a mail's own HTML is its kept HTML."""
        if self.markup == Markup.HTML:
            self.html_version = foreign.VERSION
        else:
            self.html, self.html_version = self.rendered(), SANITISER_VERSION

    def rendered(self) -> str:
        return plain(self.body) if self.markup == Markup.PLAIN else render(self.body)

    @property
    def safe_html(self) -> str:
        """Sanitised HTML, cleaned or rendered anew when the sanitiser has changed since it was kept."""
        if self.markup == Markup.HTML:
            return self.html if self.html_version == foreign.VERSION else foreign.clean(self.html)
        return self.html if self.html_version == SANITISER_VERSION else self.rendered()

    @property
    def quoted_html(self) -> str:
        """What it quotes, as safe HTML; a very long history ends in an ellipsis, its raw mail has the rest."""
        return plain(self.quoted if len(self.quoted) <= QUOTED_SHOWN else self.quoted[:QUOTED_SHOWN] + "\n…")

    @property
    def shown_files(self) -> list[File]:
        """Its files but for the pictures that stand in its text."""
        within = self.html if self.markup == Markup.HTML else ""
        return [file for file in self.files.all() if f'"/files/{file.pk}"' not in within]

    @property
    def is_internal(self) -> bool:
        return self.audience == Audience.INTERNAL
