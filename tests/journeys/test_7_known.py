"""7. Known: what was written down once answers the next one."""

import re

import pytest

from knowledge.models import Article, ArticleStatus
from tests.journeys.road import fresh, letters
from tickets.models import TicketArticle

pytestmark = pytest.mark.django_db


@pytest.fixture
def article(cast, as_user) -> Article:
    """An agent writes it, and it goes through review into the help centre."""
    agent, manager = as_user(cast.agent), as_user(cast.manager)
    words = {
        "title": "Payment declined", "kind": "faq", "summary": "What to do when a card is declined",
        "body": "Ask your **bank**.<script>alert(1)</script>", "audience": "public", "seen": 0,
    }  # fmt: skip
    answer = agent.post("/knowledge/new", words)
    assert answer.status_code == 302, answer.content.decode()
    row = Article.objects.get()
    for who, step in ((agent, "review"), (manager, "publication")):
        who.post(f"/knowledge/{row.pk}/{step}", {"seen": row.version})
    row.refresh_from_db()
    assert row.status == ArticleStatus.PUBLISHED
    return row


def test_it_is_read_and_found_in_the_help_centre(article, client):
    page = client.get(f"/help/articles/{article.slug}").content.decode()
    assert "<strong>bank</strong>" in page
    assert "<script>alert" not in page
    assert "Payment declined" in client.get("/help/articles/?q=declined+card").content.decode()


def test_whoever_is_about_to_ask_sees_it_beside_the_form(article, client):
    said = {"subject": "My card was declined", "description": "The payment does not work."}
    assert "Payment declined" in client.post("/help/suggestions", said).content.decode()


def test_an_agent_is_shown_it_links_it_and_sends_it(cast, article, stranger_asks, as_user, client):
    ticket, agent = stranger_asks(subject="The payment was declined"), as_user(cast.agent)
    beside = agent.get(f"/tickets/{ticket.pk}/articles", headers={"HX-Request": "true"}).content.decode()
    inserted = re.search(r'data-insert="([^"]+)"', beside)[1]
    assert inserted.startswith("[Payment declined](")
    agent.post(f"/tickets/{ticket.pk}/articles", {"article": article.pk})
    assert TicketArticle.objects.get().ticket == ticket
    agent.post(f"/tickets/{ticket.pk}/replies", {"body": f"Please read {inserted}.", "audience": "public"})
    letter = letters(ticket, ticket.requester)[-1]
    link = re.search(r"https?://[^/]+(/help/articles/[^)\s]+)", letter.body_text)[1]
    assert "Ask your" in client.get(link).content.decode()
    assert fresh(ticket).status == "waiting"
