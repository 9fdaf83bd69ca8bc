"""What sends to PagerDuty or Opsgenie sends here unchanged: their addresses, answers and meaning."""

import json

import pytest

from integrations.models import Alert, Inbound, Source, State
from integrations.sources import KINDS
from integrations.tasks import interpret_pending
from tests.clients import Client
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
EVENT = {"event_action": "trigger", "payload": {"summary": "Down", "source": "web-1", "severity": "error"}}


def key_of(kind, **fields):
    source = Source(name=f"From {kind}", kind=kind, **fields)
    token = source.new_token()
    source.save()
    return token


@pytest.fixture
def post(shop):
    """post(address, body, **headers) → the answer, as a sender without cookies gets it."""
    return lambda path, body, **headers: Client().post(
        path, json.dumps(body), content_type="application/json", **headers
    )


@pytest.fixture
def key(shop):
    return key_of("pagerduty")


@pytest.fixture
def genie(post):
    """genie(path, body) → the answer of the Alert API to a sender with a key."""
    headers = {"HTTP_AUTHORIZATION": f"GenieKey {key_of('opsgenie')}"}
    return lambda path, body=None: post(f"/v2/alerts{path}", body or {}, **headers)


class TestPagerDuty:
    def test_a_trigger_opens_and_a_resolve_resolves(self, post, key):
        first = post("/v2/enqueue", EVENT | {"routing_key": key, "dedup_key": "k"})
        assert first.status_code == 202
        assert first.json() == {"status": "success", "message": "Event processed", "dedup_key": "k"}
        interpret_pending()
        assert Ticket.objects.get().severity == 2
        post("/v2/enqueue", {"routing_key": key, "dedup_key": "k", "event_action": "resolve"})
        interpret_pending()
        assert Alert.objects.get().resolved_at and Ticket.objects.get().status == "resolved"

    def test_a_key_that_it_makes_up_resolves_what_it_was_answered_for(self, post, key):
        made = post("/v2/enqueue", EVENT | {"routing_key": key}).json()["dedup_key"]
        interpret_pending()
        assert Alert.objects.get().key == made
        post("/v2/enqueue", {"routing_key": key, "dedup_key": made, "event_action": "resolve"})
        interpret_pending()
        assert Alert.objects.get().resolved_at

    def test_a_change_is_recorded_and_opens_nothing(self, post, key):
        answer = post("/v2/change/enqueue", {"routing_key": key, "payload": {"summary": "4.2 is out"}})
        assert (answer.status_code, answer.json()["message"]) == (202, "Change event processed")
        interpret_pending()
        assert "change event" in Inbound.objects.get().reason and Ticket.objects.count() == 0

    def test_it_speaks_the_first_version(self, post, key):
        body = {"service_key": key, "event_type": "trigger", "description": "Disk is full", "incident_key": "disk"}
        answer = post("/generic/2010-04-15/create_event.json", body)
        assert (answer.status_code, answer.json()["incident_key"]) == (200, "disk")
        interpret_pending()
        assert Ticket.objects.get().subject == "Disk is full"

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"routing_key": "wrong"}, "routing_key"),
            ({"routing_key": None}, "routing_key"),
            ({"event_action": "shout"}, "event_action"),
            ({"payload": {}}, "payload.summary"),
            ({"event_action": "resolve"}, "dedup_key"),
        ],
    )
    def test_it_refuses_as_they_do_and_says_why(self, post, key, change, named):
        answer = post("/v2/enqueue", EVENT | {"routing_key": key} | change)
        assert (answer.status_code, answer.json()["status"]) == (400, "invalid event")
        assert named in answer.json()["errors"][0] and Inbound.objects.count() == 0

    @pytest.mark.parametrize("summary", ["$ALERT_TITLE", "{{ title }}", 7])
    def test_a_template_that_was_not_filled_in_is_an_alert_all_the_same(self, post, key, summary):
        event = EVENT | {"routing_key": key, "dedup_key": "{{ id }}", "payload": {"summary": summary}}
        answer = post("/v2/enqueue", event)
        assert answer.status_code == 202 and "{" not in answer.json()["dedup_key"]
        assert post("/v2/enqueue", event | {"event_action": "resolve"}).status_code == 202
        interpret_pending()
        assert Ticket.objects.get().subject and Alert.objects.get(resolved_at=None).key == answer.json()["dedup_key"]

    def test_the_key_of_another_kind_of_source_is_no_key(self, post, shop):
        assert post("/v2/enqueue", EVENT | {"routing_key": key_of("alertmanager")}).status_code == 400

    def test_it_takes_from_listed_addresses_only(self, post, shop):
        key = key_of("pagerduty", networks="192.0.2.0/24")
        assert post("/v2/enqueue", EVENT | {"routing_key": key}).status_code == 400
        assert post("/v2/enqueue", EVENT | {"routing_key": key}, REMOTE_ADDR="192.0.2.7").status_code == 202

    @pytest.mark.parametrize("body", [b"", b"[", b"null", b"[1]", b"\xff\xfe", b"[" * 5_000, b"x" * 1_100_000])
    @pytest.mark.parametrize("path", ["/v2/enqueue", "/v2/change/enqueue", "/generic/2010-04-15/create_event.json"])
    def test_no_body_breaks_it(self, db, path, body):
        answer = Client().generic("POST", path, body, content_type="application/json")
        assert answer.status_code in (400, 413) and answer.json()["message"]

    def test_a_get_changes_nothing(self, db):
        assert Client().get("/v2/enqueue").status_code == 405


