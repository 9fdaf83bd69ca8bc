"""/settings/rules/: the ordered routing rules, and what one would do to the last tickets."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.doors import SettingsRequest, managers
from accounts.models import Organisation, User
from catalog.models import Component, Site
from lib.attempts import attempt
from tickets.actions import setup
from tickets.errors import Refused
from tickets.models import Channel, RoutingRule, TicketKind
from tickets.routing import FIELDS, Rule
from tickets.settings_forms import RuleForm
from tickets.trial import LAST, rules_with, try_rule

HOME = "/settings/rules/"


def words_of(rules: list[RoutingRule]) -> dict[str, dict[str, str]]:
    """The names behind the ids in these rules' conditions: a statement for each kind of row, however many rules."""
    used: dict[str, set[str]] = {}
    for rule in rules:
        for condition in rule.conditions:
            used.setdefault(condition["field"], set()).update(str(value) for value in condition["values"])
    tables: dict[str, Any] = {"site": Site, "component": Component, "organisation": Organisation}
    words = {
        name: {
            str(pk): word
            for pk, word in model.objects.filter(pk__in=[v for v in used[name] if v.isdecimal()]).values_list(
                "pk", "name"
            )
        }
        for name, model in tables.items()
        if name in used
    }
    words["kind"] = {str(value): str(label) for value, label in TicketKind.choices}
    words["channel"] = {str(value): str(label) for value, label in Channel.choices}
    words["severity"] = {str(number): f"P{number}" for number in range(1, 5)}
    return words


@managers
@require_GET
def rules(request: SettingsRequest) -> HttpResponse:
    """All rules in their order: the first that matches places the ticket."""
    rows = list(RoutingRule.objects.select_related("team"))
    words = words_of(rows)
    told = [
        (
            row,
            [
                (
                    FIELDS.get(c["field"], c["field"]),
                    [words.get(c["field"], {}).get(str(v), str(v)) for v in c["values"]],
                )
                for c in row.conditions
            ],
        )
        for row in rows
    ]
    return render(request, "tickets/settings/rules.html", {"rules": told})


@managers
@require_http_methods(["GET", "POST"])
def rule(request: SettingsRequest, pk: int | None = None) -> HttpResponse:
    """One rule, or a new one."""
    row = get_object_or_404(RoutingRule, pk=pk) if pk else None
    form = RuleForm(request.POST or None, rule=row)

    def save() -> RoutingRule:
        return setup.save_rule(rule=row, at=timezone.now(), actor=request.user, **form.verb_fields())

    if request.method == "POST" and (saved := attempt(form, save, Refused)):
        messages.success(request, f"{saved} is saved.")
        return redirect(HOME)
    return page(request, form, row, status=422 if form.errors else 200)


@managers
@require_POST
def rule_trial(request: SettingsRequest, pk: int | None = None, *, on_alerts: bool = False) -> HttpResponse:
    """Which of the last tickets the form's rule would match: a part of the page, or all of it without JavaScript.
    `on_alerts`: where the alerts of the last months would land instead, which the template asks of what keeps them."""
    row = get_object_or_404(RoutingRule, pk=pk) if pk else None
    form = RuleForm(request.POST, rule=row)
    if not form.is_valid():
        if request.htmx:
            return render(request, "tickets/settings/_trial.html", {"form": form}, status=422)
        return page(request, form, row, status=422)
    edited = form.as_rule(pk=row.pk if row else 0)
    context = trial_of(edited, is_active=form.cleaned_data["is_active"], user=request.user, on_alerts=on_alerts)
    if request.htmx:
        return render(request, "tickets/settings/_trial.html", context)
    return page(request, form, row, **context)


def trial_of(edited: Rule, *, is_active: bool, user: User, on_alerts: bool) -> dict[str, Any]:
    """What the template shows of a trial."""
    if on_alerts:
        return {"tried": [], "edited_rules": rules_with(edited, is_active=is_active)}
    tried = try_rule(edited, is_active=is_active, user=user)
    return {
        "tried": [one for one in tried if one.because is not None or one.moves], "of": len(tried), "last": LAST,
        "matching": sum(one.because is not None for one in tried), "moving": sum(one.moves for one in tried),
    }  # fmt: skip


def page(
    request: SettingsRequest, form: RuleForm, row: RoutingRule | None, *, status: int = 200, **more: object
) -> HttpResponse:
    """The editor."""
    context = {
        "form": form, "title": row.name if row else "New rule", "back": HOME, "back_label": "Rules", "rule": row,
        "here": f"{HOME}{row.pk}/" if row else f"{HOME}new",
        "trial": f"{HOME}{row.pk}/trial" if row else f"{HOME}trial", **more,
    }  # fmt: skip
    if row:
        context |= {
            "delete_url": f"{HOME}{row.pk}/deletion", "delete_title": "Delete the rule", "delete_ask": f"Delete {row}?",
            "delete_text": "Tickets that it placed stay where they are.",
        }  # fmt: skip
    return render(request, "tickets/settings/rule.html", context, status=status)


@managers
@require_POST
def rule_position(request: SettingsRequest, pk: int) -> HttpResponse:
    """One place up (`to=up`) or down."""
    row = get_object_or_404(RoutingRule, pk=pk)
    setup.move_rule(rule=row, up=request.POST.get("to") == "up", at=timezone.now(), actor=request.user)
    return redirect(f"{HOME}#rule-{pk}")


@managers
@require_POST
def rule_activation(request: SettingsRequest, pk: int) -> HttpResponse:
    """On (`on=1`) or off."""
    row = get_object_or_404(RoutingRule, pk=pk)
    setup.switch_rule(rule=row, on=request.POST.get("on") == "1", at=timezone.now(), actor=request.user)
    return redirect(f"{HOME}#rule-{pk}")


@managers
@require_POST
def rule_deletion(request: SettingsRequest, pk: int) -> HttpResponse:
    """The rule is gone."""
    row = get_object_or_404(RoutingRule, pk=pk)
    setup.delete_rule(rule=row, at=timezone.now(), actor=request.user)
    messages.success(request, f"{row.name} is deleted.")
    return redirect(HOME)
