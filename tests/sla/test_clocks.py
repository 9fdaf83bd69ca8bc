"""A ticket's clocks, through the real verbs. P1 runs around the clock, P3 from nine to five, Monday to Friday."""

from datetime import datetime

import pytest

from sla import rulebook
from sla.models import Breach, Calendar, Clock, State, Target
from tests import make
from tests.make import T0, later
from tickets.actions import assignment, conversation, filing, merging, progress
from tickets.models import Event, Kind, Ticket

pytestmark = pytest.mark.django_db


def clock(ticket: Ticket, obligation: str, cycle: int = 1) -> Clock:
    return Clock.objects.get(ticket=ticket, obligation=obligation, cycle=cycle)


def due(ticket: Ticket, obligation: str) -> datetime | None:
    return clock(ticket, obligation).due_at


def reply(ticket, agent, at, **more):
    return conversation.reply(ticket=ticket, body="Looking.", at=at, actor=agent, via="web", **more)


def write(ticket, customer, at):
    return conversation.receive(ticket=ticket, body="And?", at=at, actor=customer, via="form")


def resolve(ticket, agent, at):
    return progress.resolve(ticket=ticket, code="fixed", text="Restarted it.", at=at, actor=agent, via="web")


@pytest.fixture
def p1(cast, shop):
    return make.ticket(requester=cast.customer, site=shop, severity=1)


@pytest.fixture
def p3(cast, shop):
    return make.ticket(requester=cast.customer, site=shop, severity=3)


def test_opening_starts_the_clocks_of_its_severity(p1):
    assert due(p1, "acknowledge") == later(minutes=15)
    assert due(p1, "first_response") == later(minutes=30)
    assert due(p1, "resolve") == later(hours=2)
    p1.refresh_from_db()
    assert p1.next_due_at == later(minutes=15)


def test_it_says_which_policy_was_chosen_and_why(p1):
    assert clock(p1, "resolve").reason == "Standard: no other policy applies"


def test_a_weekend_is_no_business_time(cast, shop):
    friday = later(days=4, hours=6)  # Friday 15:00
    ticket = make.ticket(requester=cast.customer, site=shop, severity=3, at=friday)
    assert due(ticket, "acknowledge") == later(days=7, hours=2)  # Monday 11:00


def test_a_target_that_ends_at_closing_time_is_due_at_closing_time(cast, shop):
    ticket = make.ticket(requester=cast.customer, site=shop, severity=3, at=later(hours=4))  # 13:00 + 4 h
    assert due(ticket, "acknowledge") == later(hours=8)


def test_acknowledging_or_assigning_stops_the_acknowledge_clock_alone(cast, p1, p3):
    assignment.acknowledge(ticket=p1, at=later(minutes=3), actor=cast.agent, via="web")
    assignment.assign(ticket=p3, to=cast.agent, at=later(minutes=4), actor=cast.agent, via="web")
    for ticket, at in ((p1, later(minutes=3)), (p3, later(minutes=4))):
        assert (clock(ticket, "acknowledge").state, clock(ticket, "acknowledge").stopped_at) == (State.STOPPED, at)
        assert clock(ticket, "first_response").state == State.RUNNING
    p1.refresh_from_db()
    assert p1.next_due_at == later(minutes=30)


def test_the_first_public_answer_of_a_person_stops_first_response(cast, p1):
    conversation.note(ticket=p1, body="Hm.", at=later(minutes=5), actor=cast.agent, via="web")
    assert clock(p1, "first_response").state == State.RUNNING
    reply(p1, cast.agent, later(minutes=20))
    first = clock(p1, "first_response")
    assert (first.state, first.elapsed, first.breached_at) == (State.STOPPED, 20 * 60, None)


def test_an_answer_at_the_due_instant_is_met(cast, p1):
    reply(p1, cast.agent, later(minutes=30))
    assert clock(p1, "first_response").breached_at is None


def test_a_late_answer_is_a_breach_though_no_worker_ever_saw_it(cast, p1):
    reply(p1, cast.agent, later(minutes=40))
    breach = Breach.objects.get(clock=clock(p1, "first_response"))
    assert (breach.due_at, breach.elapsed, breach.over_by) == (later(minutes=30), 2400, 600)
    event = Event.objects.get(ticket=p1, kind=Kind.BREACHED, data__obligation="first_response")
    assert (event.at, event.data["over_by"], event.data["target"]) == (later(minutes=30), 600, 1800)


