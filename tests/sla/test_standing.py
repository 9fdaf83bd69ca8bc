"""What agents and managers see of the clocks."""

import re
from datetime import timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone

from sla.compliance import Window, compliance, tally
from sla.explain import standing
from sla.models import Clock
from sla.sweep import sweep
from tests import make
from tests.make import later
from tickets.actions import conversation, filing, progress
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def show(tag: str, ticket: Ticket) -> str:
    ticket = Ticket.objects.get(pk=ticket.pk)
    html = Template("{% load sla %}{% " + tag + " ticket %}").render(Context({"ticket": ticket}))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.fixture
def fresh(cast, shop):
    """A P1 opened twenty minutes ago."""
    return make.ticket(requester=cast.customer, site=shop, severity=1, at=timezone.now() - timedelta(minutes=20))


@pytest.fixture
def p1(cast, shop):
    return make.ticket(requester=cast.customer, site=shop, severity=1)


def test_the_chip_says_what_is_overdue_left_or_paused(cast, fresh):
    assert "5m overdue" in show("due_chip", fresh)
    conversation.reply(ticket=fresh, body="Hi", at=timezone.now(), actor=cast.agent, via="web", then="diagnosing")
    assert "1h 39m left" in show("due_chip", fresh)
    progress.change_status(ticket=fresh, to="waiting", at=timezone.now(), actor=cast.agent, via="web")
    assert "Paused" in show("due_chip", fresh)
    progress.resolve(ticket=fresh, code="fixed", text="Done.", at=timezone.now(), actor=cast.agent, via="web")
    assert show("due_chip", fresh) == ""


def test_the_chip_costs_no_statement(fresh, django_assert_num_queries):
    ticket = Ticket.objects.get(pk=fresh.pk)
    template = Template("{% load sla %}{% due_chip ticket %}")
    with django_assert_num_queries(0):
        template.render(Context({"ticket": ticket}))


def test_the_clocks_beside_a_ticket_cost_one_statement_and_explain_themselves(cast, fresh, django_assert_num_queries):
    conversation.reply(ticket=fresh, body="Which?", at=timezone.now(), actor=cast.agent, via="web")
    ticket, template = Ticket.objects.get(pk=fresh.pk), Template("{% load sla %}{% clocks ticket %}")
    with django_assert_num_queries(1):
        template.render(Context({"ticket": ticket}))
    text = show("clocks", fresh)
    for shown in (
        "Paused, 1h 39m left", "Met in 20m", "Missed by 5m", "Around the clock", "Standard: no other policy applies",
        "Counted 20m: Opened", "Paused: Waiting on requester (Ada)",
    ):  # fmt: skip
        assert shown in text


def test_the_steps_of_an_explanation_add_up_to_the_deadline(cast, p1):
    conversation.reply(ticket=p1, body="Which?", at=later(minutes=10), actor=cast.agent, via="web")
    conversation.receive(ticket=p1, body="This", at=later(minutes=50), actor=cast.customer, via="form")
    for clock in Clock.objects.filter(ticket=p1, due_at__isnull=False).select_related("calendar"):
        assert sum(step.seconds for step in standing(clock, clock.due_at).steps) == clock.target


def scores(begin, end, now=None):
    found = compliance(begin=begin, end=end, now=now or end)
    return {(s.obligation, s.severity): (s.met, s.breached, s.open_over) for s in found if s.decided}


def test_compliance_equals_a_table_counted_by_hand(cast, shop, p1):
    late = make.ticket(requester=cast.customer, site=shop, severity=1)
    spam = make.ticket(requester=cast.customer, site=shop, severity=1)
    conversation.reply(ticket=p1, body="Hi", at=later(minutes=10), actor=cast.agent, via="web", then="diagnosing")
    progress.resolve(ticket=p1, code="fixed", text="Done", at=later(hours=1), actor=cast.agent, via="web")
    conversation.reply(ticket=late, body="Hi", at=later(minutes=40), actor=cast.agent, via="web", then="diagnosing")
    conversation.reply(ticket=spam, body="Hi", at=later(minutes=50), actor=cast.agent, via="web", then="diagnosing")
    progress.cancel(ticket=spam, reason="Spam", at=later(minutes=51), actor=cast.agent, via="web")
    expected = {("acknowledge", 1): (1, 1, 0), ("first_response", 1): (1, 1, 0), ("resolve", 1): (1, 1, 1)}
    assert scores(later(), later(hours=3)) == expected  # over, and no sweep has seen it
    sweep(later(hours=3))
    assert scores(later(), later(hours=3)) == expected
    assert scores(later(hours=3), later(days=9)) == {}
    assert sum(row.cancelled for row in tally(Window(later(), later(hours=3), later(hours=3)), "severity")) == 3


def test_a_breach_counts_where_it_fell_due_even_after_the_severity_was_lowered(cast, p1):
    sweep(later(minutes=45))
    filing.change_severity(ticket=p1, to=4, reason="Only one", at=later(hours=1), actor=cast.agent, via="web")
    conversation.reply(ticket=p1, body="Hi", at=later(days=1), actor=cast.agent, via="web")
    found = scores(later(), later(hours=1))
    assert sum(breached for _, breached, _ in found.values()) == 2
    assert all(key[0] in ("acknowledge", "first_response") for key in found)
