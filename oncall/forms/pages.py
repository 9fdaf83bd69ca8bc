"""What the ticket's page asks before somebody is called."""

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Membership, Role, User
from oncall.models import Ladder
from oncall.plans import fitting
from tickets.models import Ticket

SAID = {"help_text": "Those who are called read it.", "max_length": 300}


def callable_for(ticket: Ticket) -> "QuerySet[User]":
    """The people of the desk who see the ticket."""
    people = User.objects.desk()
    if ticket.team.restricted:
        member = Membership.objects.filter(team=ticket.team_id, user=OuterRef("pk"))
        people = people.filter(Q(Exists(member)) | Q(role=Role.ADMIN))
    return people


class PageForm(forms.Form):
    """A ladder, or people."""

    ladder = forms.ModelChoiceField(Ladder.objects.all(), required=False, empty_label="No ladder: the people below")
    people = forms.ModelMultipleChoiceField(User.objects.none(), required=False, help_text="One or several.")
    reason = forms.CharField(required=False, **SAID)  # type: ignore[arg-type]

    def __init__(self, data: Any = None, *, ticket: Ticket, is_first: bool) -> None:
        fits = fitting(ticket, by_itself=False) if data is None and is_first else None
        super().__init__(data, initial={"ladder": fits and fits.pk})
        self.fields["people"].queryset = callable_for(ticket)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("ladder") and given.get("people"):
            self.add_error("people", "Choose either a ladder or people.")
        elif not self.errors and not given.get("ladder") and not given.get("people"):
            self.add_error("people", "Choose whom to call.")
        return given


class ResponderForm(forms.Form):
    """One more person."""

    whom = forms.ModelChoiceField(User.objects.none(), empty_label="Choose")

    def __init__(self, data: Any = None, *, ticket: Ticket) -> None:
        super().__init__(data)
        self.fields["whom"].queryset = callable_for(ticket)  # type: ignore[attr-defined]
