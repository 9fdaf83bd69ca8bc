"""Rotas and their layers as managers edit them. An edit holds for the past that pages show, too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import IntegrityError, transaction

from accounts.audit import audit
from accounts.errors import Refused
from accounts.models import Team, User
from oncall import rota as pure
from oncall.models import Layer, LayerMember, Rota
from sla.hours import CalendarError


@dataclass(frozen=True)
class LayerPlan:
    """A layer as edited. `people` in the order of their turns; somebody may have several."""

    name: str
    position: int
    length: int
    unit: str
    first_day: date
    handoff: time
    last_day: date | None
    hours: dict[str, Any]
    people: Sequence[User]


@transaction.atomic
def save_rota(
    *, rota: Rota | None, name: str, zone: str, team: Team | None, drill_hours: int = 24, at: datetime,
    actor: User | None,
) -> Rota:  # fmt: skip
    """Make a rota or change one. Raises Refused naming the field."""
    row = Rota.objects.select_for_update().get(pk=rota.pk) if rota else Rota()
    try:
        pure.zone_named(zone)
    except pure.RotaError as problem:
        raise Refused(str(problem), field="zone") from None
    row.name, row.zone, row.team, row.drill_hours, row.changed_at = name, zone, team, drill_hours, at
    row.drills_at = at if drill_hours else None
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused("There is a rota of this name already.", field="name") from None
    audit("rota changed" if rota else "rota made", at=at, actor=actor, object=row, zone=zone, team=str(team or ""))
    return row


@transaction.atomic
def delete_rota(*, rota: Rota, at: datetime, actor: User | None) -> None:
    """It goes with its layers, overrides, swaps and calendar addresses."""
    audit("rota deleted", at=at, actor=actor, object=rota)
    rota.delete()


def drafted(layer: Layer | None, rota: Rota, plan: LayerPlan) -> Layer:
    """The layer as edited, not saved. Raises Refused naming the field."""
    row = Layer.objects.get(pk=layer.pk) if layer else Layer(rota=rota)
    row.rota = rota
    for name in ("name", "position", "length", "unit", "first_day", "handoff", "last_day", "hours"):
        setattr(row, name, getattr(plan, name))
    try:
        row.as_pure((), rota.zone)
    except pure.RotaError as problem:
        raise Refused(str(problem), field=problem.field) from None
    except CalendarError as problem:
        field, message = problem.problems[0]
        raise Refused(message, field=field.rpartition(".")[2]) from None
    if gone := [user for user in plan.people if not user.is_desk]:
        raise Refused(f"{gone[0]} is deactivated, or does not work here. Give the turn to somebody else.")
    if len(plan.people) > pure.MAX_PEOPLE:
        raise Refused(f"A layer has {pure.MAX_PEOPLE} turns at most.")
    return row


@transaction.atomic
def save_layer(*, layer: Layer | None, rota: Rota, plan: LayerPlan, at: datetime, actor: User | None) -> Layer:
    """Make a layer or change one, with its people. Raises Refused naming the field."""
    touched(rota, at)
    row = drafted(layer, rota, plan)
    row.save()
    row.members.all().delete()
    LayerMember.objects.bulk_create(
        LayerMember(layer=row, user=user, position=number) for number, user in enumerate(plan.people, 1)
    )
    audit(
        "layer changed" if layer else "layer made", at=at, actor=actor, object=f"{rota}: {row}",
        every=f"{row.length} {row.unit}", handoff=row.handoff.isoformat("minutes"), first=row.first_day.isoformat(),
        people=[user.email for user in plan.people],
    )  # fmt: skip
    return row


@transaction.atomic
def delete_layer(*, layer: Layer, at: datetime, actor: User | None) -> None:
    """It goes; what lies below shows through."""
    touched(layer.rota, at)
    audit("layer deleted", at=at, actor=actor, object=f"{layer.rota}: {layer}")
    layer.delete()


def touched(rota: Rota, at: datetime) -> Rota:
    """The rota, locked until the transaction ends, as whatever follows changes who is on call."""
    row = Rota.objects.select_for_update(of=("self",)).get(pk=rota.pk)
    row.changed_at, row.drills_at = at, at if row.drill_hours else None
    row.save(update_fields=["changed_at", "drills_at"])
    return row
