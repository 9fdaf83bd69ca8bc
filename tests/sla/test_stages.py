"""What happens before and after a deadline, through the real sweep. P1: resolve within two hours, around the clock."""

import pytest
from django.db.models import F

from accounts.models import Team
from deliveries.models import Delivery
from sla import rulebook
from sla.actions.replan import replan
from sla.models import Act, Clock, Contact, Firing, Policy, Stage
from sla.sweep import sweep
from tests import make
from tests.make import T0, later
from tickets.actions import assignment, conversation, filing, progress
from tickets.models import Event, Kind, TicketFollower

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage():
    """A stage of resolve in the default policy, which has no others: stage(percent=50), stage(Act.…, offset=3600)."""
    policy = Policy.objects.get(is_default=True)
    policy.stages.all().delete()

    def add(*do, **columns):
        actions = [action if isinstance(action, dict) else {"do": action} for action in do]
        columns = {"obligation": "resolve", **columns}
        made = Stage.objects.create(policy=policy, actions=actions, position=policy.stages.count(), **columns)
        Policy.objects.filter(pk=policy.pk).update(version=F("version") + 1)
        rulebook.renew()
        replan(why="a new stage", at=T0, actor=None)
        return made

    return add


@pytest.fixture
def p1(cast, shop):
    return make.ticket(requester=cast.customer, site=shop, severity=1)


@pytest.fixture
def p3(cast, shop):
    return make.ticket(requester=cast.customer, site=shop, severity=3)


def fired(stage):
    """(repetition, arming, when it should have) of each firing."""
    return list(Firing.objects.filter(stage=stage).values_list("repetition", "arming", "due_at"))


def escalations(ticket, kind=Kind.ESCALATED):
    return [event.data for event in Event.objects.filter(ticket=ticket, kind=kind).order_by("id")]


def poll(first, last, *, every=5):
    for minute in range(first, last + 1, every):
        sweep(later(minutes=minute))


def test_stages_before_and_after_the_deadline_fire_once_each_at_their_instant(stage, p1):
    half, before, after = stage(percent=50), stage(offset=-1800), stage(offset=3600)
    poll(5, 300)
    assert fired(half) == [(0, 1, later(hours=1))]
    assert fired(before) == [(0, 1, later(minutes=90))]
    assert fired(after) == [(0, 1, later(hours=3))]
    assert [data["stage"] for data in escalations(p1)] == ["1h after the deadline"]
    assert [data["stage"] for data in escalations(p1, Kind.WARNED)] == [
        "50 % of the time used", "30m before the deadline",
    ]  # fmt: skip


def test_repetitions_come_so_often_at_most_counted_from_the_stage_itself(stage, p1):
    nag = stage(percent=100, repeat_every=1800, repeat_times=2)
    poll(5, 400)
    assert [repetition for repetition, _, _ in fired(nag)] == [0, 1, 2]
    assert fired(nag)[2][2] == later(hours=3)


def test_a_late_worker_runs_missed_stages_in_order_and_repetitions_as_one(stage, p1):
    nag, half = stage(percent=100, repeat_every=1800, repeat_times=5), stage(percent=50)
    sweep(later(hours=3, minutes=10))
    assert list(Firing.objects.order_by("id").values_list("stage", "repetition")) == [(half.pk, 0), (nag.pk, 2)]
    sweep(later(hours=3, minutes=40))
    assert fired(nag)[-1] == (3, 1, later(hours=3, minutes=30))


def test_a_paused_clock_fires_nothing_and_its_stages_wait(stage, p1, cast):
    half = stage(percent=50)
    conversation.reply(ticket=p1, body="Which?", at=later(minutes=30), actor=cast.agent, via="web")
    poll(60, 240)
    assert fired(half) == []
    conversation.receive(ticket=p1, body="This", at=later(hours=5), actor=cast.customer, via="form")
    sweep(later(hours=6))
    assert fired(half) == [(0, 1, later(hours=5, minutes=30))]


def test_a_stopped_clock_fires_nothing(stage, p1, cast):
    after = stage(offset=3600)
    progress.resolve(ticket=p1, code="fixed", text="Restarted.", at=later(hours=1), actor=cast.agent, via="web")
    sweep(later(days=1))
    assert fired(after) == []


def test_a_stage_is_armed_again_only_when_a_new_target_moves_it_into_the_future(stage, p1, cast):
    half = stage(percent=50)
    sweep(later(minutes=61))
    for to, at in ((2, later(minutes=70)), (1, later(minutes=80)), (2, later(minutes=90))):
        filing.change_severity(ticket=p1, to=to, reason="Less", at=at, actor=cast.agent, via="web")
        sweep(at)
    sweep(later(hours=5))
    assert [(arming, at) for _, arming, at in fired(half)] == [
        (1, later(hours=1)), (2, later(hours=1)), (3, later(hours=4)),
    ]  # fmt: skip


def test_a_stage_may_be_for_some_severities_only(stage, p1, p3):
    grave = stage(percent=50, severities=[1])
    sweep(later(days=10))
    assert list(Firing.objects.filter(stage=grave).values_list("clock__ticket", flat=True)) == [p1.pk]


