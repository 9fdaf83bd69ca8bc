"""Policies and calendars as managers edit them: each edit is a new version, an audit entry, and a planning anew."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Model, ProtectedError

from accounts.audit import audit
from accounts.errors import Refused
from accounts.models import User
from sla import hours, rulebook
from sla.actions.replan import replan
from sla.durations import Promise
from sla.models import Calendar, CalendarVersion, Policy, PolicyVersion, Replan, Stage, Target
from sla.rulebook import Rulebook

# (severity, obligation) -> what is promised, in which calendar.
Targets = Mapping[tuple[int, str], tuple[Promise, Calendar]]


@transaction.atomic
def save_calendar(
    *, calendar: Calendar | None, name: str, definition: dict[str, Any], holiday_names: dict[str, str], at: datetime,
    actor: User | None,
) -> tuple[Calendar, Replan | None]:  # fmt: skip
    """Make a calendar or change one. `definition` is what sla.hours reads; its problems are refused with the field."""
    for field, message in hours.problems(definition):
        raise Refused(message, field={"tz": "zone"}.get(field, field))
    row = Calendar.objects.select_for_update().get(pk=calendar.pk) if calendar else Calendar(version=0)
    before = row.definition() if row.pk else None
    row.name, row.holiday_names, row.zone = name, holiday_names, definition["tz"]
    row.hours, row.holidays = definition["hours"], definition["holidays"]
    row.yearly, row.overrides = definition["holidays_yearly"], definition["overrides"]
    changed = before != row.definition()
    row.version += changed
    keep(row, "There is a calendar of this name already.")
    if changed:
        CalendarVersion.objects.create(calendar=row, version=row.version, definition=row.definition())
    audit("calendar changed" if calendar else "calendar made", at=at, actor=actor, object=row, version=row.version)
    rulebook.renew()
    used = changed and calendar is not None and row.targets.exists()
    return row, replan(why=f"calendar “{row}” changed", at=at, actor=actor) if used else None


@transaction.atomic
def save_policy(
    *,
    policy: Policy | None,
    targets: Targets,
    stages: Sequence[dict[str, Any]] | None = None,
    at: datetime,
    actor: User | None,
    **fields: Any,
) -> tuple[Policy, Replan]:
    """Make a policy or change one: a new version either way. The default one keeps applying to everything. `stages` are
    their columns in order, with the "pk" of those that exist already; None leaves them as they are."""
    row = write_policy(policy, targets, stages, fields)
    PolicyVersion.objects.create(policy=row, version=row.version, definition=row.definition())
    audit("policy changed" if policy else "policy made", at=at, actor=actor, object=row, **row.definition())
    rulebook.renew()
    return row, replan(why=f"policy “{row}” changed", at=at, actor=actor)


def rulebook_with(
    *, policy: Policy | None, targets: Targets, stages: Sequence[dict[str, Any]] | None = None, **fields: Any
) -> Rulebook:
    """The rulebook as it would be once this were saved. Nothing is: the rows are written, read and taken back."""
    with transaction.atomic():
        write_policy(policy, targets, stages, fields)
        found = rulebook.load()
        transaction.set_rollback(True)
    return found


def write_policy(
    policy: Policy | None, targets: Targets, stages: Sequence[dict[str, Any]] | None, fields: Mapping[str, Any]
) -> Policy:
    """Its rows, in a version of their own."""
    row = (
        Policy.objects.select_for_update().get(pk=policy.pk) if policy else Policy(version=0, position=last_position())
    )
    for name, value in fields.items():
        setattr(row, name, value)
    row.version += 1
    keep(row, "There is a policy of this name already.")
    row.targets.all().delete()
    Target.objects.bulk_create(
        [
            Target(policy=row, severity=severity, obligation=obligation, calendar=calendar, **vars(promise))
            for (severity, obligation), (promise, calendar) in targets.items()
        ]
    )
    if stages is not None:
        keep_stages(row, stages)
    return row


@transaction.atomic
def delete(*, row: Policy | Calendar, at: datetime, actor: User | None) -> None:
    """Only what nothing hangs on: a policy that timed a ticket, or a calendar in use, stays. Raises Refused."""
    if isinstance(row, Policy) and row.is_default:
        raise Refused("The default policy stays: it applies when no other does.")
    name, kind = str(row), "policy" if isinstance(row, Policy) else "calendar"
    try:
        with transaction.atomic():
            row.delete()
    except ProtectedError:
        hint = "take it out of use instead" if kind == "policy" else "choose another one in its policies first"
        raise Refused(f"Deadlines of tickets hang on it: {hint}.") from None
    audit(f"{kind} deleted", at=at, actor=actor, object=name)
    rulebook.renew()


def keep_stages(policy: Policy, given: Sequence[dict[str, Any]]) -> None:
    """Those of `given`, in that order, and no other. A stage that stays keeps its row: by it clocks know what fired."""
    existing = {stage.pk: stage for stage in policy.stages.all()}
    for position, columns in enumerate(given):
        stage = existing.pop(columns["pk"] or 0, None) or Stage(policy=policy)
        for name, value in columns.items():
            if name != "pk":
                setattr(stage, name, value)
        stage.position = position
        stage.save()
    for stage in existing.values():
        stage.delete()


def last_position() -> int:
    """Behind every other policy but the default."""
    return (Policy.objects.aggregate(last=Max("position"))["last"] or 0) + 1


def keep(row: Model, taken: str) -> None:
    """Save; a name that is taken is refused with that sentence."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused(taken, field="name") from None
