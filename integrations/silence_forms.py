"""What people fill in about noise: a silence, and how a source groups, flaps and may be silent."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import User
from catalog.models import Component, Site
from integrations.episodes import severity
from integrations.forms import components_by_site
from integrations.models import Silence, Source
from tickets.forms import LocalDateTime
from tickets.models import teams_hidden_from

MAX_LABELS = 20


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

    def __init__(self, data: Any = None, *, user: User) -> None:
        now = timezone.now().replace(second=0, microsecond=0)
        super().__init__(data, initial={"starts_at": now, "ends_at": now + timedelta(hours=2)})
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
        return data

    def silence(self) -> Silence:
        """What was filled in, not yet saved."""
        return Silence(**self.cleaned_data)


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
