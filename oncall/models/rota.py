from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.models import Team
from oncall import rota as pure
from sla.hours import Calendar


class Unit(models.TextChoices):
    HOURS = "hours", "hours"
    DAYS = "days", "days"
    WEEKS = "weeks", "weeks"


class Rota(models.Model):
    """Who is on call for something, in turns. Hand-overs are times of its zone's wall clock."""

    name = models.CharField(max_length=100)
    zone = models.CharField("time zone", max_length=64)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="rotas")
    changed_at = models.DateTimeField(help_text="it, its layers, overrides: whatever its calendar shows")
    drill_hours = models.PositiveSmallIntegerField(
        "drill before a shift",
        default=24,
        db_default=24,
        help_text="So many hours before, everybody's contact methods are tried. 0: never.",
    )
    # When somebody looks next whether a shift comes that is drilled; at once after any change. None: never.
    drills_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["name"]
        indexes = [models.Index(fields=["drills_at"], name="sweep_rotas", condition=Q(drills_at__isnull=False))]
        constraints = [models.UniqueConstraint(Lower("name"), name="one_rota_per_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        """Raises oncall.rota.RotaError should a later time zone database have dropped it."""
        return pure.zone_named(self.zone)


class Layer(models.Model):
    """People who take turns. A higher position stands above a lower one."""

    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="layers")
    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=1)
    length = models.PositiveSmallIntegerField(default=1)
    unit = models.CharField(max_length=5, choices=Unit.choices, default=Unit.WEEKS)
    first_day = models.DateField()
    handoff = models.TimeField(default=time(9))
    last_day = models.DateField(null=True, blank=True, help_text="included; empty: until further notice")
    hours = models.JSONField(default=dict, blank=True, help_text="windows by weekday; empty: around the clock")

    class Meta:
        ordering = ["rota", "position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(length__gte=1), name="turns_have_a_length"),
            models.CheckConstraint(
                condition=Q(last_day=None) | Q(last_day__gte=F("first_day")), name="layers_end_after_they_begin"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def every(self) -> timedelta:
        return timedelta(**{self.unit: self.length})

    @property
    def lasts(self) -> str:
        """How long a turn is: "1 week", "12 hours"."""
        return f"{self.length} {self.unit[:-1] if self.length == 1 else self.unit}"

    def as_pure(self, people: tuple[int | None, ...], zone: str) -> pure.Layer:
        """As `oncall.rota` reckons with it. Raises RotaError, or sla.hours.CalendarError."""
        last = datetime.combine(self.last_day + timedelta(days=1), time(0)) if self.last_day else None
        return pure.Layer(
            people=people,
            first=datetime.combine(self.first_day, self.handoff),
            every=self.every,
            until=last,
            hours=Calendar.from_dict({"tz": zone, "hours": self.hours}) if self.hours else None,
        )


class LayerMember(models.Model):
    """One turn of a layer. Somebody may have several."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="turns")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["layer", "position"]
        constraints = [models.UniqueConstraint(fields=["layer", "position"], name="one_person_per_turn")]

    def __str__(self) -> str:
        return f"{self.position}. {self.user}"


class Override(models.Model):
    """Somebody instead of whoever would be on call; of two at once the newer one holds."""

    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="overrides")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="overrides")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="overrides_end_after_they_begin")
        ]
        indexes = [models.Index(fields=["rota", "ends_at"], name="overrides_by_end")]

    def __str__(self) -> str:
        return f"{self.user} on {self.rota}"
