from typing import Any

from django.db import models
from django.db.models.functions import Lower

from sla.calendar_fields import WEEKDAYS
from sla.hours import Calendar as Hours


class Calendar(models.Model):
    """When the desk works, in one time zone. An edit makes a new version; CalendarVersion keeps every one."""

    name = models.CharField(max_length=100)
    zone = models.CharField("time zone", max_length=64, default="UTC")
    hours = models.JSONField(default=dict, help_text='weekday -> windows: {"mon": [["09:00", "17:00"]]}')
    holidays = models.JSONField(default=list, blank=True, help_text="closed dates, YYYY-MM-DD")
    holiday_names = models.JSONField(default=dict, blank=True, help_text="date -> what is celebrated")
    yearly = models.JSONField(default=list, blank=True, help_text="dates closed every year, MM-DD")
    overrides = models.JSONField(default=dict, blank=True, help_text="date -> the windows of that one day")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="one_calendar_per_name")]

    def __str__(self) -> str:
        return self.name

    def definition(self) -> dict[str, Any]:
        """The shape that sla.hours reads."""
        return {
            "tz": self.zone,
            "hours": self.hours,
            "holidays": self.holidays,
            "holidays_yearly": self.yearly,
            "overrides": self.overrides,
        }

    @property
    def is_always(self) -> bool:
        """Around the clock, every day: a day has 24 working hours."""
        whole = all(self.hours.get(day) == [["00:00", "24:00"]] for day in WEEKDAYS)
        return whole and not (self.holidays or self.yearly or self.overrides)

    def as_hours(self) -> Hours:
        """The calendar in force; equal definitions share one object and its tables. Raises sla.hours.CalendarError."""
        return Hours.from_dict(self.definition())


class CalendarVersion(models.Model):
    """A calendar as it once was, so that a deadline of then can be explained now. Append-only."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    definition = models.JSONField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["calendar", "-version"]
        constraints = [models.UniqueConstraint(fields=["calendar", "version"], name="one_calendar_row_per_version")]

    def __str__(self) -> str:
        return f"calendar {self.calendar_id} v{self.version}"

    def as_hours(self) -> Hours:
        """The calendar as it was in this version."""
        return Hours.from_dict(self.definition)
