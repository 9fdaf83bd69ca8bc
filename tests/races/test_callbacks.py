"""Callbacks that come at once, or while somebody works on their ticket: real threads, real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread
from time import monotonic

import pytest
from django.db import connections, transaction
from django.utils import timezone

from accounts.models import Role
from deliveries.models import Delivery
from integrations.models import Channel, Inbound, State
from integrations.tasks import interpret_pending
from oncall import engine, rings
from oncall.models import Page, PageState
from tests import make
from tests.channels import a_channel
from tests.channels.test_callbacks import to_slack
from tests.channels.test_slack import SECRET, press
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def slack() -> Channel:
    return a_channel("slack", secrets={"signing_secret": SECRET})


@pytest.fixture
def page(slack: Channel) -> Page:
    """Two are called, and both have a button."""
    team = make.team("Front-end")
    for name in ("Ada", "Ben"):
        person = make.person(name, Role.AGENT, teams=(team,))
        make.contact_method(person, "slack", f"U0{name.upper()}0001", channel=slack)
    make.ladder(team, team=team)
    now = timezone.now()
    make.ticket(team=team, severity=1, at=now)
    engine.climb_due(now)
    rings.ring_due(now)
    return Page.objects.get()


def at_once(*verbs: Callable[[], object]) -> None:
    """Each on a connection of its own, all from the same instant on."""
    together = Barrier(len(verbs))

    def work(verb: Callable[[], object]) -> None:
        try:
            together.wait()
            verb()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(verbs)) as pool:
        list(pool.map(work, verbs))


def test_of_two_who_press_at_once_one_has_it_and_the_other_reads_who(slack: Channel, page: Page) -> None:
    presses = [press(value=str(page.pk), user=user) for user in ("U0ADA0001", "U0BEN0001")]
    at_once(*[lambda body=body: to_slack(slack, body) for body in presses * 3])
    page.refresh_from_db()
    told = Delivery.objects.filter(data__kind="answer").values_list("subject", flat=True)
    assert page.state == PageState.ACKNOWLEDGED and Inbound.objects.count() == 2
    assert sorted("is yours" in words for words in told) == [False, True]


def test_while_somebody_works_on_the_ticket_it_is_answered_in_time_and_done_later(slack: Channel, page: Page) -> None:
    held, done = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            Ticket.objects.select_for_update().get(pk=page.ticket_id)
            held.set()
            done.wait(30)
        connections.close_all()

    worker = Thread(target=hold)
    worker.start()
    held.wait(10)
    began = monotonic()
    response = to_slack(slack, press(value=str(page.pk), user="U0ADA0001"))
    took = monotonic() - began
    done.set()
    worker.join()
    row = Inbound.objects.get()
    assert (response.status_code, row.state) == (200, State.PENDING) and took < 5  # of which two are the lock's
    Inbound.objects.update(next_try_at=timezone.now())
    interpret_pending()
    page.refresh_from_db()
    assert page.state == PageState.ACKNOWLEDGED