def test_waiting_for_the_requester_pauses_resolve_and_nothing_unanswered(cast, p1):
    progress.change_status(ticket=p1, to="waiting", at=later(minutes=10), actor=cast.agent, via="web")
    assert clock(p1, "resolve").state == State.PAUSED
    assert (due(p1, "resolve"), clock(p1, "resolve").elapsed) == (None, 600)
    assert due(p1, "first_response") == later(minutes=30)


def test_time_waited_for_the_requester_is_not_used(cast, p1):
    reply(p1, cast.agent, later(minutes=10))
    write(p1, cast.customer, later(hours=5))
    assert due(p1, "resolve") == later(hours=5 + 2, minutes=-10)
    assert [(s["kind"], s["cause"]) for s in clock(p1, "resolve").spans] == [
        ("running", "Opened"), ("paused", "Waiting on requester"), ("running", "Diagnosing"),
    ]  # fmt: skip


def test_only_the_working_time_of_a_pause_moves_the_deadline(cast, shop):
    friday = later(days=4, hours=6)  # Friday 15:00, P3: three working days
    ticket = make.ticket(requester=cast.customer, site=shop, severity=3, at=friday)
    reply(ticket, cast.agent, later(days=4, hours=7))
    write(ticket, cast.customer, later(days=7, hours=1))  # Monday 10:00: one hour Friday and one Monday do not count
    assert due(ticket, "resolve") == later(days=9, hours=8)  # 1 h Friday, 7 h Monday, 8 h, 8 h


def test_hold_pauses_resolve_and_waking_goes_on(cast, p1):
    progress.change_status(
        ticket=p1, to="on_hold", reason="Vendor", wakes_at=later(days=1), at=later(hours=1), actor=cast.agent, via="web"
    )
    assert clock(p1, "resolve").state == State.PAUSED
    progress.change_status(ticket=p1, to="diagnosing", at=later(hours=3), actor=cast.agent, via="web")
    assert due(p1, "resolve") == later(hours=4)


def test_reopening_continues_the_same_clock_without_the_closed_time(cast, p1):
    resolve(p1, cast.agent, later(minutes=30))
    stopped = clock(p1, "resolve")
    assert (stopped.state, stopped.stopped_at) == (State.STOPPED, later(minutes=30))
    assert stopped.settled_at == later(minutes=30)
    progress.reopen(ticket=p1, at=later(days=2), actor=cast.customer, via="form", reason="Not fixed.")
    again = clock(p1, "resolve")
    assert (again.pk, again.state, again.stopped_at, again.settled_at) == (stopped.pk, State.RUNNING, None, None)
    assert again.due_at == later(days=2, hours=1, minutes=30)


def test_closing_after_resolving_does_not_move_the_resolution(cast, p1):
    resolve(p1, cast.agent, later(minutes=30))
    progress.verify_and_close(ticket=p1, how="requester", at=later(days=1), actor=cast.customer, via="form")
    assert (clock(p1, "resolve").stopped_at, clock(p1, "resolve").elapsed) == (later(minutes=30), 1800)


def test_resolving_with_a_text_is_also_the_first_answer(cast, p1):
    resolve(p1, cast.agent, later(minutes=10))
    assert {c.state for c in p1.clocks.all()} == {State.STOPPED}
    p1.refresh_from_db()
    assert p1.next_due_at is None


def test_a_machine_that_resolves_leaves_the_answer_open_without_a_deadline(cast, p1):
    resolve(p1, None, later(minutes=10))
    assert (clock(p1, "first_response").state, due(p1, "first_response")) == (State.PAUSED, None)
    progress.reopen(ticket=p1, at=later(hours=3), actor=cast.customer, via="form", reason="Not fixed.")
    assert due(p1, "first_response") == later(hours=3, minutes=20)


def test_next_response_runs_from_the_oldest_unanswered_message(cast, p1):
    reply(p1, cast.agent, later(minutes=5))
    assert not p1.clocks.filter(obligation="next_response").exists()
    write(p1, cast.customer, later(minutes=60))
    write(p1, cast.customer, later(minutes=80))
    assert due(p1, "next_response") == later(minutes=120)
    reply(p1, cast.agent, later(minutes=100))
    assert clock(p1, "next_response").elapsed == 40 * 60
    write(p1, cast.customer, later(hours=3))
    assert clock(p1, "next_response", cycle=2).due_at == later(hours=4)
    assert clock(p1, "next_response").state == State.STOPPED


