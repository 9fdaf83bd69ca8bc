"""What the settings ask about a contract: of whom, which plan and policy, from when to when, and its named contacts."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.models import Organisation
from sla.models import Contract, Policy
from tickets.models import Severity


class ContractForm(forms.Form):
    """One contract."""

    organisation = forms.ModelChoiceField(Organisation.objects.all(), label="Customer")
    name = forms.CharField(max_length=100, label="Plan", help_text="Gold, Basic, 24×7")
    policy = forms.ModelChoiceField(Policy.objects.filter(is_active=True), help_text="What it promises.")
    begins = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label="First day")
    ends = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        label="Last day",
        help_text="Empty: until further notice.",
    )

    def __init__(self, data: Any = None, *, contract: Contract | None = None) -> None:
        known = {}
        if contract:
            known = {name: getattr(contract, name) for name in ("organisation", "name", "policy")}
            # As the browser's own date picker reads them.
            known |= {name: day.isoformat() for name in ("begins", "ends") if (day := getattr(contract, name))}
        super().__init__(data, initial=known)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("ends") and given.get("begins") and given["ends"] < given["begins"]:
            self.add_error("ends", "It ends before it begins.")
        return given


class ContactForm(forms.Form):
    """One line of the named contacts; an empty address is none."""

    name = forms.CharField(max_length=200, required=False)
    email = forms.EmailField(required=False, max_length=254, label="Address")
    severities = forms.TypedMultipleChoiceField(
        choices=Severity.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Only severities",
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("name") and not given.get("email") and "email" not in self.errors:
            self.add_error("email", "Give an address, or empty the name.")
        return given


ContactFormSet = forms.formset_factory(ContactForm, extra=2, max_num=50, absolute_max=60)


def known_contacts(contract: Contract | None) -> list[dict[str, Any]]:
    """What the formset shows first."""
    if contract is None:
        return []
    return [
        {"name": one.user.name, "email": one.user.email, "severities": one.severities}
        for one in contract.contacts.select_related("user")
    ]


def contacts_given(lines: Sequence[forms.Form]) -> list[tuple[str, str, list[int]]]:
    """(name, address, severities) of each that has an address."""
    return [
        (given["name"], given["email"], sorted(given["severities"]))
        for line in lines
        if (given := line.cleaned_data) and given["email"]
    ]
