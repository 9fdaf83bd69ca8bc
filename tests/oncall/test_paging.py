"""Whom a ladder calls, when, and what stops it."""

from datetime import datetime, time, timedelta

import pytest

from deliveries import claims
from deliveries.models import Delivery, State
from deliveries.senders import Outcome, Result
from oncall import engine, rings
from oncall.actions import answers, paging
from oncall.models import Call, CallState, Ladder, Page, Pager, PageState, Ring, Step, Target
from tests import make
from tests.make import T0, later
from tickets.actions import assignment, conversation, filing, progress
from tickets.errors import Refused
from tickets.models import Kind, Resolution, Severity, Ticket

pytestmark = pytest.mark.django_db


def p1(team, *, at=T0, **fields) -> Ticket:
    return make.ticket(team=team, severity=Severity.P1, at=at, **fields)


def tick(at: datetime) -> None:
    """What the worker does every second."""
    engine.climb_due(at)
    rings.ring_due(at)


def called() -> list[str]:
    """The addresses that were called so far, in order."""
    return list(
        Delivery.objects.filter(urgent=True, data__kind="page").order_by("pk").values_list("address", flat=True)
    )


def kinds(ticket: Ticket) -> list[str]:
    return [event.kind for event in ticket.events.all() if event.kind.startswith("page")]


ADA, BEN, MONA = "ada@people.example", "ben@people.example", "mona@people.example"


def test_a_ladder_that_fits_calls_its_first_step_at_once_and_the_next_when_nobody_answers(cast, front):
    make.ladder(cast.agent, cast.other_agent, team=front, severities=[1])
    ticket = p1(front)
    tick(T0)
    assert called() == [ADA]
    tick(later(minutes=4))
    assert called() == [ADA]
    tick(later(minutes=5))
    assert called() == [ADA, BEN]
    lines = [event.data["people"] for event in ticket.events.filter(kind=Kind.PAGED)]
    assert lines == [["Ada"], ["Ben"]]


@pytest.mark.parametrize("fields", [{"severity": Severity.P3}, {"team": "back"}])
def test_a_ticket_that_no_ladder_is_for_calls_nobody(cast, front, back, fields):
    make.ladder(cast.agent, team=front, severities=[1, 2])
    make.ticket(**{"team": front, "severity": 1, **fields, **({"team": back} if "team" in fields else {})})
    tick(T0)
    assert called() == [] and not Page.objects.exists()


def test_acknowledging_stops_the_climb_and_takes_note_of_the_ticket(cast, front):
    make.ladder(cast.agent, cast.other_agent, team=front)
    ticket = p1(front)
    tick(T0)
    page = paging.acknowledge(page=Page.objects.get(), at=later(minutes=1), actor=cast.agent, via="link")
    tick(later(minutes=6))
    ticket.refresh_from_db()
    assert (page.state, page.acknowledged_by, called()) == (PageState.ACKNOWLEDGED, cast.agent, [ADA])
    assert ticket.status == "acknowledged" and kinds(ticket) == [Kind.PAGED, Kind.PAGE_ACKNOWLEDGED]


def test_what_a_person_does_on_the_ticket_acknowledges_its_page(cast, front):
    make.ladder(cast.agent, cast.other_agent, team=front)
    ticket = p1(front)
    tick(T0)
    conversation.reply(ticket=ticket, body="On it.", at=later(minutes=1), actor=cast.other_agent, via="web")
    tick(later(minutes=6))
    page = Page.objects.get()
    assert (page.state, page.acknowledged_by, called()) == (PageState.ACKNOWLEDGED, cast.other_agent, [ADA])


def test_a_mail_that_answers_ack_acknowledges_and_any_other_note_does_not(cast, front):
    make.ladder(cast.agent, team=front)
    ticket = p1(front)
    tick(T0)
    conversation.note(ticket=ticket, body="Who has the key?", at=later(minutes=1), actor=cast.agent, via="email")
    assert Page.objects.get().state == PageState.CLIMBING
    conversation.note(ticket=ticket, body="Ack.\n\n> P1 #1", at=later(minutes=2), actor=cast.agent, via="email")
    assert Page.objects.get().state == PageState.ACKNOWLEDGED


