"""What the settings ask about a policy: for whom, how fast, and what pauses its clocks."""

from collections.abc import Iterator
from typing import Any

from django import forms

from accounts.models import Organisation
from catalog.models import Site
from sla import durations
from sla.models import Calendar, Obligation, Policy
from sla.models.policy import CENTURY
from tickets.models import Severity, TicketKind
from tickets.states import LABELS, Status

PAUSING = [(status.value, LABELS[status]) for status in (Status.WAITING, Status.ON_HOLD)]
FREE = ("name", "position", "organisation", "site", "kind", "is_active", "warn_percent")


class DurationField(forms.CharField):
    """Seconds, written as people do; None when empty: nothing is promised."""

    def clean(self, value: Any) -> int | None:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            seconds = durations.parse(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
        if not 1 <= seconds <= CENTURY:
            raise forms.ValidationError("Give a target between a second and a century, or leave it empty.")
        return seconds


class PolicyForm(forms.Form):
    """One policy. The default one has no conditions: it applies when no other does."""

    name = forms.CharField(max_length=100)
    position = forms.IntegerField(
        min_value=0, max_value=10_000, label="Order", help_text="Lower numbers are tried first; the first match counts."
    )
    organisation = forms.ModelChoiceField(
        Organisation.objects.all(), required=False, help_text="Only tickets of this customer."
    )
    site = forms.ModelChoiceField(Site.objects.all(), required=False, help_text="Only tickets of this site.")
    kind = forms.ChoiceField(choices=[("", "Any kind"), *TicketKind.choices], required=False)
    is_active = forms.BooleanField(required=False, label="In use")
    warn_percent = forms.IntegerField(min_value=1, max_value=99, label="Warn at", help_text="Percent of a target.")

    def __init__(self, data: Any = None, *, policy: Policy | None = None) -> None:
        super().__init__(data, initial=start_values(policy))
        for severity in Severity:
            for obligation in Obligation:
                label = f"{obligation.label}, {severity.label}"
                self.fields[f"{obligation}_{severity}"] = DurationField(label=label, required=False, max_length=40)
            self.fields[f"calendar_{severity}"] = forms.ModelChoiceField(
                Calendar.objects.all(), empty_label=None, label=f"Calendar, {severity.label}"
            )
        for obligation in Obligation:
            self.fields[f"pauses_{obligation}"] = forms.MultipleChoiceField(
                choices=PAUSING,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                label=f"{obligation.label} pauses when",
            )
        if policy and policy.is_default:
            for name in ("position", "organisation", "site", "kind", "is_active"):
                del self.fields[name]

    @property
    def obligations(self) -> list[str]:
        """The heads of the table's columns."""
        return [str(obligation.label) for obligation in Obligation]

    def table(self) -> Iterator[tuple[int, list[forms.BoundField], forms.BoundField]]:
        """(severity, its targets' fields, its calendar's field) of each row."""
        for severity in Severity:
            yield (
                severity,
                [self[f"{obligation}_{severity}"] for obligation in Obligation],
                self[f"calendar_{severity}"],
            )

    def pause_fields(self) -> list[forms.BoundField]:
        """One per obligation."""
        return [self[f"pauses_{obligation}"] for obligation in Obligation]

    def free_fields(self) -> list[forms.BoundField]:
        """Name, order, conditions and the warning."""
        return [self[name] for name in FREE if name in self.fields]

    def targets(self) -> dict[tuple[int, str], tuple[int, Calendar]]:
        """(severity, obligation) -> (seconds, calendar), of those that are promised."""
        given = self.cleaned_data
        return {
            (severity.value, obligation.value): (seconds, given[f"calendar_{severity}"])
            for severity in Severity
            for obligation in Obligation
            if (seconds := given[f"{obligation}_{severity}"]) is not None
        }

    def values(self) -> dict[str, Any]:
        """What the policy itself keeps."""
        given = self.cleaned_data
        pauses = {str(obligation): given[f"pauses_{obligation}"] for obligation in Obligation}
        kept = {name: given[name] for name in FREE if name in self.fields}
        return kept | {"pauses": {obligation: statuses for obligation, statuses in pauses.items() if statuses}}


def start_values(policy: Policy | None) -> dict[str, Any]:
    """What the form shows first: the policy, or the default one as a pattern for a new one."""
    source = policy or Policy.objects.filter(is_default=True).first()
    values: dict[str, Any] = {"is_active": True, "position": 1, "warn_percent": 75}
    if source is None:
        return values
    for target in source.targets.select_related("calendar"):
        text = durations.written(target.seconds, around_the_clock=target.calendar.is_always)
        values[f"{target.obligation}_{target.severity}"] = text
        values[f"calendar_{target.severity}"] = target.calendar_id
    values |= {f"pauses_{obligation}": statuses for obligation, statuses in source.pauses.items()}
    if policy is not None:
        for name in FREE:
            values[name] = getattr(policy, f"{name}_id", getattr(policy, name))
    return values
