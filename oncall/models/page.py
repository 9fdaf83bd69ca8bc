from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.models import Channel
from oncall.models.contact import ContactMethod
from oncall.models.ladder import Ladder
from tickets.models import Ticket


class PageState(models.TextChoices):
    CLIMBING = "climbing", "Calling"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    UNANSWERED = "unanswered", "Nobody reached"
    ENDED = "ended", "Over"


OPEN_PAGES = (PageState.CLIMBING, PageState.ACKNOWLEDGED, PageState.UNANSWERED)


class Page(models.Model):
    """People are called about a ticket until somebody acknowledges. `plan` is the ladder as it was when it began: see
    oncall.plans."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="pages")
    ladder = models.ForeignKey(Ladder, null=True, on_delete=models.SET_NULL, related_name="pages")
    plan = models.JSONField()
    reason = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=12, choices=PageState.choices, default=PageState.CLIMBING)
    step = models.PositiveSmallIntegerField(default=1, help_text="the next one, from 1")
    attempt = models.PositiveSmallIntegerField(default=1, help_text="how often it went through the steps")
    left = models.PositiveSmallIntegerField(default=0, help_text="how often it still may after this time")
    # When the next step is taken; of an acknowledged one, when it begins anew unless there is progress. None: never.
    next_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="acknowledged_pages"
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(fields=["next_at"], name="sweep_pages", condition=Q(next_at__isnull=False)),
            models.Index(fields=["state"], name="open_pages", condition=~Q(state="ended")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["ticket"], name="one_open_page_per_ticket", condition=~Q(state="ended")),
            models.CheckConstraint(condition=~Q(state="ended") | Q(next_at=None), name="ended_pages_do_not_wait"),
            models.CheckConstraint(
                condition=~Q(state="acknowledged") | Q(acknowledged_at__isnull=False),
                name="acknowledged_pages_say_when",
            ),
        ]

    def __str__(self) -> str:
        return f"page of #{self.ticket_id}"

    @property
    def is_open(self) -> bool:
        return self.state != PageState.ENDED


class Ring(models.Model):
    """One time that a person (or a room) is called, about whatever waits for them then. `code` is what they answer with
    by SMS and phone."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="rings")
    room = models.ForeignKey(Channel, null=True, on_delete=models.CASCADE, related_name="rings")
    at = models.DateTimeField()
    code = models.CharField(max_length=4)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-at"], name="rings_of_a_person", condition=Q(user__isnull=False)),
            models.Index(fields=["room", "-at"], name="rings_of_a_room", condition=Q(room__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, room__isnull=False) | Q(room=None, user__isnull=False),
                name="rings_are_for_a_person_or_a_room",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user or self.room} at {self.at}"


class CallState(models.TextChoices):
    WAITING = "waiting", "To be called"
    RUNG = "rung", "Called"
    FAILED = "failed", "Could not be called"
    DROPPED = "dropped", "Not needed any more"


class Call(models.Model):
    """One way of reaching one person (or one room) for one step of a page. `way`: the contact method's, or "email" for
    the address they sign in with, or "room"."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="calls")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="calls")
    room = models.ForeignKey(Channel, null=True, on_delete=models.CASCADE, related_name="calls")
    way = models.CharField(max_length=20)
    method = models.ForeignKey(ContactMethod, null=True, on_delete=models.SET_NULL, related_name="+")
    step = models.PositiveSmallIntegerField(help_text="0: called by hand")
    attempt = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=7, choices=CallState.choices, default=CallState.WAITING)
    due_at = models.DateTimeField(null=True, help_text="when they are called; none: not any more")
    ring = models.ForeignKey(Ring, null=True, on_delete=models.SET_NULL, related_name="calls")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["due_at"], name="sweep_calls", condition=Q(due_at__isnull=False))]
        constraints = [
            models.UniqueConstraint(
                fields=["page", "user", "room", "way", "step", "attempt"],
                name="one_call_per_page_person_way_step_attempt",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", due_at__isnull=False) | (~Q(state="waiting") & Q(due_at=None)),
                name="only_waiting_calls_are_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.room} by {self.way}, step {self.step}, attempt {self.attempt}"
