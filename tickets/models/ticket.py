import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from accounts.models import Membership, Organisation, Team, User
from catalog.models import Component, Site
from tickets.models.rule import RoutingRule
from tickets.states import ACTIVE, CUSTOMER_LABELS, LABELS, MOVES, OPEN, Status


class TicketKind(models.TextChoices):
    INCIDENT = "incident", "Incident"
    REQUEST = "request", "Service request"
    PROBLEM = "problem", "Problem"


class Severity(models.IntegerChoices):
    P1 = 1, "P1 critical"
    P2 = 2, "P2 high"
    P3 = 3, "P3 medium"
    P4 = 4, "P4 low"


class Level(models.TextChoices):
    """Impact (how many are affected) and urgency (how soon it matters)."""

    HIGH = "high", "High"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Low"


class Channel(models.TextChoices):
    FORM = "form", "Form"
    EMAIL = "email", "Email"
    ALERT = "alert", "Alert"
    CHAT = "chat", "Chat"
    PHONE = "phone", "Phone"
    WALK_IN = "walk_in", "Walk-in"
    API = "api", "API"
    MONITOR = "monitor", "Monitor"


class Resolution(models.TextChoices):
    FIXED = "fixed", "Fixed"
    WORKAROUND = "workaround", "Workaround given"
    ANSWERED = "answered", "Question answered"
    RECOVERED = "recovered", "Recovered by itself"
    NOT_REPRODUCIBLE = "not_reproducible", "Not reproducible"
    WONT_FIX = "wont_fix", "Will not be changed"


class Verification(models.TextChoices):
    """How the fix was verified. A ticket cannot close without one."""

    REQUESTER = "requester", "Confirmed by the requester"
    QA = "qa", "Checked by another agent"
    RECOVERY = "recovery", "The alert recovered and stayed quiet"
    SILENCE = "silence", "No objection for the agreed time"


def public_token() -> str:
    return secrets.token_urlsafe(16)


def teams_hidden_from(user: User) -> models.QuerySet[Team]:
    """Teams whose tickets somebody of the desk does not see: those restricted, but for her own; none from admins."""
    if user.is_admin:
        return Team.objects.none()
    mine = Membership.objects.filter(user=user).values("team")
    return Team.objects.filter(restricted=True).exclude(pk__in=mine)


class Among(models.Func):
    """column = ANY(array): what IN (subquery) says, but in a way that an index can answer even as a part of an OR."""

    template, arg_joiner = "%(expressions)s)", " = ANY("
    output_field = models.BooleanField()


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: User | AnonymousUser | None) -> Self:
        """The only way in from a view, the API, search or live updates (docs/architecture.md)."""
        if user is None or not isinstance(user, User) or not user.is_active:
            return self.none()
        if user.is_admin:
            return self
        if user.is_desk:
            # What is hidden, not what is seen: a short list that is read once, where a join would be planned each time.
            return self.exclude(team__in=teams_hidden_from(user))
        # A union, not OR: each part has its index, where OR would read the whole table.
        own = Ticket.objects.filter(requester=user).values("pk")
        others: list[models.QuerySet[Any, Any]] = [TicketFollower.objects.filter(user=user).values("ticket")]
        if user.organisation and user.organisation.shares_tickets:
            others.append(Ticket.objects.filter(organisation=user.organisation).values("pk"))
        return self.filter(pk__in=own.union(*others))

    def lock(self, pk: int) -> "Ticket":
        """The ticket with its row locked until the transaction ends."""
        return self.select_for_update(of=("self",)).get(pk=pk)

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def active(self) -> Self:
        """The desk's move."""
        return self.filter(status__in=ACTIVE)

    def needs(self, user: User) -> Self:
        """The desk's move, and this person's: hers, or nobody's in one of her teams."""
        mine = ArraySubquery(Membership.objects.filter(user=user).values("team"))
        return self.active().filter(Q(assignee=user) | Q(Among(F("team_id"), mine), assignee=None))

    def at_risk(self, now: datetime, within: timedelta = timedelta(hours=1)) -> Self:
        """Open with a deadline over or due soon."""
        return self.open().filter(next_due_at__lte=now + within)


