"""Whatever is sent to the API and to forms gets a reason, never a 5xx."""

import json

import pytest

from integrations.models import Inbound
from tests import make
from tests.integrations.test_receiving import HOSTILE
from tickets.models import Form, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(shop):
    return Form.objects.create(slug="help", title="Help")


@pytest.fixture
def paths(cast, shop, form):
    number = make.ticket(requester=cast.customer, site=shop).pk
    one = f"/tickets/{number}"
    verbs = ("messages", "acknowledgement", "assignment", "resolution", "closure", "reopening")
    return ["/tickets", "/forms/help/submissions", one, *(f"{one}/{verb}" for verb in verbs)]


BODIES = {name: body for name, body in HOSTILE.items() if body}  # an empty PATCH changes nothing, which is fine


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_any_body_to_any_resource_is_refused_with_a_reason(calls, paths, body):
    before = Ticket.objects.count()
    for path in paths:
        for method in ("POST", "PATCH", "PUT"):
            for key in ({}, {"Idempotency_Key": "k"}):
                answer = calls.agent.send(method, path, body, **key)
                assert 400 <= answer.status_code < 500 or path.endswith("acknowledgement"), (method, path)
                assert answer["content-type"] == "application/problem+json" or answer.status_code == 200
    assert Ticket.objects.count() == before


def test_more_than_ten_megabytes_are_413(calls, paths):
    body = b'{"subject": "' + b"x" * (10 * 1024 * 1024) + b'"}'
    assert {calls.agent.send("POST", path, body, Idempotency_Key="k").status_code for path in paths[:3]} == {413}


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "", "x/y"])
def test_another_content_type_is_415(calls, paths, content_type):
    answer = calls.agent.client.generic(
        "POST", "/api/v1/tickets", b'{"subject": "x"}', content_type=content_type, headers=calls.agent.headers
    )
    assert answer.status_code in (400, 415) and answer["content-type"] == "application/problem+json"


def test_wrong_types_in_every_field_are_named(calls, front, shop):
    for value in (None, 1, 1e308, True, [], {}, [[]], "\0", "\ud800", 10**400, "x" * 200_000):
        for field in ("subject", "body", "kind", "site", "impact", "severity", "tags", "team", "requester", "category"):
            body = json.dumps({"subject": "ok", field: value})
            assert calls.agent.send("POST", "/tickets", body.encode()).status_code in (201, 400), (field, value)


class TestForms:
    def test_a_stranger_submits_and_gets_a_number_and_a_link(self, calls, form, shop):
        body = {"subject": "Help", "description": "It broke", "site": "shop", "email": "pat@home.example"}
        body |= {"impact": "high", "urgency": "high"}
        answer = calls.nobody.post("/forms/help/submissions", body)
        ticket = Ticket.objects.get()
        assert (answer.status_code, answer.data["ticket"]) == (201, ticket.pk)
        assert (ticket.severity, ticket.channel, ticket.site) == (1, "form", shop)
        assert Inbound.objects.get(receipt=answer.data["receipt"]).door == "api"

    def test_a_token_tells_who_asks(self, calls, cast, form):
        assert calls.customer.post("/forms/help/submissions", {"subject": "a", "description": "b"}).status_code == 201
        assert Ticket.objects.get().requester == cast.customer

    @pytest.mark.parametrize(
        ("change", "field"),
        [({"email": None}, "email"), ({"email": "x"}, "email"), ({"severity": 1}, "severity"),
         ({"site": "nope"}, "site"), ({"component": "cart"}, "component"), ({"subject": ""}, "subject")],
    )  # fmt: skip
    def test_errors_name_the_field(self, calls, form, change, field):
        body = {"subject": "a", "description": "b", "email": "pat@home.example", **change}
        body = {name: value for name, value in body.items() if value is not None}
        answer = calls.nobody.post("/forms/help/submissions", body)
        assert answer.status_code == 400 and field in {error["field"] for error in answer.data["errors"]}
        assert Inbound.objects.count() == 0

    def test_sent_again_with_its_key_it_is_one(self, calls, form):
        body = {"subject": "a", "description": "b", "email": "pat@home.example"}
        answers = [calls.nobody.post("/forms/help/submissions", body, Idempotency_Key="k").data for _ in range(2)]
        assert answers[0] == answers[1] and Ticket.objects.count() == 1

    def test_the_limit_says_when_to_come_back(self, calls, form, settings):
        settings.FORM_LIMIT_PER_IP = 1
        body = {"subject": "a", "description": "b", "email": "pat@home.example"}
        calls.nobody.post("/forms/help/submissions", body)
        answer = calls.nobody.post("/forms/help/submissions", body)
        assert (answer.status_code, answer["Retry-After"]) == (429, "600") and "wait" in answer.data["detail"]

    def test_only_active_forms_are_there(self, calls, form):
        Form.objects.create(slug="old", title="Old", is_active=False)
        assert [found["slug"] for found in calls.nobody.get("/forms").data["results"]] == ["help"]
        assert calls.nobody.post("/forms/old/submissions", {}).status_code == 404


def test_the_schema_and_its_page_are_there_for_everybody(client, db):
    schema = client.get("/api/v1/schema", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    assert "/api/v1/tickets/{id}/resolution" in schema["paths"] and schema["openapi"].startswith("3")
    page = client.get("/api/v1/docs").content.decode()
    assert "/api/v1/tickets/{id}/resolution" in page and "<script>" not in page and "style=" not in page
