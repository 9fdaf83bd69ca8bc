"""How long each tier has a ticket, and its budget."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sla.models import Calendar, TierBudget, TierStay
from sla.tiers import follow
from tests import make
from tests.make import T0, later
from tickets.actions import assignment, conversation, filing, merging, progress
from tickets.actions.handover import accept_handover, bounce_handover, hand_over
from tickets.actions.opening import NewTicket, open_ticket
from tickets.models import Event

pytestmark = pytest.mark.django_db
HOUR = 3600
PACKET = {"impact": "All.", "symptoms": "Error 500.", "tried": "Another card.", "environment": "Shop."}


@pytest.fixture
def ticket(cast, shop):
    """A P2 (around the clock) of the first tier, opened at T0."""
    return make.ticket(requester=cast.customer, site=shop, severity=2)


@pytest.fixture
def do(cast, ticket):
    """The arguments of most verbs."""
    return {"ticket": ticket, "actor": cast.agent, "via": "web"}


def stays(ticket) -> list[tuple[int, float, bool | None]]:
    """(tier, hours used, over) of each stay."""
    return [(stay.tier, stay.used / HOUR, stay.over) for stay in TierStay.objects.filter(ticket=ticket)]


def test_opening_begins_a_stay_with_its_tiers_budget(ticket, front):
    stay = TierStay.objects.get()
    assert (stay.tier, stay.team, stay.severity, stay.budget) == (1, front, 2, HOUR)
    assert (stay.entered_at, stay.runs_since, stay.left_at, stay.over) == (T0, T0, None, None)


def test_opening_costs_one_statement(cast, shop):
    new = NewTicket(subject="Fails", requester=cast.customer, site=shop, channel="form")
    with CaptureQueriesContext(connection) as sent:
        open_ticket(new=new, at=T0, actor=cast.customer, via="form")
    about = [query["sql"] for query in sent if "sla_tier" in query["sql"]]
    assert [sql.split()[0] for sql in about] == ["INSERT"]


def test_each_tier_has_the_time_that_it_had_the_ticket(cast, ticket, do, back):
    hand_over(to=back, packet=PACKET, at=later(minutes=90), **do)
    accept_handover(ticket=ticket, at=later(hours=2), actor=cast.other_agent, via="web")
    progress.resolve(code="fixed", text="Done.", at=later(hours=3), **do)
    assert stays(ticket) == [(1, 1.5, True), (2, 1.5, False)]


def test_waiting_and_on_hold_do_not_count(ticket, do, cast):
    conversation.reply(body="Which card?", at=later(minutes=10), **do)
    conversation.receive(ticket=ticket, body="Blue.", at=later(hours=5), actor=cast.customer, via="form")
    hold = {"reason": "The bank", "wakes_at": later(hours=30)}
    progress.change_status(to="on_hold", at=later(hours=5, minutes=10), **hold, **do)
    progress.change_status(to="diagnosing", at=later(hours=20), **do)
    progress.resolve(code="fixed", text="Done.", at=later(hours=20, minutes=10), **do)
    assert stays(ticket) == [(1, 0.5, False)]


def test_a_tier_that_gets_it_back_goes_on_with_the_same_budget(cast, ticket, do, back):
    hand_over(to=back, packet=PACKET, at=later(minutes=40), **do)
    bounce_handover(ticket=ticket, reason="Which card?", at=later(minutes=50), actor=cast.other_agent, via="web")
    progress.resolve(code="fixed", text="Done.", at=later(minutes=90), **do)
    first, _, again = TierStay.objects.filter(ticket=ticket)
    assert (first.over, again.before, again.used, again.over) == (False, 40 * 60, 40 * 60, True)


def test_a_reopened_ticket_goes_on_with_what_its_tier_had_used(ticket, do):
    progress.resolve(code="fixed", text="Done.", at=later(minutes=20), **do)
    progress.reopen(reason="Still broken", at=later(hours=9), **do)
    progress.resolve(code="fixed", text="Now.", at=later(hours=9, minutes=20), **do)
    assert stays(ticket) == [(1, 1 / 3, False), (1, 1 / 3, False)]
    assert TierStay.objects.last().before == 20 * 60


def test_another_team_of_the_tier_goes_on_with_the_stay(ticket, do):
    beside = make.team("Beside", tier=1)
    assignment.change_team(to=beside, at=later(minutes=10), **do)
    assert (TierStay.objects.get().team, TierStay.objects.get().runs_since) == (beside, T0)


def test_another_severity_takes_its_budget_and_keeps_the_time_used(ticket, do):
    business = Calendar.objects.get(name="Business hours")
    TierBudget.objects.filter(tier=1, severity=3).update(seconds=7 * HOUR)
    filing.change_severity(to=3, reason="One customer", at=later(minutes=15), **do)
    stay = TierStay.objects.get()
    assert (stay.severity, stay.budget, stay.calendar, stay.used) == (3, 7 * HOUR, business, 15 * 60)
    assert stay.spent(later(hours=1)) == HOUR


def test_what_is_counted_are_the_hours_of_the_budgets_calendar(cast, shop):
    ticket = make.ticket(requester=cast.customer, site=shop, severity=3, at=later(hours=7))  # 16:00; closes at 17:00
    progress.resolve(ticket=ticket, code="fixed", text="Done.", at=later(hours=25), actor=cast.agent, via="web")
    assert stays(ticket) == [(1, 2, True)]


def test_without_a_budget_time_counts_around_the_clock_and_nothing_is_over(cast, shop):
    TierBudget.objects.all().delete()
    ticket = make.ticket(requester=cast.customer, site=shop, severity=3)
    progress.resolve(ticket=ticket, code="fixed", text="Done.", at=later(hours=24), actor=cast.agent, via="web")
    assert stays(ticket) == [(1, 24, None)]


def test_a_merged_ticket_leaves_its_tier_and_comes_back_to_it(cast, shop, ticket, do):
    main = make.ticket(requester=cast.customer, site=shop, severity=2)
    merging.merge(source=ticket, target=main, at=later(minutes=6), actor=cast.agent, via="web")
    assert stays(ticket) == [(1, 0.1, False)]
    merging.unmerge(at=later(hours=6), **do)
    assert TierStay.objects.filter(ticket=ticket, left_at=None).count() == 1


def test_a_ticket_from_before_stays_were_kept_begins_one_with_its_next_move(cast, ticket, do, back):
    TierStay.objects.all().delete()
    hand_over(to=back, packet=PACKET, at=later(hours=1), **do)
    assert stays(ticket) == [(2, 0, None)]


def test_steps_between_running_statuses_ask_nothing(ticket, do):
    with CaptureQueriesContext(connection) as sent:
        assignment.acknowledge(at=later(minutes=1), **do)
        progress.change_status(to="diagnosing", at=later(minutes=2), **do)
    assert [query["sql"] for query in sent if "sla_tier" in query["sql"]] == []


def test_a_move_reads_once_and_writes_twice(ticket, do, back):
    with CaptureQueriesContext(connection) as sent:
        hand_over(to=back, packet=PACKET, at=later(hours=1), **do)
    about = [query["sql"].split()[0] for query in sent if "sla_tier" in query["sql"]]
    assert about == ["SELECT", "UPDATE", "INSERT"]


def test_a_pause_costs_two_statements(ticket, do, django_assert_num_queries):
    conversation.reply(body="Which card?", at=later(minutes=10), **do)
    lines = list(Event.objects.select_related("ticket").filter(kind="status_changed"))
    TierStay.objects.update(runs_since=T0, used=0)
    with django_assert_num_queries(2):
        follow(lines)
    assert TierStay.objects.get().used == 10 * 60
