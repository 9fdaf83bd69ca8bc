"""Overrides and swaps: who may, what holds, what is refused."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts.errors import Refused
from accounts.models import AuditEntry, User
from deliveries.models import Delivery
from oncall.actions import standins
from oncall.models import Override, Rota, Swap, SwapState
from oncall.reading import who_is_on
from oncall.rota import Shift, Span

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
Coming = Callable[[User], list[Shift]]


def ask(rota: Rota, cast: SimpleNamespace, coming: Coming, *, back: bool = True) -> Swap:
    """The agent asks the other agent to take the next shift, for the other's next one."""
    mine, theirs = coming(cast.agent)[0], coming(cast.other_agent)[0]
    return standins.ask_swap(
        rota=rota, other=cast.other_agent, mine=Span(mine.begin, mine.end), at=timezone.now(), actor=cast.agent,
        theirs=Span(theirs.begin, theirs.end) if back else None,
    )  # fmt: skip


def test_somebody_takes_over_for_themselves(rota: Rota, cast: SimpleNamespace) -> None:
    now = timezone.now()
    standins.take_over(rota=rota, user=cast.guard, begins_at=now, ends_at=now + HOUR, at=now, actor=cast.guard)
    assert who_is_on(rota=rota, at=now) == cast.guard
    assert who_is_on(rota=rota, at=now + HOUR) in (cast.agent, cast.other_agent)
    assert AuditEntry.objects.filter(action="override made", actor=cast.guard).exists()


def test_only_managers_put_somebody_else_on_call(rota: Rota, cast: SimpleNamespace) -> None:
    now = timezone.now()
    said = {"rota": rota, "user": cast.guard, "begins_at": now, "ends_at": now + HOUR, "at": now}
    with pytest.raises(Refused):
        standins.take_over(**said, actor=cast.agent)
    standins.take_over(**said, actor=cast.manager)
    assert who_is_on(rota=rota, at=now) == cast.guard


@pytest.mark.parametrize(
    ("begins", "ends", "said"),
    [(2, 1, "before it begins"), (1, 1, "before it begins"), (-3, -1, "over already"), (0, 24 * 400, "366 days")],
)
def test_it_refuses_times_that_cannot_be(rota: Rota, cast: SimpleNamespace, begins: int, ends: int, said: str) -> None:
    now = timezone.now()
    with pytest.raises(Refused, match=said):
        standins.take_over(
            rota=rota, user=cast.agent, begins_at=now + begins * HOUR, ends_at=now + ends * HOUR, at=now,
            actor=cast.agent,
        )  # fmt: skip


def test_it_puts_nobody_on_call_who_no_longer_works_here(rota: Rota, cast: SimpleNamespace) -> None:
    now = timezone.now()
    User.objects.filter(pk=cast.agent.pk).update(is_active=False)
    cast.agent.refresh_from_db()
    for person in (cast.agent, cast.customer):
        with pytest.raises(Refused):
            standins.take_over(
                rota=rota, user=person, begins_at=now, ends_at=now + HOUR, at=now, actor=cast.manager
            )  # fmt: skip
    on = {who_is_on(rota=rota, at=now + n * 24 * HOUR) for n in range(4)}
    assert on == {None, cast.other_agent}  # their turns are gaps, the other's stay


def test_an_override_under_way_ends_now_and_one_to_come_is_gone(rota: Rota, cast: SimpleNamespace) -> None:
    now = timezone.now()
    made = [
        standins.take_over(
            rota=rota, user=cast.guard, begins_at=begins, ends_at=now + 9 * HOUR, at=now - HOUR, actor=cast.guard
        )
        for begins in (now - HOUR, now + 5 * HOUR)
    ]
    with pytest.raises(Refused):
        standins.end_override(override=made[0], at=now, actor=cast.agent)
    for row in made:
        standins.end_override(override=row, at=now, actor=cast.guard)
    assert [row.ends_at for row in Override.objects.all()] == [now]


