from django.conf import settings
from django.db import models

from tickets.models.message import Audience, Message
from tickets.models.ticket import Ticket


class Kind(models.TextChoices):
    """The vocabulary of the timeline (docs/glossary.md)."""

    OPENED = "opened"
    PLACED = "placed"
    RECEIVED = "received"  # the requester wrote
    REPLIED = "replied"  # the desk wrote to the requester
    NOTED = "noted"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    TEAM_CHANGED = "team_changed"
    HANDED_OVER = "handed_over"  # up a tier, with a packet
    HANDOVER_ACCEPTED = "handover_accepted"
    HANDOVER_BOUNCED = "handover_bounced"
    SEVERITY_CHANGED = "severity_changed"
    STATUS_CHANGED = "status_changed"
    TAGS_CHANGED = "tags_changed"
    DETAILS_CHANGED = "details_changed"
    PROMISED = "promised"
    RESOLVED = "resolved"
    VERIFIED = "verified"
    CLOSED = "closed"
    REOPENED = "reopened"
    CANCELLED = "cancelled"
    MERGED = "merged"  # this ticket went into another
    ABSORBED = "absorbed"  # another went into this one
    UNMERGED = "unmerged"
    MOVED = "moved"  # a message of it went to another ticket
    RATED = "rated"
    REMINDED = "reminded"
    UNOWNED = "unowned"
    WOKEN = "woken"
    WARNED = "warned"
    BREACHED = "breached"
    ESCALATED = "escalated"  # a stage after the deadline, the on-call ladder, or an action of a stage that was refused
    PAGED = "paged"  # a step of the on-call ladder: who is called, or that there was nobody to call
    PAGE_ACKNOWLEDGED = "page_acknowledged"
    PAGE_UNANSWERED = "page_unanswered"  # the ladder ended and nobody was reached
    ALERT_FIRED = "alert_fired"
    ALERT_REPEATED = "alert_repeated"
    ALERT_RESOLVED = "alert_resolved"
    ARTICLE_LINKED = "article_linked"
    DELIVERY_FAILED = "delivery_failed"


# Lines of history the requester may read; messages carry their own audience.
PUBLIC_KINDS = (
    Kind.OPENED,
    Kind.RECEIVED,
    Kind.REPLIED,
    Kind.ACKNOWLEDGED,
    Kind.STATUS_CHANGED,
    Kind.PROMISED,
    Kind.RESOLVED,
    Kind.VERIFIED,
    Kind.CLOSED,
    Kind.REOPENED,
    Kind.RATED,
)


class EventQuerySet(models.QuerySet["Event"]):
    def timeline(self, ticket: Ticket) -> "EventQuerySet":
        """One ticket's history, with the messages of tickets merged into it, oldest first."""
        # As a subquery on tickets, whose indexes find the few; an OR over the join would read every event of the desk.
        ours = Ticket.objects.filter(models.Q(pk=ticket.pk) | models.Q(merged_into=ticket)).values("pk")
        return (
            self.filter(models.Q(ticket=ticket) | models.Q(message__isnull=False), ticket__in=ours)
            .select_related("actor", "message", "message__author")
            .order_by("at", "id")
        )

    def public(self, ticket: Ticket) -> "EventQuerySet":
        """What the requester of `ticket` reads: never an internal note, never another person's merged request."""
        return self.timeline(ticket).filter(
            models.Q(message__isnull=True) | models.Q(message__audience=Audience.PUBLIC),
            models.Q(ticket=ticket) | models.Q(ticket__requester=ticket.requester_id),
            kind__in=PUBLIC_KINDS,
        )


class Event(models.Model):
    """A line of history: at once the timeline, the event bus and the source of reports. Append-only."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="events", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    via = models.CharField(max_length=20)
    message = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="events")
    data = models.JSONField(default=dict)
    depth: int = 0

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["ticket", "at", "id"], name="timeline_of_a_ticket"),
            models.Index(fields=["kind", "at"], name="events_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.ticket_id}"


class FollowerFailure(models.Model):
    """A follower that raised on an event: kept with its reason, so that it can be replayed."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="failures")
    follower = models.CharField(max_length=100)
    reason = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.follower} on event {self.event_id}"
