from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Team
from catalog.models import Site
from integrations.models import Channel
from oncall.models.rota import Rota
from sla.models import Calendar
from tickets.models import Severity


class Ladder(models.Model):
    """Who is called for a ticket, step by step, until somebody acknowledges. Of those that fit a ticket (its team, its
    site, its severity) the one with the lowest position is climbed."""

    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=1)
    is_automatic = models.BooleanField(
        "starts by itself",
        default=True,
        help_text="Off: only by hand, from another ladder, or from a stage of a policy.",
    )
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="ladders")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.CASCADE, related_name="ladders")
    severities: "ArrayField[list[int], list[int]]" = ArrayField(
        models.PositiveSmallIntegerField(choices=Severity.choices), default=list, blank=True
    )
    repeats = models.PositiveSmallIntegerField(default=2, help_text="So many times more when nobody answers.")
    ack_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, default=30, help_text="Acknowledged and no progress for so long: it begins anew."
    )
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(Lower("name"), name="one_ladder_per_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def spoken(self) -> str:
        """Which tickets it is for: "P1 and P2 of the team Front-end, site Shop"."""
        levels = [f"P{severity}" for severity in sorted(self.severities)]
        which = f"{', '.join(levels[:-1])} and {levels[-1]}" if len(levels) > 1 else levels[0] if levels else "All"
        where = [f"the team {self.team}" if self.team else "", f"the site {self.site}" if self.site else ""]
        named = ", ".join(filter(None, where))
        return f"{which} of {named}" if named else f"{which} tickets"


class Step(models.Model):
    """Whom one step calls, and how long it waits for an answer before the next."""

    ladder = models.ForeignKey(Ladder, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    wait_minutes = models.PositiveSmallIntegerField(default=5)
    calendar = models.ForeignKey(
        Calendar, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Skipped outside of it."
    )
    round_robin = models.BooleanField(default=False, help_text="Only one of its people, in turn.")
    turn = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["ladder", "position"]
        constraints = [
            models.UniqueConstraint(fields=["ladder", "position"], name="one_step_per_position"),
            models.CheckConstraint(condition=Q(wait_minutes__gte=1), name="steps_wait"),
        ]

    def __str__(self) -> str:
        return f"step {self.position} of {self.ladder}"


class TargetKind(models.TextChoices):
    USER = "user", "Person"
    ROTA = "rota", "Who is on call for"
    TEAM = "team", "Everybody of"
    ASSIGNEE = "assignee", "Whoever has the ticket"
    MANAGER = "manager", "The team's manager"
    CHANNEL = "channel", "Room or webhook"
    LADDER = "ladder", "The steps of"


class Target(models.Model):
    """One of those whom a step calls. The row that its kind names is set; none for the assignee and the manager."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="targets")
    kind = models.CharField(max_length=8, choices=TargetKind.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    rota = models.ForeignKey(Rota, null=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, null=True, on_delete=models.CASCADE, related_name="+")
    ladder = models.ForeignKey(Ladder, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["assignee", "manager"])
                | Q(kind="user", user__isnull=False)
                | Q(kind="rota", rota__isnull=False)
                | Q(kind="team", team__isnull=False)
                | Q(kind="channel", channel__isnull=False)
                | Q(kind="ladder", ladder__isnull=False),
                name="targets_name_somebody",
            ),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.get_kind_display()), str(self.what or ""))))

    @property
    def what(self) -> models.Model | None:
        """The person, rota, team, channel or ladder."""
        return self.user or self.rota or self.team or self.channel or self.ladder

    @property
    def what_id(self) -> int | None:
        """Its number, without asking for the row."""
        return self.user_id or self.rota_id or self.team_id or self.channel_id or self.ladder_id
