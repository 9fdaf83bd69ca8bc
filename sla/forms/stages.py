"""What the settings ask about the stages of a policy: when, for which clocks, and what happens then."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.models import Team
from sla import durations
from sla.models import Act, Obligation, Policy, Stage
from sla.models.policy import CENTURY
from tickets.models import Severity

WHEN = "75%, 2h before, deadline, 1h after"
DEADLINE = ("deadline", "due", "100%", "100 %")
NEED_TEAM = (Act.CHANGE_TEAM,)


def read_when(text: str) -> tuple[int | None, int | None]:
    """(percent of the target, None) or (None, seconds from the deadline). Raises ValueError with a sentence."""
    words = text.strip().lower()
    if words in DEADLINE:
        return 100, None
    if words.endswith("%"):
        number = words.removesuffix("%").strip()
        if not number.isdecimal() or not 1 <= int(number) <= 1000:
            raise ValueError("Give a whole percentage from 1 to 1000.")
        return int(number), None
    amount, _, side = words.rpartition(" ")
    if side not in ("before", "after"):
        raise ValueError(f"Write when, such as {WHEN}.")
    seconds = durations.parse(amount)
    if seconds > CENTURY:
        raise ValueError("A century is too long.")
    return None, -seconds if side == "before" else seconds


def write_when(stage: Stage) -> str:
    """What `read_when` reads back."""
    if stage.percent is not None:
        return "deadline" if stage.percent == 100 else f"{stage.percent}%"
    if not stage.offset:
        return "deadline"
    side = "before" if stage.offset < 0 else "after"
    return f"{durations.written(abs(stage.offset), around_the_clock=True)} {side}"


class StageForm(forms.Form):
    """One stage; an empty "when" is none."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    when = forms.CharField(required=False, max_length=40, help_text=WHEN)
    obligation = forms.ChoiceField(choices=[("", "Every obligation"), *Obligation.choices], required=False)
    severities = forms.TypedMultipleChoiceField(
        choices=Severity.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Only severities",
    )
    acts = forms.MultipleChoiceField(
        choices=Act.choices, required=False, widget=forms.CheckboxSelectMultiple, label="Then, in this order"
    )
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="The next tier's only team")
    every = forms.CharField(required=False, max_length=40, label="Again every", help_text="of working time: 1h")
    times = forms.IntegerField(required=False, min_value=0, max_value=1000, label="Again at most (times)")
    gone = forms.BooleanField(required=False, label="Remove")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        try:
            given["percent"], given["offset"] = read_when(given["when"]) if given.get("when") else (None, None)
        except ValueError as error:
            self.add_error("when", str(error))
        if given.get("pk") and not given.get("when") and not given.get("gone"):
            self.add_error("when", "Say when, or tick Remove.")
        if not given.get("when") and (given.get("acts") or given.get("every")):
            self.add_error("when", "Say when this happens.")
        if set(given.get("acts", [])) & set(NEED_TEAM) and not given.get("team"):
            self.add_error("team", "Choose the team that gets it.")
        given["repeat"] = self.repeat(given)
        return given

    def repeat(self, given: dict[str, Any]) -> int:
        """Seconds between repetitions; 0 for none."""
        if not given.get("every"):
            if given.get("times"):
                self.add_error("every", "Say how long between two.")
            return 0
        try:
            seconds = durations.parse(given["every"])
        except ValueError as error:
            self.add_error("every", str(error))
            return 0
        if not 60 <= seconds <= CENTURY:
            self.add_error("every", "Leave a minute between two at least.")
        if not given.get("times"):
            self.add_error("times", "Say how often at most.")
        return seconds


StageFormSet = forms.formset_factory(StageForm, extra=2, max_num=50, absolute_max=60)


def known_stages(policy: Policy | None) -> list[dict[str, Any]]:
    """What the formset shows first: the policy's stages, or the default one's as a pattern for a new one."""
    source = policy or Policy.objects.filter(is_default=True).first()
    if source is None:
        return []
    return [
        {
            "pk": stage.pk if policy else None,
            "when": write_when(stage),
            "obligation": stage.obligation,
            "severities": stage.severities,
            "acts": [action["do"] for action in stage.actions],
            "team": next((action["team"] for action in stage.actions if action.get("team")), None),
            "every": durations.written(stage.repeat_every, around_the_clock=True) if stage.repeat_every else "",
            "times": stage.repeat_times or None,
        }
        for stage in source.stages.all()
    ]


def stages_given(forms_given: Sequence[forms.Form]) -> list[dict[str, Any]]:
    """What Policy keeps of each: "pk" of one that exists, and its columns, in the order of the page."""
    found = []
    for form in forms_given:
        given = form.cleaned_data
        if not given or given["gone"] or not given["when"]:
            continue
        team = {"team": given["team"].pk} if given["team"] else {}
        needs = (Act.CHANGE_TEAM, Act.RAISE_TIER)
        found.append(
            {
                "pk": given["pk"],
                "percent": given["percent"],
                "offset": given["offset"],
                "obligation": given["obligation"],
                "severities": sorted(given["severities"]),
                "repeat_every": given["repeat"],
                "repeat_times": given["times"] or 0,
                "actions": [{"do": act, **(team if act in needs else {})} for act in given["acts"]],
            }
        )
    return found
