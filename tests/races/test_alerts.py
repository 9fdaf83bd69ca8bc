"""Equal alerts at once: real threads, real transactions."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from integrations import inbound
from integrations.alerts import open_or_join
from integrations.models import Alert, Door, Inbound, Source, State
from integrations.reading import Reading
from integrations.sources import KINDS
from integrations.tasks import interpret_pending
from tests import make
from tests.make import T0, later
from tickets.models import Ticket
from tickets.states import Status

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def source():
    source = Source(name="Prometheus", kind="alertmanager", site=make.site("Shop", make.team("Front-end")))
    source.new_token()
    source.save()
    return source


def at_once(threads, work, items):
    """Every item through `work`, on that many threads, each with a connection of its own."""

    def alone(item):
        try:
            return work(item)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(alone, items))


def test_48_equal_alerts_on_16_threads_make_one_ticket(source, client):
    raw, url = KINDS["alertmanager"].payloads["firing"], "/api/v1/sources/" + source.new_token()
    source.save()
    answers = at_once(16, lambda _: client.post(url, raw, content_type="application/json").status_code, range(48))
    assert answers == [202] * 48
    at_once(16, lambda _: interpret_pending(), range(16))
    assert (Ticket.objects.count(), Alert.objects.get().count) == (1, 48)
    assert Inbound.objects.filter(state=State.DONE, ticket=Ticket.objects.get()).count() == 48


def test_firing_and_resolved_in_any_order_end_as_they_were_received(source):
    def work(place):
        status = "resolved" if place % 4 == 3 else "firing"
        payload = KINDS["alertmanager"].payloads[status]
        inbound.store(door=Door.ALERT, raw=payload, at=later(minutes=20 * place), source=source)

    at_once(8, work, range(24))
    at_once(8, lambda _: interpret_pending(), range(8))
    assert not Alert.objects.filter(resolved_at=None).exists()
    assert set(Ticket.objects.values_list("status", flat=True)) <= {Status.RESOLVED, Status.CLOSED}
    assert Inbound.objects.filter(state=State.PENDING).count() == 0


def test_two_alerts_of_one_ticket_that_recover_at_once_resolve_it(source):
    def say(key, status, at):
        reading = Reading(key=key, status=status, title=key)
        with transaction.atomic():
            return open_or_join(source=source, reading=reading, at=at)

    ticket = say("a", "firing", T0)[1]
    for key in "bcdefgh":
        say(key, "firing", T0)
    Alert.objects.update(ticket=ticket)
    at_once(8, lambda key: say(key, "resolved", later(minutes=1)), "abcdefgh")
    ticket.refresh_from_db()
    assert ticket.status == Status.RESOLVED
