"""2. Classified and routed: every ticket lands with a team, and says which rule put it there and why."""

from datetime import timedelta

import pytest

from tests.journeys.road import kinds, letters, now, seen_by
from tickets.models import Kind, RoutingRule
from tickets.tasks import sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def refunds(cast, shop, back, as_user) -> RoutingRule:
    """A manager writes the rule in the settings, after trying it."""
    manager = as_user(cast.manager)
    said = {
        "name": "Refunds", "is_active": "on", "team": back.pk, "severity": "2", "tags": "money", "if_site": [shop.pk],
        "if_text_0": "refund, money back",
    }  # fmt: skip
    assert "would match" in manager.post("/settings/rules/trial", said).content.decode()
    assert manager.post("/settings/rules/new", said).status_code == 302
    return RoutingRule.objects.get()


def test_a_rule_places_it_and_the_ticket_says_which_and_why(cast, refunds, back, stranger_asks, as_user):
    ticket = stranger_asks(subject="I want a refund", impact="low", urgency="low")
    assert (ticket.team, ticket.severity, ticket.tags, ticket.rule) == (back, 2, ["money"], refunds)
    page = seen_by(as_user(cast.other_agent), ticket)
    assert "Routing rule <b>“Refunds”</b> placed it with <b>Back-end</b>" in page
    assert "site is Shop, text contains “refund”; tagged money" in page


def test_impact_and_urgency_make_the_severity(stranger_asks):
    found = [
        stranger_asks(impact=impact, urgency=urgency).severity
        for impact, urgency in (("high", "high"), ("high", "medium"), ("medium", "medium"), ("low", "low"))
    ]
    assert found == [1, 2, 3, 4]


def test_what_no_rule_wants_goes_to_the_fallback_team_and_says_so(cast, refunds, front, stranger_asks, as_user):
    ticket = stranger_asks(subject="The logo is blurred")
    assert (ticket.team, ticket.placed_by_fallback) == (front, True)
    assert "No routing rule matched: the fallback team <b>Front-end</b> has it" in seen_by(as_user(cast.agent), ticket)


def test_a_p1_that_nobody_owns_after_five_minutes_is_an_event_that_reaches_people(cast, stranger_asks, as_user):
    ticket = stranger_asks(impact="high", urgency="high")
    assert sweep("unowned_at", now() + timedelta(minutes=4)) == 0
    assert sweep("unowned_at", now() + timedelta(minutes=5, seconds=1)) == 1
    event = ticket.events.get(kind=Kind.UNOWNED)
    assert event.at == ticket.opened_at + timedelta(minutes=5)
    assert "Nobody owns this P1" in seen_by(as_user(cast.agent), ticket)
    for person in (cast.agent, cast.manager):
        assert f"[#{ticket.pk}] P1 without an owner: Checkout fails" in [row.subject for row in letters(ticket, person)]


def test_a_p1_that_somebody_took_is_nobodys_alarm(cast, stranger_asks, as_user):
    ticket = stranger_asks(impact="high", urgency="high")
    as_user(cast.agent).post(f"/tickets/{ticket.pk}/assignment", {"assignee": "me"})
    assert sweep("unowned_at", now() + timedelta(hours=1)) == 0
    assert Kind.UNOWNED not in kinds(ticket)
