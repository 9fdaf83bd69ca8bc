"""The health page of deadlines: how late breaches are noticed, what waits, and what could not be handled."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from sla import health
from sla.models import Breach, Clock, Replan
from sla.sweep import sweep
from tests import make
from tickets.actions import filing

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> Any:
    return timezone.now().replace(microsecond=0)


def opened(cast: SimpleNamespace, shop: Any, at: Any) -> Any:
    """A P1, to be acknowledged after 15 minutes and answered after 30."""
    return make.ticket(requester=cast.customer, site=shop, severity=1, at=at)


def test_it_measures_from_due_to_noticed(cast: SimpleNamespace, shop: Any, now: Any) -> None:
    """Of one ticket the first deadline is noticed a second late, of the other both, after 901 and one second."""
    first = opened(cast, shop, now - timedelta(minutes=60))
    sweep(now - timedelta(minutes=45) + timedelta(seconds=1))
    opened(cast, shop, now - timedelta(minutes=60))
    sweep(now - timedelta(minutes=30) + timedelta(seconds=1))
    assert sorted(
        (breach.noticed_at - breach.due_at).total_seconds() for breach in Breach.objects.all()
    ) == [1, 1, 1, 901]  # fmt: skip
    assert first.pk in Breach.objects.values_list("ticket", flat=True)
    found = health.lag(now)
    assert (found.n, found.p50, round(found.p99 or 0), found.longest) == (4, 1, 874, 901)


def test_yesterdays_breaches_are_not_counted(cast: SimpleNamespace, shop: Any, now: Any) -> None:
    opened(cast, shop, now - timedelta(days=2))
    sweep(now - timedelta(hours=47))
    assert health.lag(now) == health.Lag(0, None, None, None)


def test_a_deadline_moved_into_the_past_was_not_noticed_late(cast: SimpleNamespace, shop: Any, now: Any) -> None:
    ticket = make.ticket(requester=cast.customer, site=shop, severity=2, at=now - timedelta(minutes=50))
    filing.change_severity(ticket=ticket, to=1, reason="All", at=now, actor=cast.agent, via="web")
    sweep(now + timedelta(seconds=1))
    assert Breach.objects.exists()
    assert health.lag(now + timedelta(seconds=2)).n == 0


def test_it_counts_what_waits_for_a_sweep(cast: SimpleNamespace, shop: Any, now: Any) -> None:
    opened(cast, shop, now - timedelta(minutes=16))
    found = health.waiting(now)
    assert found.n >= 1
    assert found.is_behind
    sweep(now)
    assert health.waiting(now) == health.Waiting(0, 0.0)


def test_the_page_says_how_it_is(cast: SimpleNamespace, shop: Any, now: Any, as_user: Any) -> None:
    client = as_user(cast.manager)
    quiet = client.get("/settings/deadlines/").content.decode()
    assert all(text in quiet for text in ("Well", "nothing waits", "Every deadline could be read.", "Nothing yet"))
    ticket = opened(cast, shop, now - timedelta(minutes=16))
    assert "Deadlines are not being looked at." in client.get("/settings/deadlines/").content.decode()
    sweep(now)
    Clock.objects.filter(ticket=ticket, obligation="resolve").update(
        trouble="ValueError: no such calendar", fires_at=now + timedelta(minutes=4)
    )
    Replan.objects.create(why="policy “Standard” changed", asked_at=now, total=900, done=250, next_at=now)
    page = client.get("/settings/deadlines/").content.decode()
    assert all(text in page for text in ("In trouble", "no such calendar", "250 of 900", "Under way"))
    assert f"/tickets/{ticket.pk}" in page


def test_a_day_with_late_notice_is_not_called_well(cast: SimpleNamespace, shop: Any, now: Any, as_user: Any) -> None:
    opened(cast, shop, now - timedelta(minutes=40))
    sweep(now)
    page = as_user(cast.manager).get("/settings/deadlines/").content.decode()
    assert "Was late" in page
    assert "Well<" not in page


def test_it_asks_few_statements(cast: SimpleNamespace, as_user: Any, django_assert_max_num_queries: Any) -> None:
    client = as_user(cast.manager)
    client.get("/settings/deadlines/")
    with django_assert_max_num_queries(10):
        client.get("/settings/deadlines/")


def test_it_is_for_managers(cast: SimpleNamespace, as_user: Any) -> None:
    assert as_user(cast.agent).get("/settings/deadlines/").status_code == 404
