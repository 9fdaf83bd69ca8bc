"""5. Told: the requester knows where it stands, answers without an account, and has the last word."""

import pytest

from deliveries.models import State
from deliveries.send import send_due
from sla.models import Clock
from tests.journeys.road import fresh, letters, now, path_in
from tickets.models import Csat
from tickets.states import Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(stranger_asks):
    return stranger_asks(subject="Cannot pay")


@pytest.fixture
def agent(cast, ticket, as_user):
    """agent(verb, **data): the agent's plain form on the ticket."""
    client = as_user(cast.agent)
    return lambda verb, **data: client.post(f"/tickets/{ticket.pk}/{verb}", data)


def test_every_step_is_a_letter_and_the_local_mailbox_shows_it(cast, ticket, agent, as_user, client):
    agent("notes", body="Not for her eyes.")
    agent("replies", body="Which card?", audience="public")
    agent("resolution", resolution="fixed", text="The bank is back.")
    received, asked, solved = letters(ticket, ticket.requester)
    assert f"Its number is #{ticket.pk}" in received.body_text
    assert "Which card?" in asked.body_text
    assert "The bank is back." in solved.body_text
    for letter in (received, asked, solved):
        assert "Not for her eyes." not in letter.body_text + letter.body_html
        assert client.get(path_in(letter.body_text)).status_code == 200
    assert send_due(now()) >= 3
    received.refresh_from_db()
    assert received.state == State.KEPT
    assert "Cannot pay" in as_user(cast.manager).get("/mailbox/").content.decode()


def test_her_page_never_shows_a_note_and_takes_her_answer(ticket, agent, client):
    agent("notes", body="Not for her eyes.")
    agent("replies", body="Which card?", audience="public")
    page = path_in(letters(ticket, ticket.requester)[0].body_text)
    shown = client.get(page).content.decode()
    assert "Which card?" in shown
    assert "Not for her eyes." not in shown
    client.post(f"{page}/answers", {"body": "The blue one."})
    assert (fresh(ticket).status, ticket.messages.last().body) == (Status.DIAGNOSING, "The blue one.")


def test_not_fixed_reopens_on_the_same_clock(cast, ticket, agent, client):
    before = Clock.objects.get(ticket=ticket, obligation="resolve")
    agent("assignment", assignee="me")
    agent("resolution", resolution="fixed", text="The bank is back.")
    link = path_in(letters(ticket, ticket.requester)[-1].body_text, after="Not fixed:")
    page, _, query = link.partition("?")
    assert query == "answer=not-fixed"
    assert "Not fixed" in client.get(link).content.decode()
    assert fresh(ticket).status == Status.RESOLVED  # looking changes nothing
    client.post(f"{page}/verdict", {"answer": "not-fixed", "comment": "Still 500."})
    again = Clock.objects.get(ticket=ticket, obligation="resolve")
    assert fresh(ticket).status == Status.DIAGNOSING
    assert (again.pk, again.started_at, again.stopped_at) == (before.pk, before.started_at, None)
    assert "Still 500." in letters(ticket, cast.agent)[-1].body_text


def test_fixed_closes_it_and_asks_how_it_was(ticket, agent, client):
    agent("resolution", resolution="fixed", text="The bank is back.")
    link = path_in(letters(ticket, ticket.requester)[-1].body_text, after="Yes, fixed:")
    page = link.partition("?")[0]
    client.post(f"{page}/verdict", {"answer": "fixed"})
    closed = fresh(ticket)
    assert (closed.status, closed.verification, closed.verified_by) == (Status.CLOSED, "requester", ticket.requester)
    assert "How did we do?" in letters(ticket, ticket.requester)[-1].body_text
    client.post(f"{page}/rating", {"score": 4, "comment": "Quick."})
    assert Csat.objects.values_list("score", "comment").get() == (4, "Quick.")
