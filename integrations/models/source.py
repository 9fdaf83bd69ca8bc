import secrets
from base64 import b32encode

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Team
from catalog.models import Component, Site
from integrations.models.mailbox import keys
from integrations.sources import KINDS, Kind
from lib import crypto
from tickets.models import Severity

PAUSED = "The source is paused. Replay it once the source accepts alerts again."
MAIL = "email"  # the kind whose bodies are mails
MAIL_TAG = "alert-"  # what a source's word after a plus begins with


def new_mail_tag() -> str:
    """A word for the plus address of a source: 80 bits, in letters that mail systems leave as they are."""
    return MAIL_TAG + b32encode(secrets.token_bytes(10)).decode().lower()


def kinds() -> list[tuple[str, str]]:
    return [(kind.name, kind.title) for kind in KINDS.values()]


class Source(models.Model):
    """A monitoring tool that posts alerts. Its token is the address; only a digest is kept, the prefix is shown."""

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40, choices=kinds, default="alertmanager")
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    token_prefix = models.CharField(max_length=12, editable=False)
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    component = models.ForeignKey(Component, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="Used when no routing rule matches.",
    )  # fmt: skip
    severity = models.PositiveSmallIntegerField(
        "severity", choices=Severity.choices, default=Severity.P3, help_text="When an alert does not say."
    )
    quiet_minutes = models.PositiveIntegerField(
        "quiet minutes",
        default=15,
        help_text="So long must it stay quiet after a recovery to count as fixed; a new alert before then reopens.",
    )
    group_by = models.CharField(
        "group by", max_length=200, blank=True, default="", db_default="",
        help_text="What alerts must share to become one ticket, separated by commas: site, component, or names of "
        "labels. Empty: each alert has a ticket of its own.",
    )  # fmt: skip
    group_minutes = models.PositiveIntegerField(
        "grouping minutes", default=30, db_default=30,
        help_text="An alert joins the group's ticket when another of the group began so short a time before.",
    )  # fmt: skip
    flap_flips = models.PositiveIntegerField(
        "changes that are flapping", default=6, db_default=6,
        help_text="So many changes between firing and resolved within the minutes below. 0: never.",
    )  # fmt: skip
    flap_minutes = models.PositiveIntegerField(
        "flapping minutes", default=30, db_default=30,
        help_text="So long must an alert that flapped be calm before its ticket is resolved.",
    )  # fmt: skip
    severities = models.TextField(
        "severity by name", max_length=20_000, blank=True, default="", db_default="",
        help_text="What alerts of a name count as, whatever their sender says, one a line: DiskFull = warning. The "
        "name is the label alertname or the title; * stands for anything; the first line that fits counts.",
    )  # fmt: skip
    expected_minutes = models.PositiveIntegerField(
        "expected every … minutes", null=True, blank=True,
        help_text="When nothing came for so long, the source's silence is an alert itself. Empty: it may be silent.",
    )  # fmt: skip
    silent_at = models.DateTimeField(null=True, editable=False, help_text="when its silence is looked at next")
    is_silent = models.BooleanField(default=False, db_default=False, editable=False)
    mapping = models.JSONField(default=dict, blank=True)
    secret = models.TextField(
        blank=True, editable=False, default="", db_default="", help_text="sealed, see lib.crypto"
    )  # fmt: skip
    networks = models.TextField(
        "allowed addresses", blank=True, default="", db_default="",
        help_text="Addresses or networks that may send, one a line. Empty: all may.",
    )  # fmt: skip
    mail_tag = models.CharField(
        max_length=24, null=True, unique=True, editable=False, help_text="mail to …+this@ of any mailbox is its alerts"
    )  # fmt: skip
    is_active = models.BooleanField("accepting", default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="one_source_per_name")]
        indexes = [models.Index(fields=["silent_at"], name="sweep_silent", condition=Q(silent_at__isnull=False))]

    def __str__(self) -> str:
        return self.name

    @property
    def reader(self) -> Kind | None:
        """What reads its bodies; None when that kind is no longer installed."""
        return KINDS.get(self.kind)

    def seal(self, secret: str) -> None:
        """Keep what its sender signs or names itself with, encrypted; "" forgets it. Does not save."""
        self.secret = crypto.encrypt(secret, keys=keys()) if secret else ""

    def open_secret(self) -> str:
        """The secret; "" when none is kept. Raises lib.crypto.Undecryptable."""
        return crypto.decrypt(self.secret, keys=keys()) if self.secret else ""

    def new_token(self) -> str:
        """Give it a fresh address, for mail too; answers the token, shown once and never stored. Does not save."""
        self.mail_tag = new_mail_tag()
        token = crypto.new_token("src_")
        self.token_digest, self.token_prefix = token.digest, token.prefix
        return token.secret
