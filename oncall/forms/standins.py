"""What the pages of the desk ask about standing in: an override, a swap."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils.formats import date_format

from accounts.models import User
from oncall.reading import Loaded
from oncall.rota import Shift, Span

MOST = 30  # shifts of each person, the next ones: turns of an hour make thousands


class Moment(forms.DateTimeField):
    """An instant, as the browser's own picker writes it, by the clock that the page shows."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class TakeOverForm(forms.Form):
    """From when to when somebody is on call, whoever would be: oneself, or, for managers, anybody."""

    user = forms.ModelChoiceField(User.objects.desk(), label="Who", empty_label=None)
    begins_at = Moment(label="From")
    ends_at = Moment(label="To")
    reason = forms.CharField(max_length=200, required=False)

    def __init__(self, data: Any = None, *, me: User) -> None:
        super().__init__(data, initial={"user": me.pk}, prefix="cover")
        if not me.is_manager:
            del self.fields["user"]


class SwapForm(forms.Form):
    """One of my shifts for one of somebody else's, or for nothing. Only shifts that there are can be chosen."""

    mine = forms.ChoiceField(label="My shift")
    theirs = forms.ChoiceField(label="In exchange for")
    reason = forms.CharField(max_length=200, required=False)

    def __init__(self, data: Any = None, *, loaded: Loaded, shifts: Sequence[Shift], me: User) -> None:
        super().__init__(data, prefix="swap")
        self.loaded = loaded
        mine = [shift for shift in shifts if shift.person == me.pk][:MOST]
        others = [user for key, user in loaded.people.items() if key != me.pk and user.is_desk]
        self.is_possible = bool(mine and others)
        self.fields["mine"].choices = [choice(shift, loaded) for shift in mine]  # type: ignore[attr-defined]
        self.fields["theirs"].choices = [  # type: ignore[attr-defined]
            (
                str(user),
                [(str(user.pk), f"{user}: nothing in return")]
                + [choice(shift, loaded, user) for shift in shifts if shift.person == user.pk][:MOST],
            )
            for user in sorted(others, key=str)
        ]

    def asked(self) -> dict[str, Any]:
        """What `ask_swap` is given, once it is valid."""
        _, mine = chosen(self.cleaned_data["mine"])
        person, theirs = chosen(self.cleaned_data["theirs"])
        return {
            "other": self.loaded.people[person],
            "mine": mine,
            "theirs": theirs,
            "reason": self.cleaned_data["reason"],
        }


def choice(shift: Shift, loaded: Loaded, user: User | None = None) -> tuple[str, str]:
    """(value, label) of a shift."""
    begin, end = (moment.astimezone(loaded.rota.zone) for moment in (shift.begin, shift.end))
    words = f"{date_format(begin, 'D j M H:i')} – {date_format(end, 'D j M H:i')}"
    key = f"{shift.person}/{shift.begin.isoformat()}/{shift.end.isoformat()}"
    return key, f"{user}: {words}" if user else words


def chosen(value: str) -> tuple[int, Span | None]:
    """The person and the shift of a value of ours; no shift for nothing in return."""
    person, *ends = value.split("/")
    if not ends:
        return int(person), None
    begin, end = map(datetime.fromisoformat, ends)
    return int(person), Span(begin, end)
