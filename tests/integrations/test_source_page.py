"""The page of a source: what guards it, how it is, and what another mapping would make of its last bodies."""

import pytest

from integrations import inbound
from integrations.models import Door, Inbound, Source
from integrations.source_health import LOOKED_AT, health
from integrations.sources import KINDS
from tests.make import T0, later

pytestmark = pytest.mark.django_db
FIELDS = {"name": "Watcher", "kind": "generic", "severity": 3, "quiet_minutes": 15, "mapping": "{}"}


@pytest.fixture
def fields():
    """fields(name=…) → what a browser sends of the form, as it stands or changed."""
    return lambda **changes: FIELDS | {"group_minutes": 30, "flap_flips": 6, "flap_minutes": 30} | changes


@pytest.fixture
def manager(cast, as_user):
    return as_user(cast.manager)


@pytest.fixture
def source(shop):
    source = Source(name="Watcher", kind="generic", site=shop)
    source.new_token()
    source.save()
    return source


@pytest.fixture
def address(source):
    return f"/settings/sources/{source.pk}"


def test_a_secret_is_kept_changed_and_forgotten_and_never_shown(manager, source, address, fields):
    manager.post(address, fields(secret="first s3cret"))
    source.refresh_from_db()
    assert source.open_secret() == "first s3cret"
    page = manager.post(address, fields(name="Other"), follow=True).content.decode()
    source.refresh_from_db()
    assert source.open_secret() == "first s3cret" and "first s3cret" not in page and "One is kept" in page
    manager.post(address, fields(no_secret="on"))
    source.refresh_from_db()
    assert source.secret == ""


def test_addresses_are_kept_as_networks_and_a_wrong_one_is_named(manager, source, address, fields):
    manager.post(address, fields(networks="192.0.2.7, 2001:db8::/32"))
    source.refresh_from_db()
    assert source.networks.splitlines() == ["192.0.2.7/32", "2001:db8::/32"]
    answer = manager.post(address, fields(networks="192.0.2.300"))
    assert answer.status_code == 422 and "192.0.2.300" in answer.content.decode()


def test_a_mapping_is_tried_on_the_last_bodies_and_nothing_is_saved(manager, source, address, fields):
    for number in range(12):
        inbound.store(door=Door.ALERT, raw=b'{"what": {"n": %d}, "title": "t"}' % number, at=T0, source=source)
    before = list(Inbound.objects.values_list("state", "taken"))
    page = manager.post(
        f"{address}/preview",
        fields(mapping='{"key": "to_string(what.n)", "title": "join(\'\', [\'no \', to_string(what.n)])"}'),
    )
    html = page.content.decode()
    assert page.status_code == 200 and "no 11" in html and "no 2" in html and "no 1<" not in html
    source.refresh_from_db()
    assert source.mapping == {} and list(Inbound.objects.values_list("state", "taken")) == before


def test_what_a_mapping_cannot_read_is_shown_with_its_reason(manager, source, address, fields):
    inbound.store(door=Door.ALERT, raw=b"<xml>", at=T0, source=source)
    inbound.store(door=Door.ALERT, raw=b'{"title": "t"}', at=T0, source=source)
    html = manager.post(f"{address}/preview", fields(mapping='{"title": "sum(@)"}')).content.decode()
    assert "not JSON" in html and "cannot be applied" in html


def test_a_wrong_mapping_is_named_instead_of_tried(manager, source, address, fields):
    answer = manager.post(f"{address}/preview", fields(mapping='{"key": "a..b"}'))
    assert answer.status_code == 422 and "id_mapping_error" in answer.content.decode()
    empty = manager.post(f"{address}/preview", fields()).content.decode()
    assert "received nothing yet" in empty


def test_its_health_counts_the_last_hour_and_day(manager, source, address):
    for hours, state in ((0, "done"), (2, "failed"), (23, "failed"), (25, "failed")):
        row = inbound.store(door=Door.ALERT, raw=b"{}", at=later(hours=-hours), source=source)
        Inbound.objects.filter(pk=row.pk).update(state=state, next_try_at=None)
    Inbound.objects.filter(received_at=T0).update(received_at=T0)
    found = health(source, now=T0)
    assert (found.hour, found.day, found.failed, found.is_more) == (1, 3, 2, False) and LOOKED_AT >= 1_000
    assert "Came in" in manager.get(address).content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_it_shows_how_to_set_up_each_sender_with_the_address_filled_in(manager, source, address, kind):
    Source.objects.update(kind=kind)
    html = manager.get(address).content.decode()
    assert "/api/v1/sources/src_" in html and "{url}" not in html and "{token}" not in html and "{base}" not in html
    assert "Set it up" in html
