"""What the settings ask about a ladder: whom it is for, and its steps. Steps are lines that one fills in; empty ones
count for nothing, so that adding, removing and moving them needs no script."""

from typing import Any

from django import forms

from accounts.models import Team, User
from catalog.models import Site
from integrations.models import Channel
from oncall.actions.ladders import MAX_TARGETS, LadderPlan, StepPlan
from oncall.models import Ladder, Rota, Step, TargetKind
from oncall.plans import MAX_STEPS, with_targets
from sla.models import Calendar
from tickets.models import Severity

MORE_STEPS, MORE_TARGETS = 2, 2  # empty ones below those that there are
ALONE = [("assignee", str(TargetKind.ASSIGNEE.label)), ("manager", str(TargetKind.MANAGER.label))]
Choices = list[tuple[str, Any]]


def whom_choices(ladder: Ladder | None) -> Choices:
    """Everybody and everything that a step can call, in groups: a statement for each kind."""
    others = Ladder.objects.exclude(pk=ladder.pk) if ladder else Ladder.objects.all()
    groups: list[tuple[str, str, Any]] = [
        ("Who is on call for", "rota", Rota.objects.all()), ("Person", "user", User.objects.desk()),
        ("Everybody of the team", "team", Team.objects.all()),
        ("Room or webhook", "channel", Channel.objects.filter(is_active=True, kind__in=ROOMS)),
        ("The steps of the ladder", "ladder", others),
    ]  # fmt: skip
    listed = [(label, [(f"{kind}-{row.pk}", str(row)) for row in rows]) for label, kind, rows in groups]
    return [("", "Nobody"), *ALONE, *(group for group in listed if group[1])]


ROOMS = ("slack", "teams", "chat", "webhook")  # a Twilio account reaches people, by their own numbers


class LadderForm(forms.Form):
    """One ladder with its steps."""

    name = forms.CharField(max_length=100)
    is_automatic = forms.BooleanField(
        required=False, initial=True, label="Starts by itself",
        help_text="Otherwise only by hand, from another ladder, for a ticket nobody owns, or from a stage of a policy.",
    )  # fmt: skip
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="Any team")
    site = forms.ModelChoiceField(Site.objects.all(), required=False, empty_label="Any site")
    severities = forms.TypedMultipleChoiceField(
        choices=Severity.choices, coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: all of them.",
    )  # fmt: skip
    repeats = forms.IntegerField(
        min_value=0, max_value=20, initial=2, help_text="So many times more when nobody answers."
    )
    ack_minutes = forms.IntegerField(
        min_value=1, max_value=1440, required=False, initial=30, label="Begins anew after (minutes)",
        help_text="Acknowledged, and no progress for so long. Empty: never.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, ladder: Ladder | None) -> None:
        self.ladder = ladder
        steps = list(with_targets(ladder.steps.all())) if ladder else []
        super().__init__(data, initial=known(ladder) if ladder else None)
        asked = sum(1 for name in data if name.endswith("-order")) if data else 0
        count = max(len(steps) + MORE_STEPS, min(asked, MAX_STEPS + MORE_STEPS))
        whom, calendars = whom_choices(ladder), [("", "Always")]
        self.calendars = {str(row.pk): row for row in Calendar.objects.all()}
        calendars += [(key, str(row)) for key, row in self.calendars.items()]
        self.rows = {step.pk for step in steps}
        self.steps = [
            self.step_fields(n, steps[n] if n < len(steps) else None, whom, calendars, data) for n in range(count)
        ]

    def step_fields(self, number: int, step: Step | None, whom: Choices, calendars: Choices, data: Any) -> list[str]:
        """The fields of one step: their names, those of whom it calls last."""
        name, targets = f"s{number + 1}", list(step.targets.all()) if step else []
        asked = sum(1 for one in data if one.startswith(f"{name}-whom")) if data else 0
        made: dict[str, forms.Field] = {
            f"{name}-row": forms.IntegerField(required=False, initial=step and step.pk, widget=forms.HiddenInput),
            f"{name}-order": forms.IntegerField(
                min_value=1, max_value=999, initial=number + 1, required=False, label="Order"
            ),
            f"{name}-wait": forms.IntegerField(
                min_value=1, max_value=1440, initial=step.wait_minutes if step else 5, required=False,
                label="Waits (minutes)",
            ),
            f"{name}-calendar": forms.ChoiceField(
                choices=calendars, required=False, initial=str(step.calendar_id or "") if step else "",
                label="Only within",
            ),
            f"{name}-robin": forms.BooleanField(
                required=False, initial=bool(step and step.round_robin), label="Only one of them, in turn"
            ),
        }  # fmt: skip
        for place in range(max(len(targets) + (MORE_TARGETS if targets else 3), min(asked, MAX_TARGETS + 2))):
            target = targets[place] if place < len(targets) else None
            chosen = "-".join(str(part) for part in (target.kind, target.what_id) if part) if target else ""
            made[f"{name}-whom{place + 1}"] = forms.ChoiceField(
                choices=with_known(whom, chosen, target), required=False, initial=chosen,
                label="Calls" if not place else "and",
            )  # fmt: skip
        self.fields.update(made)
        return list(made)

    @property
    def head_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in type(self).base_fields]

    @property
    def step_groups(self) -> list[dict[str, Any]]:
        """Each step: its number, whether it is there already, and its fields."""
        return [
            {"number": number, "row": self[names[0]], "is_new": self[names[0]].value() in (None, ""),
             "fields": [self[name] for name in names[5:] + names[1:5]]}
            for number, names in enumerate(self.steps, 1)
        ]  # fmt: skip

    def plan(self) -> LadderPlan:
        """What the form says, once it is valid. A step without anybody is none."""
        given = self.cleaned_data
        steps = []
        for row, order, wait, calendar, robin, *whom in self.steps:
            targets = list(dict.fromkeys(given[name] for name in whom if given[name]))
            if targets:
                plan = StepPlan(
                    row=given[row] if given[row] in self.rows else None, wait_minutes=given[wait] or 5,
                    calendar=self.calendars.get(given[calendar]), round_robin=given[robin],
                    targets=[read_target(one) for one in targets],
                )  # fmt: skip
                steps.append((given[order] or 999, plan))
        steps.sort(key=lambda pair: pair[0])
        head = {name: given[name] for name in type(self).base_fields}
        return LadderPlan(**head, steps=[plan for _, plan in steps])


def known(ladder: Ladder) -> dict[str, Any]:
    named = {name: getattr(ladder, name) for name in ("name", "is_automatic", "severities", "repeats", "ack_minutes")}
    return named | {"team": ladder.team_id, "site": ladder.site_id}


def read_target(chosen: str) -> tuple[str, int | None]:
    """ "rota-3" is ("rota", 3), "assignee" ("assignee", None)."""
    kind, _, pk = chosen.partition("-")
    return kind, int(pk) if pk else None


def with_known(whom: Choices, chosen: str, target: Any) -> Choices:
    """The choices, with what is chosen already although it cannot be chosen any more."""
    offered = {key for key, rows in whom if isinstance(rows, str)}
    offered |= {key for _, rows in whom if not isinstance(rows, str) for key, _ in rows}
    if not chosen or chosen in offered:
        return whom
    return [*whom, (chosen, f"{target.what} (not in use)")]