class Ticket(models.Model):
    """A request, incident or problem. Its primary key is its number, shown as #1042."""

    # Only keys that something is looked up by have an index of their own: each one is weighed by every statement about
    # tickets, and written by every change.
    token = models.CharField(max_length=32, default=public_token, editable=False)
    kind = models.CharField(max_length=10, choices=TicketKind.choices, default=TicketKind.INCIDENT)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, default=Severity.P3)
    impact = models.CharField(max_length=8, choices=Level.choices, blank=True)
    urgency = models.CharField(max_length=8, choices=Level.choices, blank=True)
    status = models.CharField(max_length=12, choices=[(s.value, LABELS[s]) for s in Status], default=Status.NEW.value)
    subject = models.CharField(max_length=300)
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="tickets")
    component = models.ForeignKey(Component, null=True, on_delete=models.SET_NULL, related_name="tickets")
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="tickets", db_index=False
    )
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="requested_tickets", db_index=False
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="tickets")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="assigned_tickets"
    )
    tier = models.PositiveSmallIntegerField(default=1)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    category = models.CharField(max_length=60, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    custom = models.JSONField(default=dict, blank=True)

    rule = models.ForeignKey(RoutingRule, null=True, on_delete=models.SET_NULL, related_name="placed", db_index=False)
    placed_by_fallback = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    follows = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="follow_ups")

    opened_at = models.DateTimeField()
    last_event_at = models.DateTimeField()
    last_event = models.BigIntegerField(default=0, help_text="id of the newest line of history; the version")
    needs_reply = models.BooleanField(default=True, help_text="the requester wrote last")
    acknowledged_at = models.DateTimeField(null=True)
    first_responded_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    expected_by = models.DateTimeField(null=True)
    next_update_by = models.DateTimeField(null=True)
    next_due_at = models.DateTimeField(null=True, help_text="soonest running deadline; written only by sla")

    resolution = models.CharField(max_length=20, choices=Resolution.choices, blank=True)
    resolution_text = models.TextField(blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    verification = models.CharField(max_length=10, choices=Verification.choices, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    verified_at = models.DateTimeField(null=True)
    evidence = models.TextField(blank=True)
    hold_reason = models.CharField(max_length=300, blank=True)
    handed_over_at = models.DateTimeField(null=True, help_text="since when a handover waits to be accepted")

    # Time is a column: each is read by one sweep (tickets/tasks.py) through the partial index named after it.
    unowned_at = models.DateTimeField(null=True, help_text="when a P1 without an owner becomes an event")
    reminds_at = models.DateTimeField(null=True, help_text="when a waiting requester is reminded")
    closes_at = models.DateTimeField(null=True, help_text="when silence verifies and closes")
    wakes_at = models.DateTimeField(null=True, help_text="when an on-hold ticket comes back")

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="closed") | (~Q(verification="") & Q(verified_at__isnull=False)),
                name="closed_tickets_are_verified",
            ),
            models.CheckConstraint(
                condition=~Q(status="on_hold") | (~Q(hold_reason="") & Q(wakes_at__isnull=False)),
                name="held_tickets_have_a_reason_and_wake",
            ),
            models.CheckConstraint(condition=Q(severity__range=(1, 4)), name="severity_is_p1_to_p4"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="no_ticket_merges_into_itself"),
            models.UniqueConstraint(fields=["token"], name="tokens_are_unique"),
        ]
        indexes = [
            models.Index(
                fields=["next_due_at", "id"], name="open_by_due", condition=Q(status__in=[s.value for s in OPEN])
            ),
            models.Index(
                fields=["team", "next_due_at", "id"],
                name="open_by_team_and_due",
                condition=Q(status__in=[s.value for s in OPEN]),
            ),
            models.Index(
                fields=["assignee", "team", "status", "next_due_at"],
                name="open_by_assignee",
                condition=Q(status__in=[s.value for s in OPEN]),
            ),
            models.Index(
                fields=["team"],
                name="waiting_by_team",
                condition=Q(status__in=[Status.WAITING.value, Status.ON_HOLD.value]),
            ),
            models.Index(fields=["-last_event_at", "-id"], name="tickets_by_activity"),
            models.Index(fields=["requester", "-opened_at"], name="tickets_by_requester"),
            models.Index(fields=["organisation", "-opened_at"], name="tickets_by_organisation"),
            # Read by reports, which count a period from the index alone: hence what they include.
            models.Index(fields=["opened_at"], include=["team"], name="tickets_by_opening"),
            models.Index(
                fields=["first_responded_at"],
                include=["opened_at", "team", "status"],
                name="tickets_by_first_response",
                condition=Q(first_responded_at__isnull=False),
            ),
            models.Index(
                fields=["resolved_at"],
                include=["opened_at", "team", "status"],
                name="tickets_by_resolution",
                condition=Q(resolved_at__isnull=False),
            ),
            models.Index(
                fields=["closed_at"],
                include=["team", "status", "verification"],
                name="tickets_by_closing",
                condition=Q(closed_at__isnull=False),
            ),
            models.Index(
                fields=["team", "opened_at"],
                name="open_by_team_and_age",
                condition=Q(status__in=[s.value for s in OPEN]),
            ),
            GinIndex(fields=["tags"], name="tickets_by_tag"),
            models.Index(fields=["unowned_at"], name="sweep_unowned", condition=Q(unowned_at__isnull=False)),
            models.Index(fields=["reminds_at"], name="sweep_reminders", condition=Q(reminds_at__isnull=False)),
            models.Index(fields=["closes_at"], name="sweep_silence", condition=Q(closes_at__isnull=False)),
            models.Index(fields=["wakes_at"], name="sweep_wakes", condition=Q(wakes_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Lines of history waiting for their followers, and the instant of the verb under way (tickets/events.py).
        self.unfollowed: list[Any] = []
        self.now: datetime = datetime.max.replace(tzinfo=UTC)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_merged(self) -> bool:
        return self.merged_into_id is not None

    @property
    def status_label(self) -> str:
        return LABELS[Status(self.status)]

    @property
    def customer_label(self) -> str:
        return CUSTOMER_LABELS[Status(self.status)]

    @property
    def moves(self) -> tuple[Status, ...]:
        return MOVES[Status(self.status)]


class TicketFollower(models.Model):
    """Somebody kept informed: copied by the requester, or a colleague."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="followers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="followed_tickets")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="one_follower_per_ticket_and_person")]
