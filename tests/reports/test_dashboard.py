"""The dashboard's figures, against numbers worked out by hand."""

from datetime import timedelta

import pytest
from django.db.models import Q
from django.utils import timezone

from reports import compliance, measures
from reports.measures import Period, Spread
from reports.scope import Scope
from sla.models import Clock
from tests import make
from tickets.actions import conversation, progress
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
EVERYTHING = Scope(Ticket.objects.all(), Q())


@pytest.fixture
def now():
    return timezone.now().replace(microsecond=0)


def answered(cast, shop, *, at, after, **fields):
    """A ticket whose first reply came `after` minutes."""
    ticket = make.ticket(requester=cast.customer, site=shop, at=at, **fields)
    conversation.reply(ticket=ticket, body="Hi.", at=at + timedelta(minutes=after), actor=cast.agent, via="web")
    return ticket


def test_compliance_equals_the_table_worked_out_by_hand(cast, shop, now):
    """P1 answers are due after 30 minutes: two in time (one exactly at the instant), one late; a fourth still open is
    overdue; a fifth was cancelled and leaves the statistics."""
    start = now - timedelta(days=2)
    answered(cast, shop, at=start, after=10, severity=1)
    answered(cast, shop, at=start, after=30, severity=1)
    answered(cast, shop, at=start, after=31, severity=1)
    make.ticket(requester=cast.customer, site=shop, at=start, severity=1)
    spam = make.ticket(requester=cast.customer, site=shop, at=start, severity=1)
    progress.cancel(ticket=spam, reason="Spam", at=start + timedelta(minutes=1), actor=cast.agent, via="web")
    rows = compliance.table(EVERYTHING, Period.last(7, now), now)
    cell = next(row for row in rows if row.obligation == "first_response").cells[0]
    assert (cell.met, cell.breached, cell.open_over, cell.percent) == (2, 2, 1, 50.0)
    others = next(row for row in rows if row.obligation == "first_response").cells[1:]
    assert [c.decided for c in others] == [0, 0, 0]


def test_what_runs_in_time_does_not_count_yet(cast, shop, now):
    make.ticket(requester=cast.customer, site=shop, at=now - timedelta(minutes=1), severity=4)
    assert Clock.objects.exists()
    assert compliance.overall(compliance.table(EVERYTHING, Period.last(7, now), now)).decided == 0


def test_percentiles_are_of_real_time_from_opening(cast, shop, now):
    for minutes in (10, 20, 30, 40, 50):
        answered(cast, shop, at=now - timedelta(days=1), after=minutes)
    found = measures.durations(Ticket.objects.all(), measures.FIRST_RESPONSE, Period.last(7, now))
    assert found.all == Spread(p50=30 * 60, p90=46 * 60, n=5)


def test_the_backlog_counts_open_tickets_by_team_and_age(cast, shop, now):
    for age in (0.5, 2, 40):
        make.ticket(requester=cast.customer, site=shop, at=now - timedelta(days=age))
    done = make.ticket(requester=cast.customer, site=shop, at=now - timedelta(days=2))
    progress.resolve(ticket=done, code="fixed", text="Done.", at=now, actor=cast.agent, via="web")
    assert measures.backlog(Ticket.objects.all(), now) == {done.team_id: [1, 1, 0, 0, 1]}


def test_the_period_before_has_the_same_length(now):
    period = Period.last(7, now)
    assert (period.before.end, period.before.start) == (period.start, period.start - timedelta(days=7))


def test_it_shows_figures_and_leads_to_exactly_their_tickets(cast, shop, now, as_user):
    late = answered(cast, shop, at=now - timedelta(days=1), after=90, severity=1)
    fine = answered(cast, shop, at=now - timedelta(days=1), after=5, severity=1)
    client = as_user(cast.manager)
    page = client.get("/dashboard?days=7").content.decode()
    assert "/dashboard/tickets?obligation=first_response&amp;outcome=breached&amp;days=7" in page
    listed = client.get("/dashboard/tickets?obligation=first_response&outcome=breached&days=7").content.decode()
    assert f"#{late.pk} " in listed
    assert f"#{fine.pk} " not in listed


@pytest.mark.parametrize("query", ["days=0", "days=x", "team=99999999999999", "severity=9", "outcome=x&obligation=%00"])
def test_unknown_filters_are_ignored(cast, shop, as_user, query):
    client = as_user(cast.manager)
    assert client.get(f"/dashboard?{query}").status_code == 200
    assert client.get(f"/dashboard/tickets?{query}").status_code == 200


def test_it_is_not_there_for_agents_and_requesters(cast, as_user):
    for path in ("/dashboard", "/dashboard/tickets", "/dashboard/tickets.csv"):
        assert as_user(cast.agent).get(path).status_code == 404
        assert as_user(cast.customer).get(path).status_code == 404


def test_a_restricted_teams_tickets_stay_out_of_a_managers_figures(cast, security, now, as_user):
    make.ticket(requester=cast.customer, team=security, at=now - timedelta(hours=1), subject="Secret matter")
    page = as_user(cast.manager).get("/dashboard").content.decode()
    assert "Security" not in page
    assert "Secret matter" not in as_user(cast.manager).get("/dashboard/tickets").content.decode()


def test_a_csv_is_defused_and_audited(cast, shop, now, as_user):
    answered(cast, shop, at=now - timedelta(days=1), after=5, subject="=HYPERLINK(1)")
    body = b"".join(as_user(cast.manager).get("/dashboard/tickets.csv?measure=responded").streaming_content).decode()
    assert "=HYPERLINK(1)" in body
    assert ",=HYPERLINK" not in body
    assert cast.manager.audit_entries.filter(action="report exported").exists()


def test_its_queries_do_not_grow_with_its_length(cast, shop, now, as_user, django_assert_max_num_queries):
    for n in range(8):
        answered(cast, shop, at=now - timedelta(days=n / 2), after=5)
    client = as_user(cast.manager)
    with django_assert_max_num_queries(25):
        client.get("/dashboard")
