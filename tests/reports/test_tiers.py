"""Where the time went, against figures worked out by hand."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reports import tiers
from reports.measures import Period
from reports.scope import Scope
from tests import make
from tickets.actions import progress
from tickets.actions.handover import accept_handover, bounce_handover, hand_over

pytestmark = pytest.mark.django_db
HOUR = 3600
PACKET = {"impact": "All.", "symptoms": "Error 500.", "tried": "Another card.", "environment": "Shop."}


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def week(cast, shop, back, security, now):
    """P2 tickets (around the clock), all from two days ago; hours after opening:
    one to three   solved by the first line after 1, 2 and 3
    four           handed to back-end after 1, accepted, solved there after 6
    five           handed to back-end after 2, bounced after 3, solved by the first line after 4
    six            handed to back-end after 1, not answered yet
    seven          cancelled; eight: of the restricted team, solved after 5; nine: solved before the period"""
    start = now - timedelta(days=2)

    def at(hours: float):
        return start + timedelta(hours=hours)

    def solve(ticket, hours, actor=cast.agent):
        progress.resolve(ticket=ticket, code="fixed", text="Done.", at=at(hours), actor=actor, via="web")

    def up(ticket, hours):
        hand_over(ticket=ticket, to=back, packet=PACKET, at=at(hours), actor=cast.agent, via="web")

    tickets = [make.ticket(requester=cast.customer, site=shop, severity=2, at=start) for _ in range(7)]
    for number, hours in enumerate((1, 2, 3)):
        solve(tickets[number], hours)
    up(tickets[3], 1)
    accept_handover(ticket=tickets[3], at=at(2), actor=cast.other_agent, via="web")
    solve(tickets[3], 6, cast.other_agent)
    up(tickets[4], 2)
    bounce_handover(ticket=tickets[4], reason="Which card?", at=at(3), actor=cast.other_agent, via="web")
    solve(tickets[4], 4)
    up(tickets[5], 1)
    progress.cancel(ticket=tickets[6], reason="Spam", at=at(9), actor=cast.agent, via="web")
    solve(make.ticket(team=security, severity=2, at=start), 5, cast.guard)
    old = make.ticket(requester=cast.customer, site=shop, severity=2, at=start - timedelta(days=90))
    progress.resolve(ticket=old, code="fixed", text="Done.", at=start - timedelta(days=89), actor=cast.agent, via="web")
    return Period.last(30, now)


def test_time_by_tier_is_what_it_was(cast, week):
    first, second = tiers.times(Scope.of(cast.manager), week)
    # L1: 1, 2, 3, 1, 2 + 1 and 1 hours, of which 2, 3 and the fifth ticket's second visit were over the hour
    assert (first.tier, first.n, first.p50 / HOUR, first.p90 / HOUR, first.total / HOUR) == (1, 6, 1.5, 3.0, 11.0)
    assert (first.over, first.budgeted) == (3, 6)
    # L2: 5 hours of the fourth, 1 of the fifth, of a budget of 4
    assert (second.tier, second.n, second.p50 / HOUR, second.total / HOUR, second.over) == (2, 2, 3.0, 6.0, 1)
    assert (round(first.share, 3), round(second.share, 3)) == (0.647, 0.353)


def test_handovers_and_bounce_rates_by_team(cast, week):
    back, front = tiers.handovers(Scope.of(cast.manager), week)
    assert (back.team, back.received, back.accepted, back.bounced, back.waiting) == ("Back-end", 3, 1, 1, 1)
    assert (back.bounce_rate, back.sent) == (50.0, 0)
    assert (front.team, front.sent, front.sent_back, front.received) == ("Front-end", 3, 1, 0)
    assert front.bounce_rate is None


def test_the_first_lines_share_leaves_out_what_went_up_for_good(cast, week):
    # five solved: three at once, one by back-end, and one that had been up and came back, which is not the first line's
    assert tiers.solved_at_first(Scope.of(cast.manager), week) == (3, 5)


def test_a_restricted_teams_tickets_count_for_its_people_only(cast, week):
    assert tiers.times(Scope.of(cast.admin), week)[1].n == 3
    assert tiers.solved_at_first(Scope.of(cast.admin), week) == (3, 6)


def test_the_page_says_period_zone_and_figures(cast, week, as_user):
    html = as_user(cast.manager).get("/dashboard/tiers?days=7").content.decode()
    for words in ("Last 7 days", "UTC", "60.0 %", "3 of 5 solved", "1h 30m", "Back-end", "<b>50.0&nbsp;%</b>"):
        assert words in html


def test_an_empty_desk_says_so(cast, as_user):
    html = as_user(cast.manager).get("/dashboard/tiers").content.decode()
    assert "Nothing left a tier yet" in html
    assert "Nothing was handed over" in html


def test_the_files_say_the_same_and_are_audited(cast, week, back, as_user):
    back.name = "=cmd()"
    back.save()
    client = as_user(cast.manager)
    times = b"".join(client.get("/dashboard/tiers.csv").streaming_content).decode()
    assert "L1 frontline,6,5400,10800,39600,3,6" in times
    teams = b"".join(client.get("/dashboard/tiers/handovers.csv").streaming_content).decode()
    assert "'=cmd(),0,0,3,1,1,1,50.0" in teams


def test_it_asks_as_often_for_many_as_for_none(cast, week, as_user, django_assert_max_num_queries):
    client = as_user(cast.manager)
    with django_assert_max_num_queries(11):  # session, person, hidden teams, five figures, rail, held mail, calls
        client.get("/dashboard/tiers")
