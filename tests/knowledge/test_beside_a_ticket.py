"""Articles beside an agent's ticket: suggested, searched, linked, put into the reply."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from tests import make
from tests.knowledge.build import draft, published
from tests.make import later
from tickets.actions.knowledge import link_article, unlink_article
from tickets.errors import Refused
from tickets.models import Event, Kind, TicketArticle

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(cast, shop):
    return make.ticket(requester=cast.customer, site=shop, subject="The payment was declined", body="Card says no.")


def region(client, ticket, query=""):
    answer = client.get(f"/tickets/{ticket.pk}/articles{query}", headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def links(ticket):
    return list(TicketArticle.objects.filter(ticket=ticket).values_list("article__title", "how"))


def test_it_suggests_published_articles_that_share_the_tickets_words(cast, ticket, as_user):
    published(cast.agent, "Payment declined", "Ask the bank.", summary="What a bank says")
    published(cast.agent, "Payment provider runbook", "Call.", kind="runbook", is_public=False)
    published(cast.agent, "Reset a password", "Click.")
    draft(cast.agent, "Payment draft")
    html = region(as_user(cast.agent), ticket)
    assert "Payment declined" in html and "Payment provider runbook" in html
    assert "Reset a password" not in html and "Payment draft" not in html
    assert "Reset a password" in region(as_user(cast.agent), ticket, "?q=password")
    assert "Reset a password" in region(as_user(cast.agent), ticket, "?q=passw")


def test_only_who_sees_the_ticket_sees_its_articles(cast, ticket, security, as_user):
    article = published(cast.agent)
    secret = make.ticket(requester=cast.stranger, team=security)
    for who, number in ((cast.customer, ticket.pk), (cast.stranger, ticket.pk), (cast.agent, secret.pk)):
        assert as_user(who).get(f"/tickets/{number}/articles").status_code == 404
        assert as_user(who).post(f"/tickets/{number}/articles", {"article": article.pk}).status_code == 404
        assert as_user(who).post(f"/tickets/{number}/articles/removals", {"article": article.pk}).status_code == 404
    assert Client().get(f"/tickets/{ticket.pk}/articles").status_code == 302
    assert not TicketArticle.objects.exists()


def test_the_reply_gets_a_link_to_a_public_article_and_of_an_internal_one_only_its_summary(
    cast, ticket, as_user, settings
):
    settings.BASE_URL = "https://desk.example"
    published(cast.agent, "Payment [1] declined", "Ask.")
    published(cast.agent, "Payment runbook", "Call the secret number.", is_public=False, summary="We ask the provider.")
    published(cast.agent, "Payment notes", "Hush.", is_public=False)
    html = region(as_user(cast.agent), ticket)
    assert r'data-insert="[Payment \[1\] declined](https://desk.example/help/articles/payment-1-declined)"' in html
    assert 'data-insert="We ask the provider."' in html and "Customers cannot open it" in html
    assert html.count("data-insert=") == 2 and "secret number" not in html


def test_an_agent_links_changes_and_unlinks(cast, ticket, as_user):
    article = published(cast.agent, "Payment declined")
    agent, url = as_user(cast.agent), f"/tickets/{ticket.pk}/articles"
    assert "Unlink Payment declined" in agent.post(url, {"article": article.pk}, headers=HTMX).content.decode()
    agent.post(url, {"article": article.pk, "how": "made"})
    assert links(ticket) == [("Payment declined", "made")]
    assert agent.post(f"{url}/removals", {"article": article.pk}).status_code == 302
    assert links(ticket) == []
    told = Event.objects.filter(ticket=ticket, kind=Kind.ARTICLE_LINKED).order_by("id")
    assert [(e.data.get("how"), e.data.get("removed"), e.actor) for e in told] == [
        ("used", None, cast.agent), ("made", None, cast.agent), (None, True, cast.agent),
    ]  # fmt: skip
    page = agent.get(f"/tickets/{ticket.pk}?history=all").content.decode()
    assert "linked the article" in page and "unlinked the article" in page


def test_not_worth_an_article_is_said_once_and_gone_when_one_is_linked(cast, ticket, as_user):
    article = published(cast.agent, "Payment declined")
    agent, url = as_user(cast.agent), f"/tickets/{ticket.pk}/articles"
    for _ in range(2):
        assert "Not worth an article" in agent.post(url, {"how": "not_worth"}, headers=HTMX).content.decode()
    assert links(ticket) == [(None, "not_worth")]
    agent.post(url, {"article": article.pk})
    assert links(ticket) == [("Payment declined", "used")]


@pytest.mark.parametrize(
    "given", [{}, {"article": "x"}, {"article": "9" * 18}, {"article": "9" * 30}, {"article": "²"}]
)
def test_an_article_that_is_not_there_is_not_found(cast, ticket, as_user, given):
    assert as_user(cast.agent).post(f"/tickets/{ticket.pk}/articles", given).status_code == 404


def test_an_unknown_use_is_refused(cast, ticket, as_user):
    article = published(cast.agent)
    url = f"/tickets/{ticket.pk}/articles"
    assert as_user(cast.agent).post(url, {"article": article.pk, "how": "hated"}).status_code == 422
    for wrong in ({"article": article, "how": "not_worth"}, {"article": None, "how": "used"}):
        with pytest.raises(Refused):
            link_article(ticket=ticket, at=later(hours=1), actor=cast.agent, via="web", **wrong)


def test_the_database_keeps_one_link_for_each_article(cast, ticket):
    article = published(cast.agent)
    do = {"ticket": ticket, "article": article, "at": later(hours=1), "actor": cast.agent, "via": "web"}
    link_article(how="used", **do)
    for again in (
        {"article": article, "how": "made"},
        {"article": None, "how": "used"},
        {"article": article, "how": "not_worth"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            TicketArticle.objects.create(ticket=ticket, at=later(hours=1), **again)
    unlink_article(**do)
    unlink_article(**do)
    assert Event.objects.filter(kind=Kind.ARTICLE_LINKED).count() == 2


def test_the_requester_never_reads_of_links(cast, ticket, as_user):
    article = published(cast.agent, "Payment secret", is_public=False)
    link_article(ticket=ticket, article=article, how="used", at=later(hours=1), actor=cast.agent, via="web")
    assert not Event.objects.public(ticket).filter(kind=Kind.ARTICLE_LINKED).exists()


def test_the_region_costs_the_same_however_much_is_known(cast, ticket, as_user, django_assert_max_num_queries):
    agent = as_user(cast.agent)
    for number in range(20):
        article = published(cast.agent, f"Payment {number}", "Card.", is_public=number % 2 == 0)
        if number < 8:
            link_article(ticket=ticket, article=article, how="used", at=later(hours=1), actor=cast.agent, via="web")
    for query in ("", "?q=card", "?q=ca"):
        with django_assert_max_num_queries(7):
            region(agent, ticket, query)
