"""6. Seen: the manager's figures are those of the tickets behind them."""

import re
from datetime import timedelta

import pytest

from tests import make
from tests.journeys.road import now
from tickets.actions import conversation, progress

pytestmark = pytest.mark.django_db
OPEN_OVERDUE, LATE, IN_TIME = 1, 2, 3


@pytest.fixture
def week(cast, shop):
    """Three answered in time and confirmed, two answered too late, one still unanswered and overdue; all P1."""
    start = now() - timedelta(days=2)
    for minutes in [10] * IN_TIME + [50] * LATE:
        ticket = make.ticket(requester=cast.customer, site=shop, severity=1, at=start)
        at = start + timedelta(minutes=minutes)
        conversation.reply(ticket=ticket, body="Hi.", at=at, actor=cast.agent, via="web")
        if minutes == 10:
            at += timedelta(minutes=20)
            progress.resolve(ticket=ticket, code="fixed", text="Done.", at=at, actor=cast.agent, via="web")
            progress.verify_and_close(ticket=ticket, how="requester", at=at, actor=cast.customer, via="web")
            progress.rate(ticket=ticket, score=5, comment="", at=at, actor=cast.customer, via="web")
    make.ticket(requester=cast.customer, site=shop, severity=1, at=start)


@pytest.fixture
def manager(cast, as_user):
    return as_user(cast.manager)


def words_of(answer) -> str:
    """The page with plain single spaces."""
    return " ".join(answer.content.decode().replace("&nbsp;", " ").split())


def test_the_compliance_of_first_responses_is_that_of_the_week(week, manager):
    page = words_of(manager.get("/dashboard?days=7"))
    row = re.search(r'<tr><th scope="row">First response</th>(.*?)</tr>', page)[1]
    assert "50.0 %" in row
    assert f"of {IN_TIME + LATE + OPEN_OVERDUE}" in row


def test_every_number_leads_to_exactly_its_tickets(week, manager):
    page = manager.get("/dashboard?days=7").content.decode()
    links = re.findall(r'href="(/dashboard/tickets\?[^"]*outcome=[^"]*)"[^>]*>(\d+)</a>', page)
    assert links
    for link, number in links:
        assert f"{number} tickets" in manager.get(link.replace("&amp;", "&")).content.decode()


def test_tiles_count_what_arrived_and_what_people_thought(week, manager):
    page = words_of(manager.get("/dashboard?days=7"))
    arrived = re.search(r'href="(/queue/all\?status=any[^"]*)"', page)[1].replace("&amp;", "&")
    assert manager.get(arrived).content.decode().count('id="row-') == IN_TIME + LATE + OPEN_OVERDUE
    assert f"of {IN_TIME} closed" in page
    assert f"{IN_TIME} ratings" in page


def test_longer_periods_and_the_tables_as_files(week, manager):
    for days in (30, 90):
        assert manager.get(f"/dashboard?days={days}").status_code == 200
    csv = b"".join(manager.get("/dashboard/compliance.csv?days=7").streaming_content).decode()
    assert "first_response,P1 critical,3,3,1,0,0,0,50.0" in csv
