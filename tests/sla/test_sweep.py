"""The sweep over what is due."""

from datetime import timedelta

import pytest

from sla import rulebook
from sla.models import Breach, Clock, Firing
from sla.sweep import sweep
from tests import make
from tests.make import T0, later
from tickets.actions import conversation, filing, progress
from tickets.models import Event, Kind

pytestmark = pytest.mark.django_db


@pytest.fixture
def p1(cast, shop):
    """Acknowledge 15 min, first response 30 min, resolve 2 h."""
    return make.ticket(requester=cast.customer, site=shop, severity=1)


def lines(ticket, kind):
    return list(Event.objects.filter(ticket=ticket, kind=kind).order_by("at").values_list("data__obligation", "at"))


def test_it_warns_at_three_quarters_and_records_the_breach_when_due_each_once(p1):
    for minute in range(40):
        sweep(later(minutes=minute, seconds=1))
    assert lines(p1, Kind.WARNED) == [
        ("acknowledge", later(minutes=11, seconds=15)), ("first_response", later(minutes=22, seconds=30)),
    ]  # fmt: skip
    assert lines(p1, Kind.BREACHED) == [("acknowledge", later(minutes=15)), ("first_response", later(minutes=30))]
    assert Firing.objects.count() == 4


def test_a_worker_that_comes_late_dates_everything_when_it_fell_due(p1):
    sweep(later(days=3))
    assert lines(p1, Kind.BREACHED)[0] == ("acknowledge", later(minutes=15))
    assert lines(p1, Kind.WARNED)[-1] == ("resolve", later(minutes=90))
    breach = Breach.objects.get(ticket=p1, obligation="resolve")
    assert (breach.due_at, breach.noticed_at) == (later(hours=2), later(days=3))
    assert Clock.objects.get(ticket=p1, obligation="resolve").breached_at == later(hours=2)


def test_what_a_breach_tells_is_enough_to_act_on(p1):
    sweep(later(minutes=20))
    data = Event.objects.get(ticket=p1, kind=Kind.BREACHED).data
    assert (data["obligation"], data["severity"], data["target"], data["over_by"]) == ("acknowledge", 1, 900, 300)
    assert (data["due"], data["policy"]) == (later(minutes=15).isoformat(), "Standard: no other policy applies")


def test_at_the_due_instant_itself_nothing_is_late_yet(p1):
    sweep(later(minutes=15))
    assert lines(p1, Kind.BREACHED) == []


def test_the_version_of_the_ticket_moves_with_what_the_sweep_records(p1):
    sweep(later(minutes=20))
    p1.refresh_from_db()
    assert p1.last_event == Event.objects.filter(ticket=p1).latest("id").pk
    assert p1.last_event_at == later(minutes=15)


def test_paused_and_finished_clocks_fire_nothing(cast, p1):
    conversation.reply(ticket=p1, body="Which?", at=later(minutes=5), actor=cast.agent, via="web")
    sweep(later(days=3))
    assert Event.objects.filter(kind__in=[Kind.WARNED, Kind.BREACHED]).count() == 0


def test_a_breach_seen_by_the_sweep_is_not_recorded_again_by_the_late_answer(cast, p1):
    sweep(later(minutes=35))
    conversation.reply(ticket=p1, body="Sorry.", at=later(minutes=50), actor=cast.agent, via="web")
    assert Breach.objects.filter(ticket=p1, obligation="first_response").count() == 1
    first = Clock.objects.get(ticket=p1, obligation="first_response")
    assert (first.elapsed, first.breached_at, first.settled_at) == (3000, later(minutes=30), later(minutes=30))


def test_a_tighter_target_already_passed_warns_and_breaches_at_the_next_run(cast, shop):
    ticket = make.ticket(requester=cast.customer, site=shop, severity=3)
    filing.change_severity(ticket=ticket, to=1, reason="Worse", at=later(hours=3), actor=cast.agent, via="web")
    sweep(later(hours=3, seconds=1))
    assert ("resolve", later(hours=2)) in lines(ticket, Kind.BREACHED)


def test_a_warning_is_armed_again_only_when_a_new_target_moves_it_into_the_future(cast, p1):
    progress.change_status(ticket=p1, to="diagnosing", at=later(minutes=1), actor=cast.agent, via="web")
    sweep(later(minutes=95))
    filing.change_severity(ticket=p1, to=2, reason="Less", at=later(minutes=96), actor=cast.agent, via="web")
    sweep(later(hours=7))
    resolve = [at for obligation, at in lines(p1, Kind.WARNED) if obligation == "resolve"]
    assert resolve == [later(minutes=90), later(hours=6)]


def test_a_poisoned_clock_waits_with_its_reason_and_stops_no_other(cast, shop, p1):
    other = make.ticket(requester=cast.customer, site=shop, severity=1)
    Clock.objects.filter(ticket=p1, obligation="acknowledge").update(spans=[{"kind": "running"}])
    sweep(later(minutes=20))
    bad = Clock.objects.get(ticket=p1, obligation="acknowledge")
    assert "KeyError" in bad.trouble
    assert bad.fires_at == later(minutes=25)
    assert lines(other, Kind.BREACHED) == [("acknowledge", later(minutes=15))]


def test_many_due_clocks_cost_as_many_statements_as_a_few(cast, shop, django_assert_max_num_queries):
    rulebook.current()
    for _ in range(40):
        make.ticket(requester=cast.customer, site=shop, severity=1)
    with django_assert_max_num_queries(22):
        assert sweep(later(minutes=31)) == 80
    assert Breach.objects.count() == Event.objects.filter(kind=Kind.BREACHED).count() == 80


def test_an_idle_tick_is_one_statement(p1, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert sweep(T0 + timedelta(seconds=1)) == 0
