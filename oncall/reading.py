"""Rotas out of the database, ready to reckon with: who is on call, and the answer for whatever pages people."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from accounts.models import User
from oncall import rota as pure
from oncall.models import Layer, LayerMember, Override, Rota
from oncall.rota import RotaError
from sla.hours import CalendarError


@dataclass
class Loaded:
    """A rota with its people by key. `broken`: what of it cannot be reckoned with, in words; the rest still holds."""

    row: Rota
    rota: pure.Rota
    people: dict[int, User]
    broken: list[str] = field(default_factory=list)

    def who(self, at: datetime) -> User | None:
        """Who is on call at `at`; None when nobody is."""
        found = pure.who(self.rota, at)
        return None if found is None else self.people[found]

    def next(self, at: datetime) -> tuple[datetime, User | None] | None:
        """When somebody else is on call, or nobody, and who."""
        found = pure.next_hand_over(self.rota, at)
        return found and (found[0], None if found[1] is None else self.people[found[1]])


def who_is_on(*, rota: Rota, at: datetime) -> User | None:
    """Who is on call for that rota at `at`: an active person of the desk, or None. Two layers of statements only:
    four in all."""
    found = load(Rota.objects.filter(pk=rota.pk), since=at, until=at)
    return found[0].who(at) if found else None


def load(rotas: "QuerySet[Rota]", *, since: datetime, until: datetime | None = None) -> list[Loaded]:
    """Those rotas, with the overrides that reach beyond `since` (and begin by `until`): four statements."""
    overrides = Override.objects.filter(ends_at__gt=since).select_related("user").order_by("pk")
    if until is not None:
        overrides = overrides.filter(begins_at__lte=until)
    members = LayerMember.objects.select_related("user").order_by("position")
    layers = Layer.objects.order_by("position", "pk").prefetch_related(Prefetch("members", members))
    return [
        compiled(row, layers_of(row), row.overrides.all())
        for row in rotas.prefetch_related(Prefetch("layers", layers), Prefetch("overrides", overrides))
    ]


def layers_of(row: Rota) -> list[tuple[Layer, list[User]]]:
    """Its layers, each with whoever takes its turns."""
    return [(layer, [member.user for member in layer.members.all()]) for layer in row.layers.all()]


def compiled(row: Rota, layers: Iterable[tuple[Layer, list[User]]], overrides: Iterable[Override]) -> Loaded:
    """A rota made of rows, which need not be saved. What cannot be reckoned with is left out and said."""
    found = Loaded(row, pure.Rota(pure.zone_named("UTC")), {})
    try:
        zone = row.tz
    except RotaError as problem:
        found.broken.append(str(problem))
        return found
    strata = []
    for layer, users in layers:
        try:
            strata.append(layer.as_pure(turns(users), row.zone))
        except (RotaError, CalendarError) as problem:
            found.broken.append(f"{layer}: {problem}")
        found.people |= {user.pk: user for user in users}
    above = []
    for override in overrides:
        found.people[override.user_id] = override.user
        above.append(pure.Override(override.begins_at, override.ends_at, turns([override.user])[0]))
    found.rota = pure.Rota(zone, tuple(strata), tuple(above))
    return found


def turns(users: Iterable[User]) -> tuple[int | None, ...]:
    """The people as keys. Who cannot be on call keeps the turn, which nobody takes then: the others' stay theirs."""
    return tuple(user.pk if user.is_desk else None for user in users)
