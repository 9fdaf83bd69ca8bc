"""What the settings ask about tiers: a duration for each severity, and in which calendar it counts."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from accounts.models.team import Tier
from sla import durations
from sla.models import Calendar, TierBudget
from sla.models.policy import CENTURY
from tickets.models import Severity

AT_ONCE = "at once"


class BudgetField(forms.CharField):
    """Seconds, written as people do, 0 for "at once"; None when empty: no budget."""

    def clean(self, value: Any) -> int | None:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            seconds = 0 if text.lower() in (AT_ONCE, "0") else durations.parse(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
        if seconds > CENTURY:
            raise forms.ValidationError("Give less than a century, or leave it empty.")
        return seconds


class BudgetsForm(forms.Form):
    """A row for each severity: a budget for each tier, and the calendar that they count in."""

    def __init__(self, data: Any = None) -> None:
        now = {(row.tier, row.severity): row for row in TierBudget.objects.select_related("calendar")}
        super().__init__(data)
        for severity in Severity:
            rows = [row for (_, of), row in now.items() if of == severity]
            for tier in Tier:
                self.fields[name_of(tier, severity)] = BudgetField(
                    label=f"{tier.label}, {severity.label}",
                    required=False,
                    max_length=40,
                    initial=text_of(now.get((tier.value, severity.value))),
                )
            self.fields[f"calendar_{severity}"] = forms.ModelChoiceField(
                Calendar.objects.all(),
                empty_label=None,
                label=f"Calendar, {severity.label}",
                initial=rows[0].calendar_id if rows else None,
            )

    @property
    def tiers(self) -> list[str]:
        """The heads of the table's columns."""
        return [str(tier.label) for tier in Tier]

    def table(self) -> list[tuple[int, list[BoundField], BoundField]]:
        """(severity, its budgets' fields, its calendar's field) of each row."""
        return [
            (severity.value, [self[name_of(tier, severity)] for tier in Tier], self[f"calendar_{severity}"])
            for severity in Severity
        ]

    def budgets(self) -> dict[tuple[int, int], tuple[int, Calendar]]:
        """(tier, severity) -> (seconds, calendar), of those that have a budget."""
        given = self.cleaned_data
        return {
            (tier.value, severity.value): (seconds, given[f"calendar_{severity}"])
            for severity in Severity
            for tier in Tier
            if (seconds := given[name_of(tier, severity)]) is not None
        }


def name_of(tier: int, severity: int) -> str:
    return f"budget_{int(tier)}_{int(severity)}"


def text_of(row: TierBudget | None) -> str:
    """As `BudgetField` reads it back."""
    if row is None:
        return ""
    return durations.written(row.seconds, around_the_clock=row.calendar.is_always) if row.seconds else AT_ONCE
