"""Equal alerts at once: real threads, real transactions."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from integrations import inbound
from integrations.episodes import groups, silences, work
from integrations.episodes.work import open_or_join
from integrations.models import Alert, Door, Inbound, Silence, Source, State
from integrations.reading import Reading
from integrations.sources import KINDS
from integrations.tasks import interpret_pending
from tests import make
from tests.make import T0, later
from tickets.models import Event, Kind, Ticket
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


def test_alerts_of_one_group_on_16_threads_make_one_ticket_and_recover_together(source):
    Source.objects.update(group_by="site")
    source.refresh_from_db()

    def say(place):
        status, key = ("firing", place) if place < 96 else ("resolved", place - 96)
        reading = Reading(key=f"k{key}", status=status, title="Down", labels={"host": f"h{key % 5}"})
        with transaction.atomic():
            return open_or_join(source=source, reading=reading, at=later(seconds=place))[0]

    said = at_once(16, say, range(96))
    assert said.count("opened") == 1 and said.count("joined its group") == 95
    ticket = Ticket.objects.get()
    assert ticket.alerts.count() == 96
    at_once(16, lambda _: groups.tell_due(later(minutes=5)), range(16))
    assert Event.objects.filter(ticket=ticket, kind=Kind.ALERT_REPEATED).count() == 1
    at_once(16, say, range(96, 192))
    ticket.refresh_from_db()
    assert ticket.status == Status.RESOLVED
    assert Event.objects.filter(ticket=ticket, kind=Kind.ALERT_RESOLVED).count() == 1


def test_a_silence_that_ends_while_alerts_come_in_leaves_none_behind(source):
    def say(place):
        if place == 10:
            return silences.end(silence=silence, at=later(minutes=1), actor=None)
        reading = Reading(key=f"k{place}", title="Down")
        with transaction.atomic():
            return open_or_join(source=source, reading=reading, at=later(seconds=place))[0]

    silence = Silence.objects.create(reason="x", source=source, starts_at=T0, ends_at=later(hours=9), created_at=T0)
    at_once(16, say, range(20))
    at_once(8, lambda _: work.release_due(later(minutes=1)), range(8))
    assert not Alert.objects.filter(ticket=None).exists() and Ticket.objects.count() == 19