def test_a_swap_changes_nothing_before_the_other_agrees(rota: Rota, cast: SimpleNamespace, coming: Coming) -> None:
    mine, theirs = coming(cast.agent)[0], coming(cast.other_agent)[0]
    swap = ask(rota, cast, coming)
    assert who_is_on(rota=rota, at=mine.begin) == cast.agent
    with pytest.raises(Refused):
        standins.agree(swap=swap, at=timezone.now(), actor=cast.agent)
    standins.agree(swap=swap, at=timezone.now(), actor=cast.other_agent)
    assert who_is_on(rota=rota, at=mine.begin) == cast.other_agent
    assert who_is_on(rota=rota, at=theirs.begin) == cast.agent


def test_both_are_told_by_mail(rota: Rota, cast: SimpleNamespace, coming: Coming) -> None:
    standins.decline(swap=ask(rota, cast, coming), at=timezone.now(), actor=cast.other_agent)
    told = {row.address: row for row in Delivery.objects.all()}
    assert told[cast.other_agent.email].subject == "Ada asks you to swap: Demo rota"
    assert f"/oncall/{rota.pk}/" in told[cast.other_agent.email].body_text
    assert told[cast.agent.email].subject == "Ben declines: Demo rota"


def test_a_swap_for_nothing_in_return_is_a_present(rota: Rota, cast: SimpleNamespace, coming: Coming) -> None:
    theirs = coming(cast.other_agent)[0]
    standins.agree(swap=ask(rota, cast, coming, back=False), at=timezone.now(), actor=cast.other_agent)
    assert who_is_on(rota=rota, at=theirs.begin) == cast.other_agent and Override.objects.count() == 1


def test_it_is_answered_once(rota: Rota, cast: SimpleNamespace, coming: Coming) -> None:
    swap = ask(rota, cast, coming)
    standins.decline(swap=swap, at=timezone.now(), actor=cast.other_agent)
    for verb, actor in (
        (standins.agree, cast.other_agent), (standins.withdraw, cast.agent), (standins.decline, cast.other_agent),
    ):  # fmt: skip
        with pytest.raises(Refused, match="declined already"):
            verb(swap=swap, at=timezone.now(), actor=actor)
    assert Swap.objects.get().state == SwapState.DECLINED and not Override.objects.exists()


def test_who_asked_withdraws_it(rota: Rota, cast: SimpleNamespace, coming: Coming) -> None:
    swap = ask(rota, cast, coming)
    with pytest.raises(Refused):
        standins.withdraw(swap=swap, at=timezone.now(), actor=cast.manager)
    assert standins.withdraw(swap=swap, at=timezone.now(), actor=cast.agent).state == SwapState.WITHDRAWN


def test_it_is_refused_once_the_rota_has_changed(rota: Rota, cast: SimpleNamespace, coming: Coming) -> None:
    swap = ask(rota, cast, coming)
    standins.take_over(
        rota=rota, user=cast.guard, begins_at=swap.begins_at + HOUR, ends_at=swap.ends_at, at=timezone.now(),
        actor=cast.guard,
    )  # fmt: skip
    with pytest.raises(Refused, match="has changed"):
        standins.agree(swap=swap, at=timezone.now(), actor=cast.other_agent)
    assert Swap.objects.get().state == SwapState.ASKED


def test_it_swaps_only_shifts_that_are_theirs(rota: Rota, cast: SimpleNamespace, coming: Coming) -> None:
    theirs = coming(cast.other_agent)[0]
    with pytest.raises(Refused, match="not on call"):
        standins.ask_swap(
            rota=rota, other=cast.other_agent, mine=Span(theirs.begin, theirs.end), at=timezone.now(),
            actor=cast.agent,
        )  # fmt: skip
    with pytest.raises(Refused, match="already"):
        [ask(rota, cast, coming) for _ in range(2)]
