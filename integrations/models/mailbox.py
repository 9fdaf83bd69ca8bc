from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Team, User
from catalog.models import Site
from lib import crypto
from tickets.models import TicketKind


class Protocol(models.TextChoices):
    """How its mail is fetched."""

    IMAP = "imap", "IMAP"
    POP3 = "pop3", "POP3"
    PUSH = "push", "Pushed to us (pipe or HTTP)"


class Security(models.TextChoices):
    TLS = "tls", "TLS from the start"
    STARTTLS = "starttls", "STARTTLS"
    NONE = "none", "None (this machine only)"


class SignIn(models.TextChoices):
    """How we sign in at its server."""

    PASSWORD = "password", "Password or app password"
    MICROSOFT = "microsoft", "Microsoft 365 (XOAUTH2)"
    GOOGLE = "google", "Google (XOAUTH2)"


class OnClosed(models.TextChoices):
    """What an answer to a closed ticket does."""

    WINDOW = "window", "Reopens it, later opens a follow-up"
    FOLLOW_UP = "follow_up", "Always opens a follow-up"


class MailboxQuerySet(models.QuerySet["Mailbox"]):
    def of_token(self, token: str) -> Self:
        """The mailbox whose push address carries this token (at most one)."""
        return self.filter(token_digest=crypto.digest(token))


class Mailbox(models.Model):
    """An address whose mail becomes tickets, how it is fetched, and what its tickets start from.

    Answers to its tickets come from it. `secret` is sealed (a password, or an OAuth refresh token); `cursor` is what
    its protocol remembers.
    """

    name = models.CharField(max_length=120, help_text="The sender's name that customers see.")
    address = models.EmailField(max_length=254, unique=True)
    is_active = models.BooleanField("accepting", default=True)
    protocol = models.CharField(max_length=5, choices=Protocol.choices, default=Protocol.IMAP)
    host = models.CharField(max_length=253, blank=True)
    port = models.PositiveIntegerField(null=True, blank=True)
    security = models.CharField(max_length=8, choices=Security.choices, default=Security.TLS)
    sign_in = models.CharField(max_length=10, choices=SignIn.choices, default=SignIn.PASSWORD)
    username = models.CharField(max_length=254, blank=True)
    secret = models.TextField(blank=True, editable=False, help_text="sealed, see lib.crypto")
    oauth_client = models.CharField("OAuth client id", max_length=200, blank=True)
    oauth_tenant = models.CharField("Microsoft tenant", max_length=100, blank=True)
    folder = models.CharField(max_length=100, default="INBOX", blank=True)
    authserv_id = models.CharField(
        "authentication server", max_length=253, blank=True,
        help_text="The name our receiving server writes into Authentication-Results. Without it no sender is believed.",
    )  # fmt: skip

    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="mailboxes",
        help_text="Used when no routing rule matches.",
    )  # fmt: skip
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.SET_NULL, related_name="mailboxes")
    kind = models.CharField(max_length=20, choices=TicketKind.choices, default=TicketKind.INCIDENT)
    category = models.CharField(max_length=60, blank=True)
    on_closed = models.CharField(max_length=10, choices=OnClosed.choices, default=OnClosed.WINDOW)

    source = models.ForeignKey(
        "integrations.Source", null=True, blank=True, on_delete=models.PROTECT, related_name="mailboxes",
        db_index=False, verbose_name="its mail are alerts of",
        help_text="Such mail opens no request. Answers to letters of the desk still find their tickets.",
    )  # fmt: skip
    token_digest = models.CharField(max_length=64, null=True, unique=True, editable=False)
    token_prefix = models.CharField(max_length=12, blank=True, editable=False)
    cursor = models.JSONField(default=dict, editable=False)
    next_fetch_at = models.DateTimeField(null=True, editable=False, help_text="the next look, or the end of a lease")
    fetched_at = models.DateTimeField(null=True, editable=False, help_text="the last look that went well")
    newest_at = models.DateTimeField(null=True, editable=False, help_text="when the newest mail was received")
    lag_seconds = models.FloatField(null=True, editable=False, help_text="from the server's receipt to our row")
    failing_since = models.DateTimeField(null=True, editable=False)
    error = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)

    objects = MailboxQuerySet.as_manager()

    class Meta:
        ordering = ["name", "address"]
        indexes = [
            models.Index(fields=["next_fetch_at"], name="sweep_mailboxes", condition=Q(next_fetch_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"

    def seal(self, secret: str) -> None:
        """Keep a password or refresh token, encrypted. Does not save."""
        self.secret = crypto.encrypt(secret, keys=keys())

    def open_secret(self) -> str:
        """The password or refresh token; "" when none is kept. Raises lib.crypto.Undecryptable."""
        return crypto.decrypt(self.secret, keys=keys()) if self.secret else ""

    def new_token(self) -> str:
        """Give it a fresh push address; answers the token, shown once and never stored. Does not save."""
        token = crypto.new_token("mbx_")
        self.token_digest, self.token_prefix = token.digest, token.prefix
        return token.secret


def keys() -> list[str]:
    """Newest first: what seals secrets, and what still opens them."""
    return [settings.SECRET_KEY, *(str(key) for key in settings.SECRET_KEY_FALLBACKS)]
