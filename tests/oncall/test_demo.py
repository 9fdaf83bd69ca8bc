"""The demo's rotas, through the real verbs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk.demo.rotas import make_rotas
from helpdesk.demo.world import make_people
from oncall.models import Rota, Swap
from oncall.reading import load, who_is_on
from oncall.rota import gaps


@pytest.mark.django_db
def test_it_has_two_rotas_of_which_one_is_always_covered() -> None:
    teams, desk, _ = make_people()
    now = timezone.now()
    make_rotas(teams=teams, desk=desk, now=now)
    platform, shops = Rota.objects.all()
    assert who_is_on(rota=platform, at=now) is not None
    assert gaps(load(Rota.objects.filter(pk=platform.pk), since=now)[0].rota, now, now + timedelta(weeks=8)) == []
    assert gaps(load(Rota.objects.filter(pk=shops.pk), since=now)[0].rota, now, now + timedelta(weeks=8)) != []
    assert Swap.objects.get().other == desk["lea"]