class TestOpsgenie:
    def test_an_alert_opens_and_its_close_resolves(self, genie):
        answer = genie("", {"message": "Down", "alias": "a/b", "priority": "P2"})
        assert (answer.status_code, answer.json()["result"]) == (202, "Request will be processed")
        interpret_pending()
        assert Ticket.objects.get().severity == 2
        assert genie("/a%2Fb/close?identifierType=alias", {"note": "Up"}).status_code == 202
        interpret_pending()
        assert Alert.objects.get(key="alias:a/b").resolved_at

    def test_an_acknowledgement_is_noted(self, genie):
        genie("", {"message": "Down", "alias": "a"})
        genie("/a/acknowledge?identifierType=alias")
        interpret_pending()
        assert Alert.objects.get().status == "acknowledged"

    def test_an_alert_without_an_alias_is_closed_by_the_id_it_was_answered(self, genie):
        receipt = genie("", {"message": "Down"}).json()["requestId"]
        interpret_pending()
        genie(f"/{receipt}/close")
        interpret_pending()
        assert Alert.objects.get().resolved_at

    def test_notes_and_the_like_are_recorded_only(self, genie):
        genie("", {"message": "Down", "alias": "a"})
        for verb in ("notes", "snooze", "tags", "assign"):
            assert genie(f"/a/{verb}?identifierType=alias", {"note": "x"}).status_code == 202
        interpret_pending()
        assert Alert.objects.get().resolved_at is None
        assert Inbound.objects.filter(state=State.IGNORED).count() == 4

    def test_it_tells_what_became_of_a_request(self, shop, post):
        headers = {"HTTP_AUTHORIZATION": f"GenieKey {key_of('opsgenie')}"}
        receipt = post("/v2/alerts", {"message": "Down", "alias": "a"}, **headers).json()["requestId"]
        assert Client().get(f"/v2/alerts/requests/{receipt}", **headers).status_code == 404
        interpret_pending()
        told = Client().get(f"/v2/alerts/requests/{receipt}", **headers).json()["data"]
        assert (told["isSuccess"], told["alias"]) == (True, "a")
        assert Client().get("/v2/alerts/requests/nonsense", **headers).status_code == 404

    def test_a_wrong_key_is_not_let_in(self, post, shop):
        assert post("/v2/alerts", {"message": "x"}).status_code == 401
        assert post("/v2/alerts", {"message": "x"}, HTTP_AUTHORIZATION="GenieKey no").status_code == 401

    def test_an_alert_without_a_message_is_refused_by_field(self, genie):
        answer = genie("", {"alias": "a"})
        assert (answer.status_code, "message" in answer.json()["errors"]) == (422, True)

    def test_an_alert_whose_template_was_not_filled_in_opens_all_the_same(self, genie):
        assert genie("", {"message": "{EVENT.NAME}", "alias": "{EVENT.ID}"}).status_code == 202
        interpret_pending()
        assert Ticket.objects.get().subject

    def test_what_is_too_large_is_refused_in_its_own_words(self, genie):
        answer = genie("", {"message": "x" * 1_100_000})
        assert answer.status_code == 413 and {"message", "took", "requestId"} == set(answer.json())


@pytest.mark.parametrize("kind", KINDS)
def test_the_bodies_of_every_sender_do_not_break_the_doors_of_others(kind, post, key, genie):
    for raw in KINDS[kind].payloads.values():
        body = json.loads(raw)
        if isinstance(body, dict):
            assert post("/v2/enqueue", body | {"routing_key": key}).status_code in (202, 400)
            assert genie("", body).status_code in (202, 422)
    interpret_pending()
    assert not Inbound.objects.filter(state=State.PENDING).exists()
