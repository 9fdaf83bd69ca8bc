import json
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models.functions import Lower

from integrations.models.mailbox import keys
from lib import crypto
from tickets.models import Ticket


class ChannelKind(models.TextChoices):
    """What speaks for it: a folder of integrations/channels."""

    SLACK = "slack", "Slack"
    TEAMS = "teams", "Microsoft Teams"
    TWILIO = "twilio", "Twilio (SMS and voice)"
    CHAT = "chat", "Other chat"
    WEBHOOK = "webhook", "Webhook"


class Channel(models.Model):
    """A way out of the desk besides mail, as an admin set it up: which account or room, and its secrets, sealed.

    `config` and the secrets are objects of texts; which ones a kind has is in its folder.
    """

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=ChannelKind.choices)
    config = models.JSONField(default=dict, blank=True)
    sealed = models.TextField(blank=True, default="", editable=False, help_text="secrets, see lib.crypto")
    is_active = models.BooleanField("in use", default=True)
    trouble = models.CharField(max_length=500, blank=True, default="", help_text="why it failed last; empty: it works")
    failing_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="one_channel_per_name")]

    def __str__(self) -> str:
        return self.name

    def seal(self, secrets: Mapping[str, str]) -> None:
        """Keep these secrets instead of those before. Does not save."""
        self.sealed = crypto.encrypt(json.dumps(dict(secrets)), keys=keys()) if secrets else ""

    def secrets(self) -> dict[str, Any]:
        """Its secrets by name. Raises lib.crypto.Undecryptable."""
        return json.loads(crypto.decrypt(self.sealed, keys=keys())) if self.sealed else {}


class ChannelThread(models.Model):
    """Where a ticket is spoken of in one conversation of a channel: its first message, and the one with the buttons.

    `address` is what we asked for (a room, or a person's id); `conversation` is what the provider made of it.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="threads")
    address = models.CharField(max_length=100)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    conversation = models.CharField(max_length=100)
    root = models.CharField(max_length=60, help_text="the message that the others are below")
    latest = models.CharField(max_length=60, help_text="the newest message with buttons")
    page = models.BigIntegerField(null=True, help_text="of which page that one is")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "address", "ticket"], name="one_thread_per_ticket_and_room")
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id} in {self.address}"