def test_no_progress_after_it_was_acknowledged_calls_again_and_progress_puts_that_off(cast, front):
    make.ladder(cast.agent, cast.other_agent, team=front, ack_minutes=30)
    ticket = p1(front)
    tick(T0)
    paging.acknowledge(page=Page.objects.get(), at=later(minutes=1), actor=cast.agent, via="link")
    conversation.note(ticket=ticket, body="Looking at the logs.", at=later(minutes=20), actor=cast.agent, via="web")
    tick(later(minutes=49))
    assert called() == [ADA]
    tick(later(minutes=50))
    assert called() == [ADA, ADA] and Page.objects.get().state == PageState.CLIMBING
    assert "no progress" in ticket.events.filter(kind=Kind.PAGED).last().data["reason"]


def test_when_nobody_answers_it_repeats_and_then_says_so_loudly(cast, front):
    make.ladder(cast.agent, team=front, repeats=1)
    ticket = p1(front)
    for minute in (0, 5, 10):
        tick(later(minutes=minute))
    assert called() == [ADA, ADA, MONA]
    assert Page.objects.get().state == PageState.UNANSWERED
    assert kinds(ticket)[-1] == Kind.PAGE_UNANSWERED
    tick(later(minutes=40))
    assert called()[3:] == [ADA]


def test_a_step_that_reaches_nobody_is_skipped_at_once_and_noted(cast, front):
    rota = make.layer(at=T0).rota
    make.ladder(rota, cast.agent, team=front)
    ticket = p1(front)
    tick(T0)
    assert called() == [ADA]
    assert ticket.events.filter(kind=Kind.PAGED).first().data["skipped"] == "nobody is on call for Demo rota"


def test_a_ladder_with_nobody_at_all_calls_the_managers(cast, front):
    make.ladder(make.layer(at=T0).rota, "assignee", team=front)
    ticket = p1(front)
    tick(T0)
    assert called() == [MONA]
    assert ticket.events.get(kind=Kind.PAGE_UNANSWERED).data["reason"] == "there was nobody to call"


def test_a_rota_calls_whoever_is_on_at_that_moment(cast, front):
    rota = make.layer(cast.agent, cast.other_agent, at=T0).rota  # Ada until nine in Berlin, the next morning
    make.ladder(rota, team=front)
    p1(front, at=later(hours=1))
    tick(later(hours=1))
    p1(front, at=later(hours=25))
    tick(later(hours=25))
    assert called()[0] == ADA and called()[-1] == BEN


def test_a_ladder_that_leads_to_itself_ends(cast, front):
    first = make.ladder(cast.agent, team=front, repeats=0)
    second = make.ladder(first, cast.other_agent, name="Second", is_automatic=False)
    step = Step.objects.create(ladder=first, position=2, wait_minutes=5)
    Target.objects.create(step=step, kind="ladder", ladder=second)
    ticket = p1(front)
    for minute in range(0, 40, 5):
        tick(later(minutes=minute))
    assert called()[:3] == [ADA, BEN, MONA]
    skipped = [event.data.get("skipped") for event in ticket.events.filter(kind=Kind.PAGED)]
    assert "the ladder “Demo ladder” leads back to itself" in skipped


def test_an_edit_of_the_ladder_does_not_move_a_page_under_way(cast, front):
    ladder = make.ladder(cast.agent, cast.other_agent, team=front)
    p1(front)
    tick(T0)
    ladder.delete()
    tick(later(minutes=5))
    assert called() == [ADA, BEN]


def test_a_round_robin_calls_one_after_the_other(cast, front):
    ladder = make.ladder(front, team=front, ack_minutes=None)
    Step.objects.filter(ladder=ladder).update(round_robin=True)
    for hour in range(3):
        ticket = p1(front, at=later(hours=hour))
        tick(later(hours=hour))
        paging.acknowledge(page=ticket.pages.get(), at=later(hours=hour), actor=cast.agent, via="web")
    assert called() == [MONA, ADA, MONA]


def test_the_ways_of_a_person_are_used_one_after_the_other(cast, front):
    make.contact_method(cast.agent, "email", "phone@people.example", urgent_after=0, calm_after=None)
    make.contact_method(cast.agent, "sms", "+491700000000", urgent_after=3)
    make.contact_method(cast.agent, "voice", "+491700000000", urgent_after=None)
    make.contact_method(cast.agent, "sms", "+491700000001", urgent_after=0, verified_at=None)
    make.ladder(cast.agent, team=front, wait=30)
    p1(front)
    tick(T0)
    assert called() == ["phone@people.example"]
    tick(later(minutes=3))
    assert called() == ["phone@people.example", "+491700000000"]


