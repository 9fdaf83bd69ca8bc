"""Many workers at the same pages and the same people, and a worker that dies while it calls."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from deliveries.claims import URGENT_LEASE
from deliveries.models import Delivery, State
from oncall import engine, rings
from oncall.actions import paging
from oncall.models import Call, CallState, Page, PageState, Ring
from tests import make
from tests.make import T0, later
from tests.races.test_deliveries import WORKER, go, sink, until, worker
from tickets.models import Event, Kind, Severity

__all__ = ["sink"]
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """All of them, begun at the same moment, each with a connection of its own; what they answer."""
    together = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            together.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


def p1s(team, count: int) -> None:
    for number in range(count):
        make.ticket(team=team, severity=Severity.P1, channel="alert", subject=f"Node {number} is down")


def test_six_workers_take_each_step_of_forty_pages_once(cast, front):
    make.ladder(cast.agent, cast.other_agent, team=front)
    p1s(front, 40)
    for minute in (0, 5):
        moved = at_once(*[lambda minute=minute: engine.climb_due(later(minutes=minute)) for _ in range(6)])
        while engine.climb_due(later(minutes=minute)):
            pass  # tickets that two of them wanted at once wait for the next tick
        assert sum(moved) <= 40
    assert Event.objects.filter(kind=Kind.PAGED).count() == Call.objects.count() == 80
    assert Page.objects.filter(step=3, attempt=1).count() == 40


def test_six_workers_call_one_person_once_about_everything(cast, front):
    make.ladder(cast.agent, team=front)
    p1s(front, 20)
    engine.climb_due(T0)
    at_once(*[lambda: rings.ring_due(T0) for _ in range(6)])
    assert Ring.objects.count() == Delivery.objects.filter(urgent=True).count() == 1
    assert Ring.objects.get().calls.count() == 20


def test_whoever_acknowledges_while_the_next_step_is_taken_is_not_talked_over(cast, front):
    make.ladder(cast.agent, cast.other_agent, team=front)
    p1s(front, 1)
    engine.climb_due(T0)
    page = Page.objects.get()
    at_once(
        lambda: engine.climb_due(later(minutes=5)),
        lambda: paging.acknowledge(page=page, at=later(minutes=5), actor=cast.agent, via="link"),
    )
    engine.climb_due(later(minutes=5))
    assert Page.objects.get().state == PageState.ACKNOWLEDGED
    assert not Call.objects.filter(state=CallState.WAITING).exists()


def test_two_who_acknowledge_at_once_are_one_acknowledgement(cast, front):
    make.ladder(cast.agent, team=front)
    p1s(front, 1)
    page = Page.objects.get()
    found = at_once(*[
        lambda who=who: paging.acknowledge(page=page, at=later(minutes=1), actor=who, via="link")
        for who in (cast.agent, cast.other_agent)
    ])  # fmt: skip
    assert {row.state for row in found} == {PageState.ACKNOWLEDGED}
    assert len({row.acknowledged_by_id for row in found}) == 1
    assert Event.objects.filter(kind=Kind.PAGE_ACKNOWLEDGED).count() == 1


def test_a_worker_killed_after_the_provider_took_the_call_repeats_it_with_the_same_id_within_seconds(
    cast, front, sink, monkeypatch
):
    make.ladder(cast.agent, team=front)
    p1s(front, 1)
    now = timezone.now()  # what was to be sent in the past wakes nobody
    engine.climb_due(now)
    rings.ring_due(now)
    urgent = WORKER.replace("deliveries.send import send_due", "deliveries.urgent import send_due")
    urgent = urgent.replace("next_try_at__lte=timezone.now() + ahead", "next_try_at__isnull=False")  # threads send it
    monkeypatch.setattr("tests.races.test_deliveries.WORKER", urgent)
    sink.handler.wait_at = "data"
    with worker(sink.port) as child:
        go(child)
        until(lambda: sink.handler.arrived)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    sink.handler.wait_at = ""
    Delivery.objects.filter(urgent=False).delete()
    held_until = Delivery.objects.get(urgent=True).next_try_at
    assert held_until <= timezone.now() + URGENT_LEASE
    Delivery.objects.update(next_try_at=held_until - URGENT_LEASE)  # the lease has run out
    with worker(sink.port) as child:
        go(child)
        until(lambda: Delivery.objects.get(urgent=True).state == State.SENT)
    row = Delivery.objects.get(urgent=True)
    assert sink.handler.messages == [row.message_id] * 2 and row.uncertain
