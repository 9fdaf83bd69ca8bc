"""The agent and the other agent take turns of a day, from nine o'clock in Berlin on."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from oncall import rota as pure
from oncall.models import Layer, Rota
from oncall.reading import load
from oncall.rota import Shift
from tests import make


@pytest.fixture
def desk(cast: SimpleNamespace, as_user: Callable[[User], Client]) -> Client:
    """The agent's."""
    return as_user(cast.agent)


@pytest.fixture
def boss(cast: SimpleNamespace, as_user: Callable[[User], Client]) -> Client:
    """The manager's."""
    return as_user(cast.manager)


@pytest.fixture
def layer(cast: SimpleNamespace) -> Layer:
    """Turns since ten days ago."""
    now = timezone.now()
    return make.layer(cast.agent, cast.other_agent, at=now, first_day=(now - timedelta(days=10)).date())


@pytest.fixture
def rota(layer: Layer) -> Rota:
    return layer.rota


@pytest.fixture
def coming(rota: Rota) -> Callable[[User], list[Shift]]:
    """coming(user): the shifts of theirs that begin within a fortnight."""
    now = timezone.now()

    def of(user: User) -> list[Shift]:
        found = pure.shifts(load(Rota.objects.filter(pk=rota.pk), since=now)[0].rota, now, now + timedelta(days=14))
        return [shift for shift in found if shift.person == user.pk and shift.begin > now]

    return of
