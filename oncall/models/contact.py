from datetime import datetime, time

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.models import Channel


class Via(models.TextChoices):
    """By what a person is reached: the channel of the deliveries."""

    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"
    VOICE = "voice", "Phone call"
    WEBPUSH = "webpush", "Push in the browser"
    SLACK = "slack", "Slack"
    CHAT = "chat", "Other chat"


class Pager(models.Model):
    """What holds for all ways to reach a person: when they want no calls about P3 and P4, and the lock under which
    their calls are put together."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="pager"
    )
    quiet_from = models.TimeField(null=True, blank=True, help_text="by the person's own clock")
    quiet_to = models.TimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_to=None) | Q(quiet_from__isnull=False, quiet_to__isnull=False),
                name="quiet_hours_have_two_ends",
            )
        ]

    def __str__(self) -> str:
        return f"pager of {self.user}"

    def is_quiet(self, local: time) -> bool:
        """Whether this time of the person's clock lies within their quiet hours, which may pass midnight."""
        if self.quiet_from is None or self.quiet_to is None:
            return False
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= local < self.quiet_to
        return local >= self.quiet_from or local < self.quiet_to


class ContactMethod(models.Model):
    """One way to reach a person, and how long after a call began it is used. Nothing but the word that verifies it is
    sent to it before it is verified."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="contact_methods")
    via = models.CharField(max_length=8, choices=Via.choices)
    address = models.CharField(
        max_length=254, blank=True, help_text="number, mail address, Slack member; or a name for it"
    )
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.CASCADE, related_name="contact_methods",
        help_text="the account that sends it; none for mail and push",
    )  # fmt: skip
    sealed = models.TextField(
        blank=True, default="", editable=False, help_text="where to, where that is a secret itself"
    )
    # Minutes after the call began; none: never.
    urgent_after = models.PositiveSmallIntegerField("P1 and P2", null=True, blank=True, default=0)
    calm_after = models.PositiveSmallIntegerField("P3 and P4", null=True, blank=True, default=0)
    made_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)
    code_digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    code_until = models.DateTimeField(null=True, editable=False)
    code_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    trouble = models.CharField(max_length=300, blank=True, default="", help_text="why it failed last; empty: it works")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "via", "address", "channel"],
                name="one_contact_method_per_address",
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index(fields=["via", "address"], name="contact_methods_by_address")]

    def __str__(self) -> str:
        return f"{self.get_via_display()} {self.address}".strip()

    @property
    def way(self) -> str:
        """Its name among the ways to reach somebody, for keys of calls and deliveries."""
        return f"m{self.pk}"

    def after(self, severity: int) -> int | None:
        """Minutes after the call began for a ticket of that severity (1 to 4); None: not for those."""
        return self.urgent_after if severity <= 2 else self.calm_after

    def may_ask_again(self, now: datetime) -> bool:
        """A new code may be sent: none is under way, or the last one is a minute old."""
        return self.code_until is None or (self.code_until - now).total_seconds() < 14 * 60
