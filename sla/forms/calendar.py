"""What the settings ask about a calendar: windows as text, dates one a line, each with what it is called."""

import re
import zoneinfo
from typing import Any

from django import forms

from sla import hours
from sla.calendar_fields import WEEKDAYS, Window, read
from sla.models import Calendar

NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CLOSED = ("", "closed", "-", "–")
FIELDS = {"tz": "zone", "holidays_yearly": "yearly"}
# The windows of a line, and what is behind them: "09:00-12:00, 13:00-15:00 Christmas Eve", "closed Inventory".
_LINE = re.compile(
    r"((?:closed|–|-)(?=\s|$)|[\d:]+\s*[-–]\s*[\d:]+(?:\s*,\s*[\d:]+\s*[-–]\s*[\d:]+)*)(?:\s+(.*))?", re.I
)


def read_windows(text: str) -> list[list[str]]:
    """ "09:00-12:00, 13:00-17:00" as [["09:00", "12:00"], …]; sla.hours refuses what is no window."""
    if text.strip().lower() in CLOSED:
        return []
    return [[end.strip() for end in part.replace("–", "-").split("-")] for part in text.split(",")]


def write_windows(windows: list[list[str]]) -> str:
    """The text that `read_windows` reads."""
    return ", ".join("-".join(pair) for pair in windows)


def lines(text: str) -> list[tuple[str, str]]:
    """(date, the rest) of each line that says something."""
    parts = (line.split(None, 1) for line in text.splitlines() if line.strip())
    return [(part[0], part[1].strip() if len(part) > 1 else "") for part in parts]


def windows_and_name(text: str) -> tuple[str, str]:
    """What a date's own hours are, and what the day is called. Words alone are left to be refused as no window."""
    match = _LINE.fullmatch(text)
    return (match[1], match[2] or "") if match else (text, "")


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
        help_text="One a line: 12-25 Christmas Day",
    )
    overrides = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Other hours on a date",
        help_text="One a line: 2026-12-24 09:00-12:00, or 12-24 09:00-12:00 for every year. A name may follow.",
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

    def windows(self) -> tuple[tuple[Window, ...], ...]:
        """Monday to Sunday as they stand in the form, as far as they can be read."""
        week = {day: read_windows(str(self[day].value() or "")) for day in WEEKDAYS}
        return read({"hours": week}).hours

    def definition(self) -> dict[str, Any]:
        """The shape that sla.hours reads."""
        given = self.cleaned_data
        return {
            "tz": given["zone"],
            "hours": {day: windows for day in WEEKDAYS if (windows := read_windows(given[day]))},
            "holidays": sorted({day for day, _ in lines(given["holidays"])}),
            "holidays_yearly": sorted({day for day, _ in lines(given["yearly"])}),
            "overrides": {day: read_windows(windows_and_name(rest)[0]) for day, rest in lines(given["overrides"])},
        }

    def holiday_names(self) -> dict[str, str]:
        """date (MM-DD for one of every year) -> its name, of those that have one."""
        given = self.cleaned_data
        named = [*lines(given["holidays"]), *lines(given["yearly"])]
        named += [(day, windows_and_name(rest)[1]) for day, rest in lines(given["overrides"])]
        return {day: name[:100] for day, name in named if name}

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
        "yearly": "\n".join(f"{day} {names.get(day, '')}".strip() for day in sorted(calendar.yearly)),
        "overrides": "\n".join(
            f"{day} {write_windows(w) or 'closed'} {names.get(day, '')}".strip()
            for day, w in sorted(calendar.overrides.items())
        ),
        **{day: write_windows(windows) for day, windows in calendar.hours.items()},
    }
