"""4. Worked: an agent takes it from new to closed in the pages."""

import pytest

from tests.journeys.road import fresh, kinds, seen_by
from tickets.models import Kind, Ticket
from tickets.states import Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(as_user):
    """post(person, ticket, verb, **data) → the answer to a plain form."""

    def send(person, ticket: Ticket, verb: str, **data: object):
        return as_user(person).post(f"/tickets/{ticket.pk}/{verb}", data)

    return send


def test_from_new_to_closed(cast, stranger_asks, post, as_user, client):
    ticket = stranger_asks(subject="Vouchers are refused")
    queue = as_user(cast.agent).get("/queue/needs-me").content.decode()
    assert "Vouchers are refused" in queue
    post(cast.agent, ticket, "assignment", assignee="me")
    post(cast.agent, ticket, "acknowledgement")
    post(cast.agent, ticket, "notes", body="Smells of the price service.")
    post(cast.agent, ticket, "replies", body="We are looking into it.", audience="public", then="diagnosing")
    post(cast.agent, ticket, "status", status="on_hold", reason="Supplier", wakes_at="2099-01-01T09:00")
    post(cast.agent, ticket, "status", status="diagnosing")
    post(cast.agent, ticket, "resolution", resolution="fixed", text="Restarted the price service.")
    assert fresh(ticket).status == Status.RESOLVED
    assert post(cast.agent, ticket, "closure").status_code == 422
    assert post(cast.agent, ticket, "verification", evidence="I looked").status_code == 422
    post(cast.other_agent, ticket, "verification", evidence="Ordered with a voucher", then="closed")
    closed = fresh(ticket)
    assert (closed.status, closed.verification, closed.verified_by, closed.assignee) == (
        Status.CLOSED, "qa", cast.other_agent, cast.agent,
    )  # fmt: skip
    page = seen_by(as_user(cast.agent), ticket)
    for words in ("Smells of the price service.", "We are looking into it.", "Restarted the price service.", "Supplier",
                  "checked the fix", "Ordered with a voucher"):  # fmt: skip
        assert words in page
    story = [
        Kind.OPENED,
        Kind.PLACED,
        Kind.ASSIGNED,
        Kind.NOTED,
        Kind.REPLIED,
        Kind.RESOLVED,
        Kind.VERIFIED,
        Kind.CLOSED,
    ]
    assert [kind for kind in kinds(ticket) if kind in story] == story


def test_a_duplicate_goes_into_the_first_and_its_requester_hears_the_end(cast, stranger_asks, post, as_user):
    first, second = stranger_asks(), stranger_asks(subject="Also broken", email="quinn@home.example")
    post(cast.agent, second, "merge", target=f"#{first.pk}")
    assert (fresh(second).merged_into, fresh(second).status) == (first, Status.CANCELLED)
    assert f'merged <a class="link" href="/tickets/{second.pk}">#{second.pk}</a>' in seen_by(as_user(cast.agent), first)
    post(cast.agent, first, "resolution", resolution="fixed", text="Restarted.")
    assert second.deliveries.filter(body_text__contains="together with others").count() == 1
    post(cast.agent, second, "unmerge")
    assert fresh(second).merged_into is None


def test_words_of_subjects_and_messages_are_found(cast, stranger_asks, post, as_user):
    ticket = stranger_asks(subject="Vouchers are refused")
    stranger_asks(subject="Something else", email="quinn@home.example")
    post(cast.agent, ticket, "notes", body="The zeppelin cache is stale.")
    agent = as_user(cast.agent)
    for words in ("voucher", "zeppelin stale"):
        page = agent.get("/search", {"q": words}, follow=True).content.decode()
        assert "refused" in page
        assert "Something else" not in page
    assert "Vouchers" not in as_user(cast.stranger).get("/search?q=zeppelin").content.decode()


def test_two_agents_do_not_talk_past_each_other(cast, stranger_asks, post):
    ticket = stranger_asks()
    seen = fresh(ticket).last_event
    post(cast.other_agent, ticket, "replies", body="I have it.", audience="public")
    held = post(cast.agent, ticket, "replies", body="I have it too.", audience="public", seen=seen)
    assert held.status_code == 422
    assert "I have it." in held.content.decode()
    assert ticket.messages.filter(body="I have it too.").count() == 0
