"""What the settings ask about routing rules, forms and the severity matrix."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Organisation, Team
from accounts.models.team import Tier
from catalog.models import Component, Site
from tickets.actions.filing import clean_tags
from tickets.models import Channel, Form, Level, RoutingRule, Severity, SeverityCell, TicketKind
from tickets.routing import Condition, Rule

CHOSEN = ("site", "component", "kind", "severity", "channel", "organisation")
NOTHING = ("", "Leave as it is")
TEXT_ROWS = 2


def split_words(text: str) -> list[str]:
    """ "refund, charged twice" as its words, each once."""
    return list(dict.fromkeys(word for part in text.split(",") if (word := " ".join(part.split()))))


class RuleForm(forms.Form):
    """A rule as one row for each field: what is left empty is no condition. Works without JavaScript."""

    name = forms.CharField(max_length=120, help_text="Shown on the tickets that it places.")
    is_active = forms.BooleanField(required=False, initial=True, label="Active")
    team = forms.ModelChoiceField(queryset=Team.objects.all(), required=False, empty_label="The fallback team")
    severity = forms.TypedChoiceField(
        choices=[NOTHING, *Severity.choices], required=False, coerce=int, empty_value=None
    )
    tier = forms.TypedChoiceField(choices=[NOTHING, *Tier.choices], required=False, coerce=int, empty_value=None)
    tags = forms.CharField(required=False, help_text="Commas between.")

    def __init__(self, *args: Any, rule: RoutingRule | None, **kwargs: Any) -> None:
        given: dict[str, list[str]] = {}
        texts: list[str] = []
        for condition in rule.conditions if rule else []:
            if condition["field"] == "text":
                texts.append(", ".join(condition["values"]))
            else:
                given[f"if_{condition['field']}"] = [str(value) for value in condition["values"]]
        if rule:
            kwargs["initial"] = {
                "name": rule.name, "is_active": rule.is_active, "team": rule.team_id, "severity": rule.severity,
                "tier": rule.tier, "tags": ", ".join(rule.tags), **given,
                **{f"if_text_{number}": text for number, text in enumerate(texts)},
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        for name, choices in self.choices().items():
            self.fields[f"if_{name}"] = forms.MultipleChoiceField(
                choices=choices, required=False, label=name.capitalize(), help_text=""
            )
        for number in range(max(TEXT_ROWS, len(texts) + 1)):
            label = "Subject or text has" if number == 0 else "and also has"
            self.fields[f"if_text_{number}"] = forms.CharField(
                required=False, label=label, help_text="Any of these words, commas between."
            )

    @staticmethod
    def choices() -> dict[str, list[tuple[str, str]]]:
        """Each field's possible values, as `place` compares them."""
        parts = Component.objects.select_related("site").order_by("site__name", "name")
        return {
            "site": [(str(pk), name) for pk, name in Site.objects.values_list("pk", "name")],
            "component": [(str(part.pk), f"{part.site} · {part.name}") for part in parts],
            "kind": list(TicketKind.choices),
            "severity": [(str(value), label) for value, label in Severity.choices],
            "channel": list(Channel.choices),
            "organisation": [(str(pk), name) for pk, name in Organisation.objects.values_list("pk", "name")],
        }

    def condition_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("if_")]

    def clean_tags(self) -> list[str]:
        return clean_tags(self.cleaned_data["tags"].split(","))

    def verb_fields(self) -> dict[str, Any]:
        """The cleaned form as `save_rule` takes it."""
        given = self.cleaned_data
        conditions = [{"field": name, "values": given[f"if_{name}"]} for name in CHOSEN if given[f"if_{name}"]]
        texts = (split_words(given[name]) for name in self.fields if name.startswith("if_text_"))
        conditions += [{"field": "text", "values": words} for words in texts if words]
        kept = {name: given[name] for name in ("name", "is_active", "team", "severity", "tier", "tags")}
        return {**kept, "conditions": conditions}

    def as_rule(self, *, pk: int) -> Rule:
        """The pure rule that the cleaned form describes."""
        given = self.verb_fields()
        return Rule(
            id=pk,
            name=given["name"],
            conditions=tuple(Condition(c["field"], tuple(c["values"])) for c in given["conditions"]),
            team=given["team"].pk if given["team"] else None,
            tier=given["tier"],
            severity=given["severity"],
            tags=tuple(given["tags"]),
        )


class FormForm(forms.ModelForm):
    """A public form's own details. Its address is checked by the action, against the constraint."""

    class Meta:
        model = Form
        fields = (
            "title", "slug", "kind", "site", "team", "category", "position", "intro", "asks_impact", "is_active",
        )  # fmt: skip
        labels = {  # noqa: RUF012
            "slug": "Address",
            "asks_impact": "Asks for impact and urgency",
            "is_active": "Offered in the help centre",
            "position": "Order",
            "category": "Category",
            "team": "Team",
        }
        widgets = {"intro": forms.Textarea(attrs={"rows": 3})}  # noqa: RUF012
        help_texts = {"slug": "The last part of its address: report-a-fault", "intro": "Shown above the form."}  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].empty_label = "Asked in the form"  # type: ignore[attr-defined]
        self.fields["team"].empty_label = "As routed"  # type: ignore[attr-defined]

    def validate_unique(self) -> None:
        """Left to the constraint."""

    def _post_clean(self) -> None:
        """The action writes the row; a form that changed its instance beforehand would show unsaved values."""

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].lower()
        if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug):
            raise ValidationError("Use small letters, digits and single hyphens.")
        return slug


class MatrixForm(forms.Form):
    """A choice for each of the nine cells."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = {(c.impact, c.urgency): c.severity for c in SeverityCell.objects.all()}
        for impact in Level:
            for urgency in Level:
                self.fields[f"{impact}_{urgency}"] = forms.TypedChoiceField(
                    choices=Severity.choices,
                    coerce=int,
                    initial=now.get((impact.value, urgency.value), Severity.P3),
                    label=f"{impact.label} impact, {urgency.label.lower()} urgency",
                )

    def rows(self) -> list[tuple[str, list[tuple[str, forms.BoundField]]]]:
        """(impact's label, its three cells, each with its urgency's label)"""
        return [(impact.label, [(u.label, self[f"{impact}_{u}"]) for u in Level]) for impact in Level]

    def cells(self) -> dict[tuple[str, str], int]:
        return {(i.value, u.value): self.cleaned_data[f"{i}_{u}"] for i in Level for u in Level}
