"""Swaps answered at once: real threads, real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from accounts.errors import Refused
from accounts.models import Role, User
from oncall import rota as pure
from oncall.actions import standins
from oncall.models import Override, Rota, Swap, SwapState
from oncall.reading import load
from oncall.rota import Span
from tests import make

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def at_once(*verbs: Callable[[], object]) -> list[str]:
    """What those were refused with that all began at the same instant, each on a connection of its own."""
    together = Barrier(len(verbs))

    def work(verb: Callable[[], object]) -> str:
        try:
            together.wait()
            verb()
        except Refused as refused:
            return refused.message
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(len(verbs)) as pool:
        return [said for said in pool.map(work, verbs) if said]


@pytest.fixture
def people() -> list[User]:
    return [make.person(name, Role.AGENT) for name in ("Ada", "Ben", "Cy", "Dee")]


@pytest.fixture
def swaps(people: list[User]) -> list[Swap]:
    """Ada asks each of the others to take the same shift."""
    now = timezone.now()
    layer = make.layer(*people, at=now, first_day=(now - timedelta(days=9)).date())
    found = pure.shifts(load(Rota.objects.all(), since=now)[0].rota, now, now + timedelta(days=14))
    mine = next(shift for shift in found if shift.person == people[0].pk and shift.begin > now)
    return [
        standins.ask_swap(rota=layer.rota, other=other, mine=Span(mine.begin, mine.end), at=now, actor=people[0])
        for other in people[1:]
    ]


def test_of_three_who_agree_to_take_one_shift_one_gets_it(swaps: list[Swap]) -> None:
    def agree(swap: Swap) -> Callable[[], object]:
        return lambda: standins.agree(swap=swap, at=timezone.now(), actor=swap.other)

    refusals = at_once(*(agree(swap) for swap in swaps))
    assert len(refusals) == 2 and all("has changed" in said for said in refusals)
    winner = Swap.objects.get(state=SwapState.APPROVED)
    assert Override.objects.get().user == winner.other


def test_a_swap_is_agreed_to_or_withdrawn_and_never_both(swaps: list[Swap]) -> None:
    swap = swaps[0]
    refusals = at_once(
        lambda: standins.agree(swap=swap, at=timezone.now(), actor=swap.other),
        lambda: standins.withdraw(swap=swap, at=timezone.now(), actor=swap.asker),
    )
    swap.refresh_from_db()
    assert len(refusals) == 1 and Override.objects.exists() == (swap.state == SwapState.APPROVED)
