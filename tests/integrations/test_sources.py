"""Sources and the intake log, as managers see them."""

import re

import pytest

from accounts.models import AuditEntry
from integrations import inbound
from integrations.models import Alert, Door, Inbound, Source, State
from integrations.sources import KINDS
from integrations.tasks import interpret_pending
from tests import make
from tests.make import T0
from tickets.models import Ticket
from tickets.states import Status

pytestmark = pytest.mark.django_db
FIELDS = {"name": "Prometheus", "kind": "alertmanager", "severity": 3, "quiet_minutes": 15, "mapping": "{}"}


@pytest.fixture
def manager(cast, as_user):
    return as_user(cast.manager)


@pytest.fixture
def source(shop):
    source = Source(name="Prometheus", kind="alertmanager", site=shop)
    source.new_token()
    source.save()
    return source


def test_a_new_source_shows_its_address_once_and_it_works(manager, client, shop):
    html = manager.post("/settings/sources/new", {**FIELDS, "site": shop.pk}).content.decode()
    path = re.search(r'id="address">[^<]*(/api/v1/sources/[^<]+)<', html)[1]
    assert client.post(path, b"{}", content_type="application/json").status_code == 202
    source = Source.objects.get()
    assert path.rpartition("/")[2] not in manager.get(f"/settings/sources/{source.pk}").content.decode()
    assert AuditEntry.objects.filter(action="source made").count() == 1


def test_a_new_address_kills_the_old_one(manager, client, source):
    old = source.new_token()
    source.save()
    html = manager.post(f"/settings/sources/{source.pk}/address").content.decode()
    new = re.search(r"/api/v1/sources/(src_[\w-]+)<", html)[1]
    assert client.post(f"/api/v1/sources/{old}").status_code == 404
    assert client.post(f"/api/v1/sources/{new}").status_code == 202


@pytest.mark.parametrize("kind", KINDS)
def test_a_test_alert_opens_a_marked_ticket_and_its_recovery_resolves_it_as_often_as_one_likes(manager, source, kind):
    Source.objects.update(kind=kind, mapping={"key": "nowhere.to.be.found"})
    for _ in range(2):
        for status, expected in (("firing", True), ("resolved", False)):
            manager.post(f"/settings/sources/{source.pk}/tests", {"status": status})
            interpret_pending()
            assert Alert.objects.filter(resolved_at=None).exists() is expected
    ticket = Ticket.objects.get()
    assert ticket.subject.startswith("[Test]") and ticket.tags == ["test"] and ticket.status == Status.RESOLVED
    html = manager.get(f"/settings/sources/{source.pk}").content.decode()
    assert html.count(f"/tickets/{ticket.pk}") == 4 and "reopened" in html


def test_pausing_keeps_and_resuming_replays(manager, source):
    manager.post(f"/settings/sources/{source.pk}/acceptance", {"accepting": "no"})
    manager.post(f"/settings/sources/{source.pk}/tests", {"status": "firing"})
    interpret_pending()
    row = Inbound.objects.get()
    assert row.state == State.IGNORED and Ticket.objects.count() == 0
    manager.post(f"/settings/sources/{source.pk}/acceptance", {"accepting": "yes"})
    assert manager.post(f"/intake/{row.receipt}/replays").status_code == 302
    interpret_pending()
    assert Ticket.objects.count() == 1
    assert "nothing to try again" in manager.post(f"/intake/{row.receipt}/replays", follow=True).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("kind", "carrier pigeon"), ("mapping", '{"key": "a..b"}'), ("mapping", "[1]"), ("mapping", "{")],
)
def test_a_wrong_setting_is_named(manager, source, field, value):
    answer = manager.post(f"/settings/sources/{source.pk}", {**FIELDS, field: value})
    assert answer.status_code == 422 and f"id_{field}_error" in answer.content.decode()


def test_a_name_is_taken_once(manager, source):
    assert manager.post("/settings/sources/new", {**FIELDS, "name": "PROMETHEUS"}).status_code == 422


def test_the_log_narrows_and_pages(manager, source):
    for _ in range(60):
        inbound.store(door=Door.ALERT, raw=b"not json", at=T0, source=source)
    interpret_pending()
    page = manager.get("/intake/?state=failed").content.decode()
    assert page.count("not JSON") == 50 and "before=" in page
    older = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert manager.get("/intake/" + older).content.decode().count("not JSON") == 10
    assert "not JSON" not in manager.get("/intake/?state=done").content.decode()


@pytest.mark.parametrize("query", ["state=x", "before=-1", "before=%C2%B2", "source=abc", "before=9999999999999999999"])
def test_nonsense_in_the_log_is_ignored(manager, query):
    assert manager.get(f"/intake/?{query}").status_code == 200


def test_a_raw_body_is_shown_escaped_and_downloads_safely(manager, source):
    raw = b"<script>alert(1)</script>\x00\xff" + b"x" * 70_000
    row = inbound.store(door=Door.ALERT, raw=raw, at=T0, source=source)
    html = manager.get(f"/intake/{row.receipt}").content.decode()
    assert "<script>alert" not in html and "&lt;script&gt;alert" in html and "first 64 KB" in html
    answer = manager.get(f"/intake/{row.receipt}/raw")
    assert answer.content == raw and answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer["Content-Security-Policy"]


def test_a_manager_reads_no_intake_of_tickets_she_may_not_see(manager, as_user, cast, source, security):
    row = inbound.store(door=Door.FORM, raw=b"{}", at=T0)
    Inbound.objects.update(ticket=make.ticket(requester=cast.customer, team=security), state="done", next_try_at=None)
    assert manager.get(f"/intake/{row.receipt}").status_code == 404
    assert str(row.receipt) not in manager.get("/intake/").content.decode()
    assert as_user(cast.admin).get(f"/intake/{row.receipt}").status_code == 200


@pytest.mark.parametrize("path", ["/settings/sources/", "/settings/sources/new", "/intake/"])
def test_only_managers_and_admins_come_in(cast, as_user, client, path):
    assert [as_user(who).get(path).status_code for who in (cast.agent, cast.customer)] == [404, 404]
    assert client.get(path).status_code == 302 and as_user(cast.manager).get(path).status_code == 200


def test_pages_cost_the_same_for_one_row_and_for_many(manager, source, django_assert_max_num_queries):
    for n in range(30):
        inbound.store(door=Door.ALERT, raw=b"{}", at=T0, source=source)
        other = Source(name=f"S{n}")
        other.new_token()
        other.save()
    for path in ("/settings/sources/", "/intake/", f"/settings/sources/{source.pk}"):
        with django_assert_max_num_queries(12):
            manager.get(path)