def test_p3_waits_for_the_end_of_the_quiet_hours_and_p1_does_not(cast, front):
    Pager.objects.create(user=cast.agent, quiet_from=time(8), quiet_to=time(10, 30))
    make.ladder(cast.agent, team=front, wait=600)
    make.ticket(team=front, severity=Severity.P3)
    tick(T0)
    assert called() == [] and Call.objects.get().due_at == later(minutes=90)
    p1(front)
    tick(later(minutes=1))
    assert called() == [ADA]


def test_a_storm_is_one_call_every_two_minutes_about_whatever_waits(cast, front):
    make.ladder(cast.agent, team=front, wait=30)
    for second in range(50):
        p1(front, at=later(seconds=second), subject=f"Node {second} is down")
        tick(later(seconds=second))
    assert len(called()) == 1
    tick(later(seconds=119))
    assert len(called()) == 1
    tick(later(minutes=2))
    bundle = Delivery.objects.filter(urgent=True).order_by("pk")[1]
    assert len(called()) == 2 and bundle.subject.startswith("49 tickets, the worst: P1") and bundle.data["more"] == 39
    answers.acknowledge_by_token(bundle.data["token"], at=later(minutes=3), via="link")
    assert Page.objects.filter(state=PageState.ACKNOWLEDGED).count() == 49


def test_a_call_about_several_is_read_in_the_log_only_by_who_sees_the_restricted_one(cast, front, security):
    make.ladder(cast.agent, wait=30)
    for team in (front, security, front):
        p1(team, subject=f"Secret of {team}")
    tick(T0)
    [made] = Delivery.objects.filter(urgent=True)
    readers = [
        who for who in (cast.manager, cast.admin) if Delivery.objects.visible_to(who).filter(pk=made.pk).exists()
    ]
    assert made.ticket.team == security and readers == [cast.admin]


def test_a_call_that_has_not_left_is_called_back_when_somebody_acknowledges(cast, front):
    make.ladder(cast.agent, team=front)
    p1(front)
    tick(T0)
    paging.acknowledge(page=Page.objects.get(), at=later(seconds=1), actor=cast.agent, via="web")
    assert Delivery.objects.get(urgent=True).state == State.CANCELLED


def test_when_a_message_cannot_be_delivered_the_next_way_is_used_and_then_the_next_step(cast, front):
    ticket = front and p1_with_failing_ways(cast, front)
    fail(ticket, later(seconds=30))
    tick(later(seconds=120))
    assert called() == ["+491700000000", "+491700000001"]
    fail(ticket, later(seconds=130))
    tick(later(seconds=131))
    assert called()[2:] == [BEN]


def p1_with_failing_ways(cast, front) -> Ticket:
    make.contact_method(cast.agent, "sms", "+491700000000")
    make.contact_method(cast.agent, "sms", "+491700000001", urgent_after=20)
    make.ladder(cast.agent, cast.other_agent, team=front, wait=30)
    ticket = p1(front)
    tick(T0)
    return ticket


def fail(ticket: Ticket, at: datetime) -> None:
    """The newest message is refused for good."""
    (row,) = claims.claim(at, urgent=True)
    assert claims.begin(row, at)
    claims.finish(row, Outcome(Result.REFUSED, "no such number"), at)


@pytest.mark.parametrize("verb", ["resolve", "cancel"])
def test_a_ticket_that_is_done_calls_nobody_any_more(cast, front, verb):
    make.ladder(cast.agent, cast.other_agent, team=front)
    ticket = p1(front)
    tick(T0)
    given = {"ticket": ticket, "at": later(minutes=1), "actor": cast.manager, "via": "web"}
    if verb == "resolve":
        progress.resolve(code=Resolution.FIXED, text="Fixed.", **given)
    else:
        progress.cancel(reason="Spam", **given)
    tick(later(minutes=10))
    assert called() == [ADA] and Page.objects.get().state == PageState.ENDED


def test_one_that_the_requester_reopens_calls_again(cast, front):
    make.ladder(cast.agent, team=front)
    ticket = p1(front, requester=cast.customer)
    progress.resolve(
        ticket=ticket, code=Resolution.FIXED, text="Fixed.", at=later(minutes=1), actor=cast.agent, via="web"
    )
    progress.reopen(ticket=ticket, at=later(hours=1), actor=cast.customer, via="link", reason="It is not.")
    tick(later(hours=1))
    assert called() == [ADA]
    assert ticket.events.filter(kind=Kind.PAGED).last().data["reason"] == "it was reopened"


