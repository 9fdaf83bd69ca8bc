"""What the settings ask about a calendar: windows as text, dates one a line."""

import zoneinfo
from typing import Any

from django import forms

from sla import hours
from sla.calendar_fields import WEEKDAYS
from sla.models import Calendar

NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CLOSED = ("", "closed", "-", "–")
FIELDS = {"tz": "zone", "holidays_yearly": "yearly"}


def read_windows(text: str) -> list[list[str]]:
    """ "09:00-12:00, 13:00-17:00" as [["09:00", "12:00"], …]; sla.hours refuses what is no window."""
    if text.strip().lower() in CLOSED:
        return []
    return [[end.strip() for end in part.replace("–", "-").split("-")] for part in text.split(",")]


def write_windows(windows: list[list[str]]) -> str:
    """The text that `read_windows` reads."""
    return ", ".join("-".join(pair) for pair in windows)


class CalendarForm(forms.Form):
    """One calendar. Errors stand at the field that sla.hours names."""

    name = forms.CharField(max_length=100)
    zone = forms.ChoiceField(label="Time zone")
    holidays = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        label="Closed dates",
        help_text="One a line: 2026-12-25 Christmas Day",
    )
    yearly = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Closed every year",
        help_text="One a line: 12-25",
    )
    overrides = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Other hours on a date",
        help_text="One a line: 2026-12-24 09:00-12:00",
    )

    def __init__(self, data: Any = None, *, calendar: Calendar | None = None) -> None:
        super().__init__(data, initial=start_values(calendar))
        zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC")
        self.fields["zone"].choices = [(zone, zone.replace("_", " ")) for zone in zones]  # type: ignore[attr-defined]
        for day, name in zip(WEEKDAYS, NAMES, strict=True):
            widget = forms.TextInput(attrs={"placeholder": "closed"})
            self.fields[day] = forms.CharField(label=name, required=False, max_length=200, widget=widget)

    @property
    def week(self) -> list[forms.BoundField]:
        """The seven fields of the week."""
        return [self[day] for day in WEEKDAYS]

    def definition(self) -> dict[str, Any]:
        """The shape that sla.hours reads."""
        given = self.cleaned_data
        dates = [line.split(None, 1) for line in given["overrides"].splitlines() if line.strip()]
        return {
            "tz": given["zone"],
            "hours": {day: windows for day in WEEKDAYS if (windows := read_windows(given[day]))},
            "holidays": sorted({line.split(None, 1)[0] for line in given["holidays"].splitlines() if line.strip()}),
            "holidays_yearly": sorted(
                {line.split(None, 1)[0] for line in given["yearly"].splitlines() if line.strip()}
            ),
            "overrides": {parts[0]: read_windows(parts[1] if len(parts) > 1 else "") for parts in dates},
        }

    def holiday_names(self) -> dict[str, str]:
        """date -> its name, of the closed dates that have one."""
        lines = [line.split(None, 1) for line in self.cleaned_data["holidays"].splitlines() if line.strip()]
        return {parts[0]: parts[1].strip()[:100] for parts in lines if len(parts) > 1}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if self.errors:
            return given
        for name, message in hours.problems(self.definition()):
            head, _, rest = name.partition(".")
            field = rest if head == "hours" and rest in WEEKDAYS else FIELDS.get(head, head)
            self.add_error(field if field in self.fields else ("mon" if head == "hours" else None), message)
        return given


def start_values(calendar: Calendar | None) -> dict[str, str]:
    """What the form shows first; Monday to Friday, nine to five, for a new one."""
    if calendar is None:
        return {"zone": "UTC", **dict.fromkeys(WEEKDAYS[:5], "09:00-17:00")}
    names = calendar.holiday_names
    return {
        "name": calendar.name,
        "zone": calendar.zone,
        "holidays": "\n".join(f"{day} {names.get(day, '')}".strip() for day in sorted(calendar.holidays)),
        "yearly": "\n".join(calendar.yearly),
        "overrides": "\n".join(
            f"{day} {write_windows(w) or 'closed'}" for day, w in sorted(calendar.overrides.items())
        ),
        **{day: write_windows(windows) for day, windows in calendar.hours.items()},
    }
