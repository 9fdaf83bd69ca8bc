"""/settings/policies/"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.doors import SettingsRequest, managers
from accounts.errors import Refused
from lib.attempts import attempt
from sla import rulebook, whatif
from sla.actions import setup
from sla.durations import HELP
from sla.forms import PolicyForm
from sla.forms.stages import StageFormSet, known_stages, stages_given
from sla.models import Clock, Policy, Replan
from sla.rulebook import as_rule
from sla.whatif import Verdict

HOME = "/settings/policies/"


@managers
@require_GET
def policies(request: SettingsRequest) -> HttpResponse:
    """All policies in the order in which they are tried, what is being planned anew, and clocks in trouble."""
    rows = [
        (policy, as_rule(policy, [], {}).because) for policy in Policy.objects.select_related("site", "organisation")
    ]
    context = {
        "policies": rows,
        "replans": Replan.objects.filter(finished_at=None),
        "troubled": Clock.objects.exclude(trouble="").filter(fires_at__isnull=False).order_by("fires_at")[:20],
    }
    return render(request, "sla/policies.html", context)


@managers
@require_http_methods(["GET", "POST"])
def policy(request: SettingsRequest, pk: int | None = None) -> HttpResponse:
    """One policy, or a new one."""
    row = get_object_or_404(Policy, pk=pk) if pk else None
    form = PolicyForm(request.POST or None, policy=row)
    stages = StageFormSet(request.POST or None, initial=known_stages(row), prefix="stages")

    def edit() -> dict[str, Any]:
        return {"policy": row, "targets": form.targets(), "stages": stages_given(stages.forms), **form.values()}

    def save() -> Replan:
        return setup.save_policy(**edit(), at=timezone.now(), actor=request.user)[1]

    def compare() -> Verdict:
        return whatif.compare(rulebook.current(), setup.rulebook_with(**edit()), at=timezone.now())

    verdict = None
    if "compare" in request.POST:
        verdict = stages.is_valid() and attempt(form, compare, Refused)
    elif request.method == "POST" and stages.is_valid() and (done := attempt(form, save, Refused)):
        name = form.cleaned_data["name"]
        if done.finished_at:
            messages.success(request, f"{name} is saved; the deadlines of {done.total} open tickets follow it.")
        else:
            messages.info(request, f"{name} is saved; {done.total} open tickets are being planned anew.")
        return redirect(HOME)
    context = {
        "form": form, "stages": stages, "title": row.name if row else "New policy", "back": HOME,
        "back_label": "Policies",
        "subtitle": f"Version {row.version}" if row else "", "duration_help": HELP, "verdict": verdict,
    }  # fmt: skip
    if row and not row.is_default:
        context |= {
            "delete_url": f"{HOME}{row.pk}/deletion", "delete_title": "Delete the policy",
            "delete_ask": f"Delete {row}?",
            "delete_text": "Only a policy that never timed a ticket can be deleted. Any can be taken out of use.",
        }  # fmt: skip
    wrong = form.errors or stages.is_bound and not stages.is_valid()
    return render(request, "sla/policy.html", context, status=422 if wrong else 200)


@managers
@require_POST
def policy_deletion(request: SettingsRequest, pk: int) -> HttpResponse:
    """The policy is gone, or a sentence says what needs it."""
    row = get_object_or_404(Policy, pk=pk)
    try:
        setup.delete(row=row, at=timezone.now(), actor=request.user)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("policy", pk)
    messages.success(request, f"{row.name} is deleted.")
    return redirect(HOME)
