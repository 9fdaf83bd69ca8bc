"""What people fill in about noise: a silence, and how a source groups, flaps and may be silent."""

import zoneinfo
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from accounts.models import User
from catalog.models import Component, Site
from integrations.episodes import severity
from integrations.episodes.recurrence import LONGEST, Rule, rule_from, rule_of
from integrations.forms import components_by_site
from integrations.models import Silence, Source
from tickets.forms import LocalDateTime
from tickets.models import teams_hidden_from

MAX_LABELS = 20
OFTEN = [("1", "Every week"), ("2", "Every 2 weeks"), ("3", "Every 3 weeks"), ("4", "Every 4 weeks")]
DAYS = [
    ("1", "Monday"), ("2", "Tuesday"), ("3", "Wednesday"), ("4", "Thursday"), ("5", "Friday"), ("6", "Saturday"),
    ("7", "Sunday"),
]  # fmt: skip
REPEATING = ("every", "days", "zone", "until")


class SilenceForm(forms.Form):
    """From–to, and what an alert must be to be held back."""

    kind = forms.ChoiceField(label="What is it?", choices=Silence.Kind.choices)
    reason = forms.CharField(max_length=300, label="Why", help_text="Read by whoever misses an alert.")
    starts_at = LocalDateTime(label="From")
    ends_at = LocalDateTime(label="To", help_text="What still fires then opens its ticket.")
    source = forms.ModelChoiceField(Source.objects.all(), required=False, empty_label="Any")
    site = forms.ModelChoiceField(Site.objects.all(), required=False, empty_label="Any")
    component = forms.ModelChoiceField(Component.objects.all(), required=False)
    name = forms.CharField(
        max_length=250, required=False, label="Alert name", help_text="The whole title; * stands for anything."
    )
    labels = forms.CharField(
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One a line: host=web-*. All of them must fit.",
    )

    every = forms.ChoiceField(label="Repeats", required=False, choices=[("", "Does not repeat"), *OFTEN])
    days = forms.MultipleChoiceField(
        label="On", required=False, choices=DAYS, widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: on the weekday on which it begins.",
    )  # fmt: skip
    zone = forms.ChoiceField(label="By the clocks of", required=False)
    until = forms.DateField(
        label="Begins for the last time on", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: Any = None, *, user: User, silence: Silence | None = None) -> None:
        super().__init__(data, initial=first_values(silence))
        zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC")
        self.fields["zone"].choices = [(zone, zone) for zone in zones]  # type: ignore[attr-defined]
        if silence and silence.repeats and silence.recurs_at is None:  # its series goes on from a later one
            for name in REPEATING:
                del self.fields[name]
        source, component = self.fields["source"], self.fields["component"]
        assert isinstance(source, forms.ModelChoiceField) and isinstance(component, forms.ModelChoiceField)
        if not user.is_admin:
            source.queryset = Source.objects.exclude(team__in=teams_hidden_from(user))
        component.choices = [("", "Any"), *components_by_site()[1:]]

    def clean_labels(self) -> dict[str, str]:
        labels = {}
        for line in self.cleaned_data["labels"].splitlines():
            name, is_one, value = line.partition("=")
            if not line.strip():
                continue
            if not is_one or not name.strip():
                raise forms.ValidationError(f"“{line.strip()[:60]}” is not a label: write name=value.")
            labels[name.strip()] = value.strip()
        if len(labels) > MAX_LABELS:
            raise forms.ValidationError(f"At most {MAX_LABELS} labels.")
        return labels

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        what = ("source", "site", "component", "name", "labels")
        if not self.errors and not any(data.get(name) for name in what):
            raise forms.ValidationError("Say which alerts: a source, a site, a component, a name or labels.")
        if not self.errors and data.get("every"):
            data["repeats"] = self.rule(data).kept()
        return data

    def rule(self, data: dict[str, Any]) -> Rule:
        """How it repeats; errors are added to their fields."""
        zone = data.get("zone") or "UTC"
        begin, end, until = data["starts_at"], data["ends_at"], data.get("until")
        weekday = begin.astimezone(ZoneInfo(zone)).isoweekday()
        days = tuple(int(day) for day in data.get("days", ())) or (weekday,)
        if weekday not in days:
            self.add_error("days", f"It begins on a {dict(DAYS)[str(weekday)]}: tick that too.")
        if end - begin > LONGEST:
            self.add_error("ends_at", "What repeats lasts a week at most.")
        if until and until < begin.astimezone(ZoneInfo(zone)).date():
            self.add_error("until", "That is before it begins for the first time.")
        return rule_from(begin, end, zone=zone, weeks=int(data["every"]), days=days, until=until)

    def silence(self) -> Silence:
        """What was filled in, not yet saved."""
        return Silence(**{name: value for name, value in self.cleaned_data.items() if name not in REPEATING})


def first_values(silence: Silence | None) -> dict[str, Any]:
    """What the form shows at first: a silence as it is, else the next two hours."""
    zone = timezone.get_current_timezone_name()
    if silence is None:
        now = timezone.now().replace(second=0, microsecond=0)
        return {"starts_at": now, "ends_at": now + timedelta(hours=2), "zone": zone}
    names = ("kind", "reason", "starts_at", "ends_at", "source", "site", "component", "name")
    first = {name: getattr(silence, name) for name in names} | {"zone": zone}
    first["labels"] = "\n".join(f"{name}={value}" for name, value in silence.labels.items())
    if silence.repeats:
        rule = rule_of(silence.repeats)
        first |= {"every": str(rule.weeks), "days": [str(day) for day in rule.days], "zone": rule.zone}
        first["until"] = rule.until
    return first


class NoiseForm(forms.ModelForm):
    """How a source groups its alerts, when they flap, and how often it should speak."""

    class Meta:
        model = Source
        fields = ["group_by", "group_minutes", "flap_flips", "flap_minutes", "severities", "expected_minutes"]
        labels = {
            "group_by": "Group by",
            "group_minutes": "Within minutes",
            "flap_flips": "Changes that are flapping",
            "flap_minutes": "Within minutes, and calm for as long",
            "severities": "Severity by alert name",
            "expected_minutes": "Should speak every … minutes",
        }
        widgets = {"severities": forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limits = {"group_minutes": 1440, "flap_flips": 50, "flap_minutes": 1440, "expected_minutes": 10080}
        for name, most in limits.items():
            field = self.fields[name]
            assert isinstance(field, forms.IntegerField)
            least = 0 if name == "flap_flips" else 1
            self.fields[name] = forms.IntegerField(
                min_value=least, max_value=most, required=field.required, label=field.label, help_text=field.help_text
            )

    def clean_group_by(self) -> str:
        words = [word.strip() for word in self.cleaned_data["group_by"].split(",")]
        return ", ".join(dict.fromkeys(word for word in words if word))

    def clean_severities(self) -> str:
        try:
            return severity.written(severity.rules_of(self.cleaned_data["severities"]))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