def test_a_ticket_raised_to_p1_calls_and_one_lowered_does_not(cast, front):
    make.ladder(cast.agent, team=front, severities=[1, 2])
    ticket = make.ticket(team=front, severity=Severity.P3)
    filing.change_severity(ticket=ticket, to=1, reason="All down.", at=later(minutes=1), actor=cast.manager, via="web")
    tick(later(minutes=1))
    assert called() == [ADA]
    paging.end(Page.objects.get(), at=later(minutes=2))
    filing.change_severity(ticket=ticket, to=2, reason="Half up.", at=later(minutes=3), actor=cast.manager, via="web")
    tick(later(minutes=3))
    assert called() == [ADA]


def test_another_team_climbs_its_own_ladder(cast, front, back):
    make.ladder(cast.agent, team=front)
    make.ladder(cast.other_agent, team=back, name="Back")
    ticket = p1(front)
    tick(T0)
    assignment.change_team(ticket=ticket, to=back, at=later(minutes=1), actor=cast.manager, via="web", reason="Theirs.")
    tick(later(minutes=1))
    assert called() == [ADA, BEN]
    assert [page.state for page in ticket.pages.order_by("pk")] == [PageState.ENDED, PageState.CLIMBING]


def test_people_are_called_by_hand_once_at_a_time_and_others_join(cast, front):
    ticket = p1(front)
    page = paging.start(ticket=ticket, people=[cast.agent], reason="Look", at=T0, actor=cast.manager, via="web")
    with pytest.raises(Refused, match="already"):
        paging.start(ticket=ticket, people=[cast.other_agent], at=T0, actor=cast.manager, via="web")
    tick(T0)
    paging.acknowledge(page=page, at=later(minutes=1), actor=cast.agent, via="link")
    paging.add_responder(page=page, user=cast.other_agent, at=later(minutes=2), actor=cast.agent, via="web")
    tick(later(minutes=2))
    assert called() == [ADA, BEN] and Page.objects.get().acknowledged_by == cast.agent


def test_calling_again_and_calling_others_instead_begin_anew(cast, front):
    make.ladder(cast.agent, team=front)
    ticket = p1(front)
    tick(T0)
    page = paging.acknowledge(page=Page.objects.get(), at=later(minutes=1), actor=cast.agent, via="link")
    paging.call_again(page=page, at=later(minutes=5), actor=cast.manager, via="web")
    tick(later(minutes=5))
    paging.reassign(page=page, people=[cast.other_agent], at=later(minutes=6), actor=cast.manager, via="web")
    tick(later(minutes=6))
    assert called() == [ADA, ADA, BEN]
    assert ticket.pages.get().state == PageState.CLIMBING


def test_each_page_person_way_step_and_attempt_is_called_once(cast, front):
    make.ladder(cast.agent, team=front, wait=1, repeats=3)
    p1(front)
    for second in range(0, 240, 20):
        tick(later(seconds=second))
        tick(later(seconds=second))
    keys = list(Call.objects.filter(step=1).values_list("user", "way", "step", "attempt"))
    assert len(keys) == len(set(keys)) == 4
    assert Ring.objects.filter(user=cast.agent).count() <= 3 and CallState.RUNG in Call.objects.values_list(
        "state", flat=True
    )


def test_the_link_acknowledges_for_whoever_was_called_and_only_for_a_day(cast, front):
    make.ladder(cast.agent, team=front)
    p1(front)
    tick(T0)
    token = Delivery.objects.get(urgent=True).data["token"]
    with pytest.raises(Refused):
        answers.acknowledge_by_token(token, at=T0 + timedelta(hours=25), via="link")
    with pytest.raises(Refused):
        answers.acknowledge_by_token(token[:-2] + "AA", at=T0, via="link")
    assert answers.acknowledge_by_token(token, at=later(minutes=1), via="link").endswith("is yours.")
    assert Page.objects.get().acknowledged_by == cast.agent


def test_the_first_ladder_that_fits_is_climbed(cast, front):
    make.ladder(cast.other_agent, name="Second", position=2)
    make.ladder(cast.agent, name="First", position=1, team=front)
    p1(front)
    assert Page.objects.get().ladder == Ladder.objects.get(name="First")
