"""What a handover asks: to which team, and the packet; of a bounce, why. And which parts a packet must have."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField

from accounts.models import Team
from tickets.actions.handover import MAX_PART
from tickets.forms import TicketForm
from tickets.models import Form, PacketRule, Part, TicketKind, required_parts
from tickets.packets import prefilled

HELP = {
    Part.IMPACT: "Who is hit, how many, what it costs them.",
    Part.SYMPTOMS: "What they see, since when, how to see it too.",
    Part.TRIED: "What you did and what came of it, so that nobody does it twice.",
    Part.ENVIRONMENT: "Site, part, version, browser, account.",
    Part.EVIDENCE: "Screenshots, log lines, addresses of dashboards.",
    Part.RUNBOOK_STEP: "Which runbook, and the last step that worked.",
    Part.PROMISED: "What the requester expects, and by when.",
}


class TeamOfTier(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} (L{obj.tier})"


class HandoverForm(TicketForm):
    """The packet begins with what the ticket says already; what its rule demands must be filled in."""

    team = TeamOfTier(Team.objects.none(), empty_label=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        assert isinstance(field, TeamOfTier)
        field.queryset = Team.objects.filter(tier__gt=self.ticket.tier).order_by("tier", "name")
        if not field.queryset:
            field.help_text = "There is no team of a higher tier: a manager can make one in the settings."
        required = required_parts(self.ticket)
        for part in Part:
            self.fields[part.value] = forms.CharField(
                label=part.label,
                required=part in required,
                max_length=MAX_PART,
                help_text=HELP[part],
                widget=forms.Textarea(attrs={"rows": 2}),
            )
        if not self.is_bound:
            self.initial = {**prefilled(self.ticket), **self.initial}


class BounceForm(TicketForm):
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What is missing, or why it is not for this team. Whoever sent it reads this.",
    )


class PacketRulesForm(forms.Form):
    """A row of boxes for each kind, each category that has a rule, and one more category."""

    new_category = forms.CharField(
        max_length=60, required=False, label="Another category",
        help_text="Its tickets follow this rule instead of their kind's. Categories come from forms and the API.",
    )  # fmt: skip
    new_parts = forms.MultipleChoiceField(
        choices=Part.choices, required=False, widget=forms.CheckboxSelectMultiple, label="Must say"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = list(PacketRule.objects.all())
        kinds = {rule.kind: rule for rule in rules if rule.kind}
        self.categories = [rule for rule in rules if rule.category]
        for kind in TicketKind:
            self.add_parts(f"kind_{kind.value}", kind.label, kinds[kind].required if kind in kinds else [])
        for rule in self.categories:
            self.add_parts(f"category_{rule.pk}", rule.category, rule.required)
            self.fields[f"drop_{rule.pk}"] = forms.BooleanField(
                required=False, label="Delete: go by the kind again"
            )  # fmt: skip
        named = {rule.category.lower() for rule in self.categories}
        used = Form.objects.exclude(category="").order_by("category").values_list("category", flat=True).distinct()
        self.suggested = [name for name in used if name.lower() not in named]

    def add_parts(self, name: str, label: str, chosen: list[str]) -> None:
        self.fields[name] = forms.MultipleChoiceField(
            choices=Part.choices, required=False, widget=forms.CheckboxSelectMultiple, label=label, initial=chosen
        )

    def kinds(self) -> list[BoundField]:
        return [self[f"kind_{kind.value}"] for kind in TicketKind]

    def of_categories(self) -> list[tuple[BoundField, BoundField]]:
        """(its parts, the box that deletes its rule) of each category."""
        return [(self[f"category_{rule.pk}"], self[f"drop_{rule.pk}"]) for rule in self.categories]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        name = " ".join(data.get("new_category", "").split())
        if name.lower() in {rule.category.lower() for rule in self.categories}:
            self.add_error("new_category", ValidationError("This category has a rule above."))
        if data.get("new_parts") and not name:
            self.add_error("new_category", ValidationError("Name the category that this is for."))
        return data | {"new_category": name}

    def rules(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """({kind: parts}, {category: parts}) as they are to be."""
        given = self.cleaned_data
        kinds = {kind.value: given[f"kind_{kind.value}"] for kind in TicketKind}
        categories = {
            rule.category: given[f"category_{rule.pk}"] for rule in self.categories if not given[f"drop_{rule.pk}"]
        }
        if given["new_category"]:
            categories[given["new_category"]] = given["new_parts"]
        return kinds, categories
