"""What the settings ask about a policy: for whom, how fast, and what pauses its clocks."""

from collections.abc import Iterator
from typing import Any

from django import forms

from accounts.models import Organisation
from catalog.models import Site
from sla import durations
from sla.durations import Promise
from sla.models import Calendar, Obligation, Policy, Reopening, Retargeting, Scope
from sla.models.policy import CENTURY, MAX_DAYS
from tickets.models import Severity, TicketKind
from tickets.states import LABELS, Status

PAUSING = [(status.value, LABELS[status]) for status in (Status.WAITING, Status.ON_HOLD)]
FREE = ("name", "position", "organisation", "site", "kind", "is_active")
OPTIONS = ("reopening", "retargeting", "scope", "times_desk_opened")


class PromiseField(forms.CharField):
    """A durations.Promise, written as people do; None when empty: nothing is promised."""

    def clean(self, value: Any) -> Promise | None:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            promise = durations.parse_promise(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
        if promise.days is None and not 1 <= (promise.seconds or 0) <= CENTURY:
            raise forms.ValidationError("Give a target between a second and a century, or leave it empty.")
        if promise.days is not None and not 1 <= promise.days <= MAX_DAYS:
            raise forms.ValidationError(f"Give between 1 and {MAX_DAYS} working days.")
        return promise


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
    reopening = forms.ChoiceField(choices=Reopening.choices, label="When a ticket is reopened")
    retargeting = forms.ChoiceField(choices=Retargeting.choices, label="A new target counts")
    scope = forms.ChoiceField(choices=Scope.choices, label="Next response is owed to")
    times_desk_opened = forms.BooleanField(required=False, label="First response also where the desk opened the ticket")

    def __init__(self, data: Any = None, *, policy: Policy | None = None) -> None:
        super().__init__(data, initial=start_values(policy))
        for severity in Severity:
            for obligation in Obligation:
                label = f"{obligation.label}, {severity.label}"
                self.fields[f"{obligation}_{severity}"] = PromiseField(label=label, required=False, max_length=40)
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
        """Name, order and conditions."""
        return [self[name] for name in FREE if name in self.fields]

    def option_fields(self) -> list[forms.BoundField]:
        """How its clocks behave."""
        return [self[name] for name in OPTIONS]

    def targets(self) -> dict[tuple[int, str], tuple[Promise, Calendar]]:
        """(severity, obligation) -> (target, calendar), of those that are promised."""
        given = self.cleaned_data
        return {
            (severity.value, obligation.value): (promise, given[f"calendar_{severity}"])
            for severity in Severity
            for obligation in Obligation
            if (promise := given[f"{obligation}_{severity}"]) is not None
        }

    def values(self) -> dict[str, Any]:
        """What the policy itself keeps."""
        given = self.cleaned_data
        pauses = {str(obligation): given[f"pauses_{obligation}"] for obligation in Obligation}
        kept = {name: given[name] for name in (*FREE, *OPTIONS) if name in self.fields}
        return kept | {"pauses": {obligation: statuses for obligation, statuses in pauses.items() if statuses}}


def start_values(policy: Policy | None) -> dict[str, Any]:
    """What the form shows first: the policy, or the default one as a pattern for a new one."""
    source = policy or Policy.objects.filter(is_default=True).first()
    values: dict[str, Any] = {"is_active": True, "position": 1}
    if source is None:
        return values
    for target in source.targets.select_related("calendar"):
        promise = Promise(target.seconds, target.days, target.end_of_day)
        text = durations.written_promise(promise, around_the_clock=target.calendar.is_always)
        values[f"{target.obligation}_{target.severity}"] = text
        values[f"calendar_{target.severity}"] = target.calendar_id
    values |= {f"pauses_{obligation}": statuses for obligation, statuses in source.pauses.items()}
    values |= {name: getattr(source, name) for name in OPTIONS}
    if policy is not None:
        for name in FREE:
            values[name] = getattr(policy, f"{name}_id", getattr(policy, name))
    return values
