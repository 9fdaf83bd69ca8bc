"""The demo's rotas and ladders, through the real verbs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deliveries.models import Delivery, State
from helpdesk.demo.ladders import make_ladders
from helpdesk.demo.rotas import make_rotas
from helpdesk.demo.world import make_catalog, make_people
from oncall.ladder_worries import plans_of, worries_of
from oncall.models import Ladder, Page, PageState, Rota, Swap
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


@pytest.mark.django_db
def test_it_has_two_ladders_one_page_that_somebody_took_and_one_that_is_calling() -> None:
    teams, desk, _ = make_people()
    now = timezone.now()
    make_rotas(teams=teams, desk=desk, now=now)
    make_ladders(teams=teams, desk=desk, sites=make_catalog(teams), now=now)
    rows = list(Ladder.objects.select_related("team", "site"))
    assert len(rows) == 2 and all(plan["steps"] for plan in plans_of(rows).values())
    assert set(worries_of(list(zip(rows, plans_of(rows).values(), strict=True)), now)) == {row.pk for row in rows}
    taken, calling = Page.objects.order_by("started_at")
    assert (taken.state, calling.state) == (PageState.ACKNOWLEDGED, PageState.CLIMBING)
    assert calling.calls.exists() and not Delivery.objects.filter(urgent=True, state=State.PENDING).exists()
