"""Pages over the API: the same verbs, the same refusals."""

import pytest
from django.utils import timezone

from oncall import engine, rings
from oncall.models import Page, PageState
from tests import make
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(cast, shop) -> Ticket:
    return make.ticket(requester=cast.customer, site=shop, at=timezone.now())


def test_people_are_called_and_one_acknowledges(calls, ticket, cast):
    url = f"/tickets/{ticket.pk}/pages"
    made = calls.agent.post(url, {"users": ["BEN@people.example"], "reason": "Come and see"}, idempotency_key="one")
    assert (made.status_code, made.data["state"], made.data["reason"]) == (201, "climbing", "Come and see")
    assert calls.agent.post(url, {"users": ["ben@people.example"]}).status_code == 409
    engine.climb_due(timezone.now())
    rings.ring_due(timezone.now())
    (listed,) = calls.other_agent.get(url).data
    assert [(one["user"]["name"], one["way"], one["state"]) for one in listed["calls"]] == [("Ben", "email", "rung")]
    done = calls.other_agent.post(f"{url}/{made.data['id']}/acknowledgement")
    assert (done.status_code, done.data["acknowledged_by"]["name"]) == (200, "Ben")
    assert Page.objects.get().state == PageState.ACKNOWLEDGED


def test_a_ladder_is_named(calls, ticket, cast):
    make.ladder(cast.agent, is_automatic=False)
    made = calls.agent.post(f"/tickets/{ticket.pk}/pages", {"ladder": "Demo ladder"})
    assert (made.status_code, made.data["ladder"]) == (201, "Demo ladder")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "users"),
        ({"users": ["cora@acme.example"]}, 422, "users"),
        ({"users": ["ben@people.example"], "ladder": "Demo ladder"}, 422, "users"),
        ({"ladder": "No such"}, 400, "ladder"),
        ({"users": "ben"}, 400, "users"),
        ({"who": 1}, 400, "who"),
    ],
)
def test_what_is_wrong_is_named(calls, ticket, cast, body, status, field):
    make.ladder(cast.agent, is_automatic=False)
    answer = calls.agent.post(f"/tickets/{ticket.pk}/pages", body)
    assert answer.status_code == status and answer.data["errors"][0]["field"].split(".")[0] == field
    assert not Page.objects.exists()


def test_a_requester_neither_reads_nor_calls(calls, ticket):
    url = f"/tickets/{ticket.pk}/pages"
    assert [calls.customer.get(url).status_code, calls.stranger.get(url).status_code] == [403, 404]
    assert calls.customer.post(url, {"users": ["ben@people.example"]}).status_code == 403


def test_a_page_of_another_ticket_is_not_found(calls, ticket, cast):
    made = calls.agent.post(f"/tickets/{ticket.pk}/pages", {"users": ["ben@people.example"]})
    other = make.ticket(requester=cast.customer, team=ticket.team, at=timezone.now())
    assert calls.agent.post(f"/tickets/{other.pk}/pages/{made.data['id']}/acknowledgement").status_code == 404
