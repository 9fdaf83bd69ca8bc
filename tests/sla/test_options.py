"""What a policy may choose, through the real verbs. P1 runs around the clock, P3 from nine to five on weekdays."""

import pytest

from sla import rulebook
from sla.models import Clock, Policy, Target
from sla.sweep import sweep
from tests import make
from tests.make import later
from tickets.actions import conversation, filing, progress

pytestmark = pytest.mark.django_db


@pytest.fixture
def promise():
    """Change the default policy's options, or its targets: promise(scope=…), promise(resolve=dict(days=3))."""

    def change(**fields):
        policy = Policy.objects.get(is_default=True)
        for name, value in fields.items():
            if isinstance(value, dict):
                for severity in (1, 3):
                    calendar = policy.targets.filter(severity=severity).first().calendar
                    columns = {"seconds": None, "calendar": calendar, **value}
                    Target.objects.update_or_create(policy=policy, severity=severity, obligation=name, defaults=columns)
            else:
                setattr(policy, name, value)
        policy.version += 1
        policy.save()
        rulebook.renew()

    return change


@pytest.fixture
def p1(cast, shop):
    return lambda **fields: make.ticket(requester=cast.customer, site=shop, **({"severity": 1} | fields))


def clock(ticket, obligation, cycle=1) -> Clock:
    return Clock.objects.get(ticket=ticket, obligation=obligation, cycle=cycle)


def reply(ticket, cast, at, **more):
    conversation.reply(ticket=ticket, body="Looking.", at=at, actor=cast.agent, via="web", **more)


def resolve(ticket, cast, at):
    progress.resolve(ticket=ticket, code="fixed", text="Restarted.", at=at, actor=cast.agent, via="web")


def reopen(ticket, cast, at):
    progress.reopen(ticket=ticket, at=at, actor=cast.agent, via="web", reason="Not fixed.")


def test_reopening_starts_a_new_cycle_and_an_earlier_breach_stays(promise, p1, cast):
    promise(reopening="reset")
    ticket = p1()
    resolve(ticket, cast, later(hours=3))
    reopen(ticket, cast, later(hours=5))
    first, second = clock(ticket, "resolve"), clock(ticket, "resolve", 2)
    assert (first.state, first.stopped_at, first.breached_at) == ("stopped", later(hours=3), later(hours=2))
    assert (second.state, second.due_at, second.breached_at) == ("running", later(hours=7), None)
    resolve(ticket, cast, later(hours=6))
    reopen(ticket, cast, later(hours=8))
    assert clock(ticket, "resolve", 3).due_at == later(hours=10)
    assert clock(ticket, "resolve", 2).elapsed == 3600


def test_a_new_target_counts_from_its_change_where_the_policy_says_so(promise, p1, cast):
    promise(retargeting="from_change")
    ticket = p1(severity=2)
    filing.change_severity(ticket=ticket, to=1, reason="Worse", at=later(hours=5), actor=cast.agent, via="web")
    found = clock(ticket, "resolve")
    assert (found.due_at, found.elapsed) == (later(hours=7), 0)
    assert [span["kind"] for span in found.spans] == ["earlier", "running"]


def test_an_edit_that_leaves_the_target_alone_leaves_the_clock_alone(promise, p1, cast):
    promise(retargeting="from_change")
    ticket = p1()
    promise(name="Standard, renamed")
    reply(ticket, cast, later(minutes=5), then="diagnosing")
    assert clock(ticket, "resolve").due_at == later(hours=2)


def test_next_response_may_be_owed_to_the_request_itself(promise, p1, cast):
    promise(scope="any_customer_message")
    ticket = p1()
    assert clock(ticket, "next_response").due_at == later(hours=1)
    reply(ticket, cast, later(minutes=20))
    assert (clock(ticket, "next_response").state, clock(ticket, "next_response").elapsed) == ("stopped", 1200)


def test_a_call_taken_by_an_agent_may_have_no_first_response_to_wait_for(promise, p1, cast):
    promise(times_desk_opened=False)
    ticket = p1(actor=cast.agent, author=cast.agent, channel="phone")
    assert set(ticket.clocks.values_list("obligation", flat=True)) == {"acknowledge", "resolve"}
    assert p1().clocks.filter(obligation="first_response").exists()


def test_updates_are_owed_from_one_public_answer_to_the_next_while_the_ticket_is_open(promise, p1, cast):
    promise(update={"seconds": 3600})
    ticket = p1()
    assert not ticket.clocks.filter(obligation="update").exists()
    reply(ticket, cast, later(minutes=10), then="diagnosing")
    conversation.note(ticket=ticket, body="Hm.", at=later(minutes=30), actor=cast.agent, via="web")
    reply(ticket, cast, later(minutes=50), then="diagnosing")
    assert clock(ticket, "update").elapsed == 40 * 60
    assert clock(ticket, "update", 2).due_at == later(minutes=110)
    resolve(ticket, cast, later(minutes=60))
    assert (clock(ticket, "update", 2).state, clock(ticket, "update", 2).breached_at) == ("stopped", None)
    reopen(ticket, cast, later(hours=3))
    assert clock(ticket, "update", 3).due_at == later(hours=4)


def test_a_policy_that_promises_no_update_keeps_no_such_clock(p1, cast):
    ticket = p1()
    reply(ticket, cast, later(minutes=10))
    assert not ticket.clocks.filter(obligation="update").exists()


def test_working_days_end_at_the_same_time_or_with_the_last_of_them(promise, p1):
    friday = later(days=4, hours=1)  # Friday 10:00
    promise(resolve={"days": 3})
    assert clock(p1(severity=3, at=friday), "resolve").due_at == later(days=9, hours=1)
    promise(resolve={"days": 3, "end_of_day": True})
    ticket = p1(severity=3, at=friday)
    assert (clock(ticket, "resolve").due_at, clock(ticket, "resolve").target) == (later(days=9, hours=8), 31 * 3600)


def test_a_pause_moves_working_days_by_its_working_time(promise, p1, cast):
    promise(resolve={"days": 1})
    ticket = p1(severity=3, at=later(hours=1))  # Monday 10:00
    reply(ticket, cast, later(hours=2))  # waits for the requester from 11:00 on
    conversation.receive(ticket=ticket, body="Yes", at=later(hours=5), actor=cast.customer, via="form")
    assert clock(ticket, "resolve").due_at == later(days=1, hours=4)  # Tuesday 13:00


def test_the_shipped_policy_says_its_days_in_working_days():
    target = Target.objects.get(severity=3, obligation="resolve")
    assert (target.days, target.seconds, target.end_of_day) == (3, None, False)


def test_a_breach_of_working_days_is_found_by_the_sweep(promise, p1):
    promise(resolve={"days": 1})
    ticket = p1(severity=3, at=later(hours=1))
    sweep(later(days=1, hours=2))
    assert clock(ticket, "resolve").breached_at == later(days=1, hours=1)
