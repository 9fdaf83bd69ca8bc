"""3. Timed: clocks warn and breach at the instant they fell due, however late a worker looks."""

from datetime import timedelta

import pytest

from sla.models import Breach, Clock
from sla.sweep import sweep
from tests.journeys.road import fresh, letters, now, path_in, seen_by
from tickets import tasks
from tickets.models import Kind
from tickets.states import Status

pytestmark = pytest.mark.django_db


def lines(ticket, kind):
    return dict(ticket.events.filter(kind=kind).order_by("at").values_list("data__obligation", "at"))


def test_a_p1_warns_and_breaches_when_due_and_the_manager_is_written_to(cast, stranger_asks, as_user):
    ticket = stranger_asks(impact="high", urgency="high")
    due = {c.obligation: c.due_at for c in Clock.objects.filter(ticket=ticket)}
    assert due["acknowledge"] == ticket.opened_at + timedelta(minutes=15)
    sweep(now() + timedelta(minutes=12))
    assert lines(ticket, Kind.WARNED) == {"acknowledge": ticket.opened_at + timedelta(minutes=11, seconds=15)}
    sweep(now() + timedelta(minutes=20))
    sweep(now() + timedelta(minutes=20))
    assert lines(ticket, Kind.BREACHED) == {"acknowledge": due["acknowledge"]}
    assert Breach.objects.get().due_at == due["acknowledge"]
    (letter,) = [row for row in letters(ticket, cast.manager) if "Overdue" in row.subject]
    assert letter.subject == f"[#{ticket.pk}] Overdue: Checkout fails"
    assert f"/tickets/{ticket.pk}" in letter.body_text
    assert "Acknowledgement missed its deadline" in seen_by(as_user(cast.agent), ticket)


def test_the_pages_show_the_deadlines_and_an_answer_stops_the_clock(cast, stranger_asks, as_user):
    ticket, agent = stranger_asks(impact="high", urgency="high"), as_user(cast.agent)
    assert "First response" in seen_by(agent, ticket)
    agent.post(f"/tickets/{ticket.pk}/replies", {"body": "Looking.", "audience": "public", "then": "diagnosing"})
    sweep(now() + timedelta(hours=1))
    assert lines(ticket, Kind.BREACHED) == {}
    assert fresh(ticket).next_due_at == ticket.opened_at + timedelta(hours=2)


def test_a_silent_requester_is_reminded_and_then_it_closes_with_silence_as_the_verification(
    cast, stranger_asks, as_user, client
):
    ticket = stranger_asks()
    as_user(cast.agent).post(f"/tickets/{ticket.pk}/replies", {"body": "Which browser?", "audience": "public"})
    assert fresh(ticket).status == Status.WAITING
    assert tasks.sweep("reminds_at", now() + timedelta(days=2)) == 0
    assert tasks.sweep("reminds_at", now() + timedelta(days=3, minutes=1)) == 1
    reminder = letters(ticket, ticket.requester)[-1]
    assert "need your answer to go on" in reminder.body_text
    assert client.get(path_in(reminder.body_text)).status_code == 200
    assert tasks.sweep("closes_at", now() + timedelta(days=9)) == 0
    assert tasks.sweep("closes_at", now() + timedelta(days=11)) == 1
    closed = fresh(ticket)
    assert (closed.status, closed.verification, closed.resolution) == (Status.CLOSED, "silence", "answered")


def test_a_hold_ends_on_its_date(cast, stranger_asks, as_user):
    ticket, until = stranger_asks(), now() + timedelta(days=2)
    held = {"status": "on_hold", "reason": "Supplier", "wakes_at": until.strftime("%Y-%m-%dT%H:%M")}
    as_user(cast.agent).post(f"/tickets/{ticket.pk}/status", held)
    assert fresh(ticket).status == Status.ON_HOLD
    tasks.sweep("wakes_at", until)
    assert fresh(ticket).status == Status.DIAGNOSING