def test_a_message_before_the_first_answer_starts_no_cycle(cast, p1):
    write(p1, cast.customer, later(minutes=5))
    assert p1.clocks.count() == 3


def test_a_new_severity_counts_from_the_start_with_all_pauses(cast, p3):
    reply(p3, cast.agent, later(minutes=10))
    write(p3, cast.customer, later(minutes=40))
    filing.change_severity(ticket=p3, to=1, reason="All down", at=later(minutes=50), actor=cast.agent, via="web")
    assert due(p3, "resolve") == later(minutes=30 + 120)
    change = clock(p3, "resolve").changes[0]
    assert (change["from"]["target"], change["to"]["target"]) == (24 * 3600, 7200)
    assert change["why"] == "severity P3 to P1: All down"


def test_a_finished_clock_is_frozen_and_a_breach_stays(cast, p1):
    reply(p1, cast.agent, later(minutes=40))
    filing.change_severity(ticket=p1, to=4, reason="Only one", at=later(minutes=50), actor=cast.agent, via="web")
    first = clock(p1, "first_response")
    assert (first.severity, first.target, first.breached_at) == (1, 1800, later(minutes=30))
    assert clock(p1, "resolve").severity == 4


def test_cancelled_tickets_leave_the_statistics_and_come_back_when_reopened(cast, p1):
    reply(p1, cast.agent, later(minutes=5), then="diagnosing")
    progress.cancel(ticket=p1, reason="Spam", at=later(minutes=10), actor=cast.agent, via="web")
    assert not p1.clocks.filter(counts=True).exists()
    assert clock(p1, "resolve").state == State.CANCELLED
    progress.reopen(ticket=p1, at=later(hours=1), actor=cast.agent, via="web", reason="It was not")
    assert not p1.clocks.filter(counts=False).exists()
    assert due(p1, "resolve") == later(hours=1 + 2, minutes=-10)


def test_a_merged_duplicate_loses_its_clocks_and_gets_them_back(cast, p1, p3):
    merging.merge(source=p1, target=p3, at=later(minutes=10), actor=cast.agent, via="web")
    assert {c.state for c in p1.clocks.all()} == {State.CANCELLED}
    p1.refresh_from_db()
    assert p1.next_due_at is None
    merging.unmerge(ticket=p1, at=later(minutes=20), actor=cast.agent, via="web")
    assert due(p1, "resolve") == later(minutes=130)
    assert clock(p3, "resolve").state == State.RUNNING


def test_an_alert_without_a_requester_waits_for_no_answer(shop):
    alert = make.ticket(site=shop, channel="alert", severity=1)
    assert set(alert.clocks.values_list("obligation", flat=True)) == {"acknowledge", "resolve"}


def test_a_call_taken_by_an_agent_waits_for_its_first_answer_from_creation(cast, shop):
    ticket = make.ticket(
        requester=cast.customer, author=cast.agent, actor=cast.agent, site=shop, severity=1, channel="phone"
    )
    assert due(ticket, "first_response") == later(minutes=30)


def test_an_obligation_without_a_target_has_no_deadline_and_keeps_its_time(cast, shop):
    Target.objects.filter(severity=4, obligation="resolve").delete()
    rulebook.renew()
    ticket = make.ticket(requester=cast.customer, site=shop, severity=4)
    assert (due(ticket, "resolve"), clock(ticket, "resolve").target) == (None, None)
    filing.change_severity(ticket=ticket, to=1, reason="Worse", at=later(minutes=50), actor=cast.agent, via="web")
    assert due(ticket, "resolve") == later(hours=2)


def test_a_calendar_without_hours_gives_no_deadline_and_hangs_nothing(cast, shop):
    Calendar.objects.update(hours={})
    rulebook.renew()
    ticket = make.ticket(requester=cast.customer, site=shop, severity=1)
    assert (clock(ticket, "resolve").state, due(ticket, "resolve")) == (State.RUNNING, None)


def test_opening_costs_two_statements_here(cast, shop, django_assert_max_num_queries):
    make.ticket(requester=cast.customer, site=shop)
    with django_assert_max_num_queries(100) as queries:
        make.ticket(requester=cast.customer, site=shop, at=T0)
    marks = ("FROM sla_edition", 'INTO "sla_', 'UPDATE "sla_')
    assert len([q for q in queries.captured_queries if any(mark in q["sql"] for mark in marks)]) == 2
