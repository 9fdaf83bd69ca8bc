"""Channels that hang, fail for an hour, or lead inside: the others are called, nobody is called over and over, and
nothing is asked of a forbidden address."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from deliveries import claims, urgent
from deliveries.models import Delivery, State
from integrations import outbound
from integrations.models import Channel
from oncall import engine, rings
from oncall.models import Page, PageState
from tests import make
from tickets.models import Kind, Severity, Ticket

pytestmark = pytest.mark.django_db


def webhook(url: str) -> Channel:
    made = Channel(name="Ops", kind="webhook", config={"url": url})
    made.seal({"signing": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
    made.save()
    return made


def p1(front, at: datetime) -> Ticket:
    return make.ticket(team=front, severity=Severity.P1, at=at)


def run(begin: datetime, *, minutes: float, every: float) -> None:
    """The worker's ticks over so many minutes, a tick each `every` seconds."""
    at = begin
    while at <= begin + timedelta(minutes=minutes):
        engine.climb_due(at)
        rings.ring_due(at)
        for row in claims.claim(at, urgent=True):
            urgent.send_alone(row)
        at += timedelta(seconds=every)


def test_a_webhook_that_answers_500_for_an_hour_holds_up_nobody_and_ends(cast, front, beyond):
    beyond.answers[""] = (500, b"down")
    make.ladder(webhook(beyond.base + "/in"), cast.agent, team=front, wait=5, repeats=1)
    begin = timezone.now()
    ticket = p1(front, begin)
    run(begin, minutes=60, every=30)
    assert Delivery.objects.filter(user=cast.agent, urgent=True).exists()
    rooms = Delivery.objects.filter(channel="webhook", data__kind="page")
    assert rooms.count() <= 6 and len(beyond.asked) <= outbound.FAILURES + 10
    assert Page.objects.get().state in (PageState.UNANSWERED, PageState.CLIMBING)
    assert ticket.events.filter(kind=Kind.PAGE_UNANSWERED).exists()


@pytest.mark.parametrize("inside", ["http://169.254.169.254/latest", "http://10.0.0.1/", "http://[::ffff:10.0.0.1]/"])
def test_a_webhook_that_leads_inside_is_never_asked_and_the_next_step_is_taken_at_once(cast, front, settings, inside):
    settings.INTERNAL_HOSTS = []
    make.ladder(webhook(inside), cast.agent, team=front, wait=30)
    begin = timezone.now()
    p1(front, begin)
    run(begin, minutes=3, every=10)
    row = Delivery.objects.filter(channel="webhook").first()
    assert row.state in (State.DEAD, State.PENDING) and "sent" not in row.tries.values_list("outcome", flat=True)


def test_a_redirect_is_not_followed_and_the_next_step_is_taken_at_once(cast, front, beyond):
    beyond.answers["/in"] = (302, b"", {"Location": f"{beyond.base}/secret"})
    make.ladder(webhook(beyond.base + "/in"), cast.agent, team=front, wait=30)
    begin = timezone.now()
    p1(front, begin)
    run(begin, minutes=1, every=10)
    assert [asked.path for asked in beyond.asked] == ["/in"]
    assert Delivery.objects.get(channel="webhook", data__kind="page").state == State.DEAD
    assert Delivery.objects.filter(user=cast.agent, urgent=True).count() == 1


def test_one_that_takes_it_and_never_answers_is_told_twice_at_most(cast, front, beyond):
    beyond.answers[""] = None
    room = webhook(beyond.base + "/in")
    make.ladder(room, cast.agent, team=front, wait=30)
    begin = timezone.now()
    p1(front, begin)
    run(begin, minutes=3, every=10)
    [row] = Delivery.objects.filter(channel="webhook", data__kind="page")
    assert (row.state, row.attempts, row.uncertain) == (State.DEAD, 2, True)
    assert {asked.headers["webhook-id"] for asked in beyond.asked} == {beyond.asked[0].headers["webhook-id"]}