def test_it_raises_the_severity_by_one_and_never_above_p1(stage, p3):
    stage(Act.RAISE_SEVERITY, percent=50, repeat_every=60, repeat_times=1000)
    for day in range(1, 12):
        sweep(later(days=day))
    p3.refresh_from_db()
    assert p3.severity == 1
    changes = Event.objects.filter(ticket=p3, kind=Kind.SEVERITY_CHANGED).order_by("id")
    assert [(e.data["from"], e.data["to"], e.via) for e in changes] == [(3, 2, "sla"), (2, 1, "sla")]
    assert changes[0].data["reason"].startswith("Resolve: 50 % of the time used")


def test_raising_severity_where_targets_count_from_the_change_ends_too(stage, p3):
    Policy.objects.filter(is_default=True).update(retargeting="from_change")
    raiser = stage(Act.RAISE_SEVERITY, percent=50)
    for day in range(1, 30):
        sweep(later(days=day))
    p3.refresh_from_db()
    assert (p3.severity, Firing.objects.filter(stage=raiser).count()) == (1, 3)


def test_it_hands_the_ticket_to_a_team(stage, p1):
    second = make.team("Second line", tier=2)
    stage({"do": Act.CHANGE_TEAM, "team": second.pk}, percent=50)
    sweep(later(hours=1))
    p1.refresh_from_db()
    assert (p1.team, p1.tier) == (second, 2)


def test_the_next_tier_is_its_only_team(stage, p1):
    Team.objects.filter(tier=2).delete()
    second = make.team("Second line", tier=2)
    stage(Act.RAISE_TIER, percent=50)
    sweep(later(hours=1))
    p1.refresh_from_db()
    assert p1.team == second


def test_an_action_that_is_refused_is_a_line_and_stops_no_other(stage, p1):
    stage({"do": Act.CHANGE_TEAM, "team": 10**6}, Act.START_LADDER, percent=50)
    sweep(later(hours=1))
    refused, started = escalations(p1)
    assert refused["refused"] == "The team that it should go to is gone."
    assert (started["do"], started["stage"]) == ("start_ladder", "Resolve: 50 % of the time used")


def test_it_tells_whom_it_names_in_one_notice_however_much_was_missed(stage, p1, cast):
    assignment.assign(ticket=p1, to=cast.agent, at=later(minutes=1), actor=cast.manager, via="web")
    stage(Act.NOTIFY_ASSIGNEE, percent=50)
    stage(Act.NOTIFY_ASSIGNEE, Act.NOTIFY_FOLLOWERS, offset=3600)
    TicketFollower.objects.create(ticket=p1, user=cast.admin)
    Delivery.objects.all().delete()
    sweep(later(hours=4))
    told = Delivery.objects.filter(event__data__obligation="resolve")
    assert {letter.user for letter in told} == {cast.agent, cast.admin}
    assert told.count() == 2
    assert "Resolve is still overdue" in told[0].body_text


def test_a_warning_says_when_it_is_due(stage, p1, cast):
    assignment.assign(ticket=p1, to=cast.agent, at=later(minutes=1), actor=cast.manager, via="web")
    stage(Act.NOTIFY_ASSIGNEE, percent=50)
    sweep(later(hours=1))
    letter = Delivery.objects.get(event__kind=Kind.WARNED)
    assert "Resolve is due soon" in letter.body_text and "11:00" in letter.body_text


def test_it_tells_the_named_contacts_of_this_severity_and_nothing_internal(stage, cast, shop):
    contract = make.contract(cast.acme)
    for name, severities in (("nora", [1]), ("otto", [4])):
        Contact.objects.create(contract=contract, user=make.person(name), severities=severities)
    stage(Act.NOTIFY_CONTACTS, percent=50)
    ticket = make.ticket(requester=cast.customer, organisation=cast.acme, site=shop, severity=1)
    conversation.note(ticket=ticket, body="Secret", at=later(minutes=5), actor=cast.agent, via="web")
    sweep(later(hours=1))
    letter = Delivery.objects.get(event__kind=Kind.WARNED)
    assert letter.address == "nora@people.example"
    assert "named contact" in letter.body_text and "Secret" not in letter.body_text + letter.body_html


def test_a_breach_that_only_the_late_answer_saw_tells_those_of_the_deadline(stage, p1, cast):
    stage(Act.NOTIFY_FOLLOWERS, percent=100)
    progress.resolve(ticket=p1, code="fixed", text="Restarted.", at=later(hours=3), actor=cast.agent, via="web")
    assert Event.objects.get(ticket=p1, kind=Kind.BREACHED, data__obligation="resolve").data["notify"] == ["followers"]


def test_a_policy_without_stages_still_records_the_breach(stage, p1):
    sweep(later(days=1))
    assert Clock.objects.get(ticket=p1, obligation="resolve").breached_at == later(hours=2)
    assert Firing.objects.count() == 0


def test_two_workers_fire_a_stage_once(stage, p1):
    half = stage(percent=50)
    sweep(later(hours=1))
    sweep(later(hours=1))
    assert len(fired(half)) == 1
