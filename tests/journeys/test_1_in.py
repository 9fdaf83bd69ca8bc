"""1. In: whoever asks, and by whatever door, it becomes one ticket, and the sender is told which."""

import json
import re

import pytest
from django.test import Client

from integrations.models import Alert, Door, Inbound, State
from tests.api.conftest import Caller
from tests.journeys.road import Door as Source
from tests.journeys.road import fresh, kinds
from tickets.models import Kind, Ticket
from tickets.states import Status

pytestmark = pytest.mark.django_db


def test_a_stranger_fills_in_the_form_and_gets_a_number_and_a_page(client, stranger_asks, shop):
    assert "Which site?" in client.get("/help/new").content.decode()
    ticket = stranger_asks(subject="Cannot pay", impact="high", urgency="high")
    assert (ticket.channel, ticket.site, ticket.severity, ticket.requester.email) == (
        "form", shop, 1, "pat@home.example",
    )  # fmt: skip
    receipt = client.get(f"/help/received/{Inbound.objects.get().receipt}").content.decode()
    assert f"#{ticket.pk}" in receipt
    page = client.get(re.search(r'href="[^"]*(/help/t/[^"]+)"', receipt)[1]).content.decode()
    assert "Cannot pay" in page
    assert "Received" in page


def test_the_same_form_is_open_to_programs(client, help_form, shop):
    body = {"subject": "Cannot pay", "description": "500", "site": "shop", "email": "pat@home.example"}
    answer = client.post("/api/v1/forms/help/submissions", body, content_type="application/json")
    ticket = Ticket.objects.get()
    assert (answer.status_code, answer.json()["ticket"], ticket.channel) == (201, ticket.pk, "form")
    assert "/help/t/" in answer.json()["url"]


def test_an_agent_opens_one_for_a_caller(cast, shop, as_user):
    words = {
        "email": "walker@street.example", "name": "Wilma", "channel": "phone", "kind": "request", "site": shop.pk,
        "subject": "Needs an invoice", "body": "She lost the mail.",
    }  # fmt: skip
    answer = as_user(cast.agent).post("/tickets/new", words)
    ticket = Ticket.objects.get()
    assert answer.url.startswith(f"/tickets/{ticket.pk}")
    assert (ticket.requester.email, ticket.channel, ticket.kind) == ("walker@street.example", "phone", "request")


def test_a_program_opens_one_with_a_token_and_a_repeat_is_the_same(cast, shop):
    shop_system = Caller(cast.customer)
    body = {"subject": "Order 7 stuck", "body": "Since noon.", "site": "shop", "impact": "high", "urgency": "medium"}
    first, again = (shop_system.post("/tickets", body, Idempotency_Key="order-7") for _ in range(2))
    ticket = Ticket.objects.get()
    assert (first.status_code, first.data["number"], ticket.channel) == (201, ticket.pk, "api")
    assert again.data == first.data
    assert shop_system.get(f"/tickets/{ticket.pk}").data["subject"] == "Order 7 stuck"
    assert Client().post("/api/v1/tickets", "{}", content_type="application/json").status_code == 401


def test_an_alert_is_stored_answered_and_then_makes_one_ticket_that_its_recovery_moves_on(prometheus: Source):
    answer = prometheus.post("firing")
    assert (answer.status_code, Ticket.objects.count()) == (202, 0)
    assert answer.json()["receipt"] == str(Inbound.objects.get(door=Door.ALERT).receipt)
    prometheus.work()
    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.severity, ticket.site) == ("alert", 1, prometheus.source.site)
    for _ in range(3):
        prometheus.post("firing")
    prometheus.work()
    assert (Ticket.objects.count(), Alert.objects.get().count) == (1, 4)
    prometheus.post("resolved")
    prometheus.work()
    assert (fresh(ticket).status, fresh(ticket).resolution) == (Status.RESOLVED, "recovered")
    assert kinds(ticket)[-1] == Kind.RESOLVED or Kind.ALERT_RESOLVED in kinds(ticket)
    assert not Inbound.objects.exclude(state=State.DONE).exists()


def test_any_other_program_posts_plain_json(shop):
    generic = Source("generic", shop)
    assert (
        generic.post(json.dumps({"title": "Disk full", "key": "disk-1", "severity": "warning"}).encode()).status_code
        == 202
    )
    generic.work()
    assert (Ticket.objects.get().subject, Ticket.objects.get().severity) == ("Disk full", 3)


@pytest.mark.parametrize("body", [b"not json", b"[1,2]", b"[" * 20_000, b'{"alerts": [NaN]}', b"\0", b""])
def test_what_nobody_can_read_is_kept_with_its_reason(prometheus: Source, body):
    assert prometheus.post(body).status_code == 202
    prometheus.work()
    row = Inbound.objects.get()
    assert bytes(row.raw) == body
    assert row.state in (State.FAILED, State.IGNORED)
    assert row.reason or row.outcomes
