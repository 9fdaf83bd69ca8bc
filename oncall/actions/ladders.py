"""Ladders as managers edit them. Pages under way keep the ladder as it was when they began."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.audit import audit
from accounts.errors import Refused
from accounts.models import Team, User
from catalog.models import Site
from lib import places
from oncall.models import Ladder, Step, Target, TargetKind
from oncall.plans import MAX_STEPS
from sla.models import Calendar

MAX_TARGETS = 20


@dataclass(frozen=True)
class StepPlan:
    """A step as edited. `row`: the step that it was (its turns go on), None for a new one. `targets`: (kind, number of
    the row that the kind names), None for the assignee and the manager."""

    row: int | None
    wait_minutes: int
    calendar: Calendar | None
    round_robin: bool
    targets: Sequence[tuple[str, int | None]]


@dataclass(frozen=True)
class LadderPlan:
    """A ladder as edited, its steps in order."""

    name: str
    is_automatic: bool
    team: Team | None
    site: Site | None
    severities: Sequence[int]
    repeats: int
    ack_minutes: int | None
    steps: Sequence[StepPlan]


@transaction.atomic
def save_ladder(*, ladder: Ladder | None, plan: LadderPlan, at: datetime, actor: User | None) -> Ladder:
    """Make a ladder, below the others, or change one. Raises Refused naming the field."""
    if len(plan.steps) > MAX_STEPS:
        raise Refused(f"A ladder has {MAX_STEPS} steps at most.")
    if any(len(step.targets) > MAX_TARGETS for step in plan.steps):
        raise Refused(f"A step calls {MAX_TARGETS} at most. Make a team of them.")
    row = Ladder.objects.select_for_update(of=("self",)).get(pk=ladder.pk) if ladder else Ladder(position=lowest() + 1)
    row.name, row.is_automatic, row.team, row.site = plan.name, plan.is_automatic, plan.team, plan.site
    row.severities, row.repeats, row.ack_minutes = sorted(plan.severities), plan.repeats, plan.ack_minutes
    row.changed_at = at
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused("There is a ladder of this name already.", field="name") from None
    write_steps(row, plan.steps)
    audit(
        "ladder changed" if ladder else "ladder made", at=at, actor=actor, object=row, team=str(row.team or ""),
        site=str(row.site or ""), severities=list(row.severities), automatic=row.is_automatic, repeats=row.repeats,
        steps=[[f"{kind} {pk or ''}".strip() for kind, pk in step.targets] for step in plan.steps],
        waits=[step.wait_minutes for step in plan.steps],
    )  # fmt: skip
    return row


def lowest() -> int:
    return Ladder.objects.aggregate(last=Max("position"))["last"] or 0


def write_steps(ladder: Ladder, plans: Sequence[StepPlan]) -> None:
    """The steps as planned; one that was there keeps its row, by which a round robin remembers whose turn it is."""
    known = {step.pk: step for step in ladder.steps.all()}
    kept = [known.pop(plan.row, None) if plan.row else None for plan in plans]
    Step.objects.filter(pk__in=known).delete()
    Target.objects.filter(step__ladder=ladder).delete()
    # Out of the way of the positions to come, which are unique.
    for number, step in enumerate(ladder.steps.order_by("position"), 1001):
        Step.objects.filter(pk=step.pk).update(position=number)
    targets = []
    for number, (plan, before) in enumerate(zip(plans, kept, strict=True), 1):
        step = before or Step(ladder=ladder)
        step.position, step.wait_minutes, step.calendar = number, plan.wait_minutes, plan.calendar
        step.round_robin = plan.round_robin
        step.save()
        targets += [target_of(step, kind, pk) for kind, pk in plan.targets]
    Target.objects.bulk_create(targets)


def target_of(step: Step, kind: str, pk: int | None) -> Target:
    named = kind not in (TargetKind.ASSIGNEE, TargetKind.MANAGER)
    return Target(step=step, kind=kind, **({f"{kind}_id": pk} if named else {}))


@transaction.atomic
def move_ladder(*, ladder: Ladder, up: bool, at: datetime, actor: User | None) -> None:
    """One place up or down; at the end nothing happens."""
    if places.move(Ladder.objects.all(), ladder.pk, up=up):
        audit("ladder moved", at=at, actor=actor, object=ladder, up=up)


@transaction.atomic
def delete_ladder(*, ladder: Ladder, at: datetime, actor: User | None) -> None:
    """It goes, and the steps of other ladders that led to it. Pages under way go on by their own copy."""
    audit("ladder deleted", at=at, actor=actor, object=ladder)
    ladder.delete()
