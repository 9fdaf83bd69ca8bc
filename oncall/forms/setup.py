"""What the settings ask about a rota and its layers."""

import zoneinfo
from typing import Any

from django import forms
from django.db.models import Q

from accounts.models import Team, User
from accounts.models.user import DESK_ROLES
from oncall import restrictions
from oncall.actions.setup import LayerPlan
from oncall.models import Layer, Rota, Unit
from oncall.rota import FIRST_YEAR, LAST_YEAR, RotaError

MORE = 3  # empty turns under those that there are


class RotaForm(forms.Form):
    """One rota."""

    name = forms.CharField(max_length=100)
    zone = forms.ChoiceField(label="Time zone", help_text="Hand-overs are times of its wall clock.")
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="No team")
    drill_hours = forms.IntegerField(
        min_value=0, max_value=168, initial=24, label="Drill before a shift, hours",
        help_text="So long before, everybody's contact methods are tried, by day only. 0: never.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, rota: Rota | None, zone: str) -> None:
        known: dict[str, Any] = {"zone": zone}
        if rota:
            known = {"name": rota.name, "zone": rota.zone, "team": rota.team_id, "drill_hours": rota.drill_hours}
        super().__init__(data, initial=known)
        names = sorted(zoneinfo.available_timezones() | {known["zone"]})
        self.fields["zone"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]


class LayerForm(forms.Form):
    """One layer: what its turns are, when it counts, and who takes them in which order."""

    name = forms.CharField(max_length=100, initial="Round the clock")
    position = forms.IntegerField(
        min_value=1, max_value=99, initial=1, label="Order", help_text="A higher layer stands above the lower ones."
    )
    length = forms.IntegerField(min_value=1, max_value=8784, initial=1, label="A turn lasts")
    unit = forms.ChoiceField(choices=Unit.choices, initial=Unit.WEEKS, label="Unit")
    first_day = forms.DateField(label="First hand-over", widget=forms.DateInput(attrs={"type": "date"}))
    handoff = forms.TimeField(
        initial="09:00", label="At", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    last_day = forms.DateField(
        required=False, label="Last day", help_text="Empty: until further notice.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip
    hours = forms.CharField(
        required=False, label="Only within", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A line for some days: mon-fri 09:00-17:00. Past midnight: daily 22:00-06:00. Empty: always.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, layer: Layer | None, zone: str, position: int = 1) -> None:
        self.layer, self.zone = layer, zone
        known: dict[str, Any] = {"position": position}
        turns: list[User] = []
        if layer:
            turns = [member.user for member in layer.members.select_related("user")]
            known = {name: getattr(layer, name) for name in ("name", "position", "length", "unit", "handoff")}
            known |= {name: day.isoformat() for name in ("first_day", "last_day") if (day := getattr(layer, name))}
            known["hours"] = restrictions.write(layer.hours)
        super().__init__(data, initial=known)
        works = Q(role__in=DESK_ROLES, is_active=True)
        self.people = {str(u.pk): u for u in User.objects.filter(works | Q(pk__in=[u.pk for u in turns]))}
        choices = [("", "Nobody"), *((key, named(user)) for key, user in self.people.items())]
        asked = sum(1 for name in data if name.startswith("turn_")) if data else 0
        self.turns = [f"turn_{n}" for n in range(1, max(len(turns) + MORE, min(asked, 103)) + 1)]
        for number, name in enumerate(self.turns):
            self.fields[name] = forms.ChoiceField(
                choices=choices, required=False, label=f"Turn {number + 1}",
                initial=str(turns[number].pk) if number < len(turns) else "",
            )  # fmt: skip

    def clean_first_day(self) -> Any:
        day = self.cleaned_data["first_day"]
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(f"Give a date between {FIRST_YEAR} and {LAST_YEAR}.")
        return day

    def clean_last_day(self) -> Any:
        day, first = self.cleaned_data.get("last_day"), self.cleaned_data.get("first_day")
        if day and day.year > LAST_YEAR:
            raise forms.ValidationError("Leave it empty: until further notice.")
        if day and first and day < first:
            raise forms.ValidationError("It ends before it begins.")
        return day

    def clean_hours(self) -> restrictions.Hours:
        try:
            return restrictions.read(self.cleaned_data["hours"], self.zone)
        except RotaError as problem:
            raise forms.ValidationError(str(problem)) from None

    def fields_of(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names]

    @property
    def turn_fields(self) -> list[forms.BoundField]:
        return self.fields_of(*self.turns)

    def plan(self) -> LayerPlan:
        """What the form says, once it is valid."""
        given = self.cleaned_data
        return LayerPlan(
            **{name: given[name] for name in ("name", "position", "length", "unit", "first_day", "handoff")},
            last_day=given["last_day"],
            hours=given["hours"],
            people=[self.people[given[name]] for name in self.turns if given[name]],
        )


def named(user: User) -> str:
    return str(user) if user.is_desk else f"{user} (deactivated)"
