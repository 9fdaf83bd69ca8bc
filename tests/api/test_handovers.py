"""Handovers over the API: the same verbs, the same refusals."""

import pytest

from tests import make
from tickets.models import Handover, Ticket

pytestmark = pytest.mark.django_db
PACKET = {"impact": "Nobody can pay.", "symptoms": "Error 500.", "tried": "Another card.", "environment": "Shop."}


@pytest.fixture
def ticket(cast, shop):
    return make.ticket(requester=cast.customer, site=shop)


def test_it_goes_up_comes_back_and_is_accepted_in_the_end(calls, ticket, back):
    url = f"/tickets/{ticket.pk}/handovers"
    sent = calls.agent.post(url, {"team": "back-end", "packet": PACKET})
    assert (sent.status_code, sent.data["state"], sent.data["packet"]) == (201, "pending", PACKET)
    bounced = calls.other_agent.post(f"{url}/bounce", {"reason": "Which card?"})
    assert (bounced.status_code, bounced.data["tier"]) == (200, 1)
    calls.agent.post(url, {"team": "back-end", "packet": PACKET | {"evidence": "The blue one."}})
    assert calls.other_agent.post(f"{url}/acceptance").data["tier"] == 2
    listed = calls.other_agent.get(url).data
    assert [(row["state"], row["reason"]) for row in listed] == [("bounced", "Which card?"), ("accepted", "")]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"team": "back-end", "packet": PACKET | {"tried": ""}}, 422, "tried"),
        ({"team": "front-end", "packet": PACKET}, 422, "team"),
        ({"team": "nowhere", "packet": PACKET}, 400, "team"),
        ({"team": "back-end", "packet": {"password": "x"}}, 400, "packet"),
        ({"team": "back-end", "packet": "All is lost."}, 400, "packet"),
        ({"team": "back-end"}, 400, "packet"),
    ],
)
def test_what_is_missing_is_named(calls, ticket, back, body, status, field):
    answer = calls.agent.post(f"/tickets/{ticket.pk}/handovers", body)
    assert answer.status_code == status
    assert answer.data["errors"][0]["field"].split(".")[0] == field
    assert not Handover.objects.exists()


def test_a_requester_neither_hands_over_nor_reads_of_it(calls, ticket, back):
    url = f"/tickets/{ticket.pk}/handovers"
    assert calls.agent.post(url, {"team": "back-end", "packet": PACKET}).status_code == 201
    assert [calls.customer.get(url).status_code, calls.stranger.get(url).status_code] == [403, 404]
    assert [calls.customer.post(f"{url}/{verb}", {}).status_code for verb in ("acceptance", "bounce")] == [403, 403]
    assert Ticket.objects.get(pk=ticket.pk).handed_over_at is not None


def test_who_is_late_gets_a_conflict(calls, ticket, back):
    url = f"/tickets/{ticket.pk}/handovers"
    calls.agent.post(url, {"team": "back-end", "packet": PACKET})
    assert calls.manager.post(f"{url}/acceptance").status_code == 200
    assert calls.other_agent.post(f"{url}/acceptance").status_code == 409
