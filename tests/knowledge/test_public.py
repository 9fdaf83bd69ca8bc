"""The help centre: only what is public and published, wherever one looks."""

import pytest
from django.test import Client

from knowledge.actions import move
from knowledge.models import Article, ArticleVote
from knowledge.votes import PER_ADDRESS_AND_DAY
from tests.knowledge.build import draft, published
from tests.make import T0

pytestmark = pytest.mark.django_db
PAGES = [
    "/help/",
    "/help/articles/",
    "/help/articles/?q=kettle",
    "/help/articles/?kind=sop",
    "/help/suggestions?q=kettle",
]


@pytest.fixture
def kettle(cast):
    """One public article, and three the public must not see, all about a kettle."""
    agent = cast.agent
    published(agent, "Kettle secret one", "The kettle is in the safe.", kind="sop", is_public=False, summary="kettle")
    draft(agent, "Kettle secret two", "Not ready: kettle.", is_public=True, summary="kettle")
    retired = published(agent, "Kettle secret three", "An old kettle.", summary="kettle")
    move(article=retired, to="retired", at=T0, actor=agent)
    return published(agent, "Kettle for all", "Boil the kettle.", summary="How to boil", tags=["kitchen"])


@pytest.mark.parametrize("url", PAGES)
@pytest.mark.parametrize("who", ["nobody", "customer", "agent"])
def test_internal_and_unpublished_articles_are_on_no_public_page(url, who, kettle, cast, as_user):
    client = Client() if who == "nobody" else as_user(getattr(cast, who))
    answer = client.get(url)
    assert answer.status_code == 200
    assert "secret" not in answer.content.decode()
    if "sop" not in url:
        assert "Kettle for all" in answer.content.decode()


@pytest.mark.parametrize("path", ["", "/votes", "/solutions"])
@pytest.mark.parametrize("number", ["one", "two", "three", "four"])
@pytest.mark.parametrize("who", ["nobody", "agent"])
def test_their_addresses_do_not_exist_for_the_public(path, number, who, kettle, cast, as_user):
    client = Client() if who == "nobody" else as_user(cast.agent)
    url = f"/help/articles/kettle-secret-{number}{path}"
    answer = client.post(url, {"verdict": "helpful"}) if path else client.get(url)
    assert answer.status_code == 404


def test_an_article_is_read_with_its_headings_in_order_and_a_table_of_contents(cast, client):
    body = "## First\n\na\n\n#### Deeper & down\n\nb\n\n## First\n\nc"
    html = client.get(f"/help/articles/{published(cast.agent, 'Long', body).slug}").content.decode()
    for piece in ('<h2 id="s-first">', '<h3 id="s-deeper-down">', '<h2 id="s-first-2">', 'href="#s-first-2"'):
        assert piece in html
    assert "Deeper &amp; down</a>" in html


HOSTILE = """<script>alert(1)</script> <img src=x onerror=alert(2)> [click](javascript:alert(3))
![pixel](https://evil.example/p.png) <h3 id="main">x</h3> <div hx-get="/help/">y</div>

### <svg onload=alert(4)> & heading

### b

### c"""


@pytest.mark.parametrize("where", ["title", "summary", "body"])
def test_hostile_words_stay_words_wherever_they_are_shown(where, cast, client, as_user):
    fields = {"title": "Harmless", "summary": "harmless", "body": "harmless"} | {
        where: HOSTILE[:200] if where != "body" else HOSTILE
    }
    article = published(cast.agent, **fields)
    agent = as_user(cast.agent)
    pages = [
        client.get("/help/"),
        client.get("/help/articles/?q=click"),
        client.get(f"/help/articles/{article.slug}"),
        client.post("/help/suggestions", {"subject": "click harmless"}),
        agent.get("/knowledge/"),
        agent.get("/knowledge/?q=click"),
        agent.get(f"/knowledge/{article.pk}"),
        agent.get(f"/knowledge/{article.pk}/edit"),
        agent.get(f"/knowledge/{article.pk}/versions"),
        agent.get(f"/knowledge/{article.pk}/versions/1"),
        agent.post("/knowledge/preview", {"body": HOSTILE}),
    ]
    for page in pages:
        html = page.content.decode()
        assert page.status_code == 200
        for bad in (
            "<script>alert",
            "<img src=x",
            'href="javascript',
            "<svg onload",
            "<div hx-get",
            'src="https://evil',
        ):
            assert bad not in html


def test_a_reader_counts_once_and_may_change_their_mind(kettle, client):
    url = f"/help/articles/{kettle.slug}/votes"
    for verdict in ("helpful", "helpful", "unhelpful", "nonsense", "solved"):
        assert client.post(url, {"verdict": verdict}).status_code == 302
    kettle.refresh_from_db()
    assert (kettle.helpful, kettle.unhelpful, kettle.solved) == (0, 1, 0)


def test_one_address_votes_only_so_often_a_day(kettle):
    for number in range(PER_ADDRESS_AND_DAY + 3):
        client = Client(headers={"user-agent": f"browser {number}"})
        client.post(f"/help/articles/{kettle.slug}/votes", {"verdict": "helpful"})
    kettle.refresh_from_db()
    assert kettle.helpful == PER_ADDRESS_AND_DAY


def test_this_solved_it_counts_once_and_says_thanks(kettle, client):
    for _ in range(2):
        answer = client.post(f"/help/articles/{kettle.slug}/solutions", follow=True)
        assert "Glad that solved it" in answer.content.decode()
    kettle.refresh_from_db()
    assert kettle.solved == 1


def test_a_vote_keeps_no_address_and_no_name(kettle, cast, as_user):
    as_user(cast.customer).post(
        f"/help/articles/{kettle.slug}/votes", {"verdict": "helpful"}, REMOTE_ADDR="203.0.113.7"
    )
    vote = ArticleVote.objects.get()
    assert "203.0.113.7" not in f"{vote.voter} {vote.address}" and len(vote.voter) == len(vote.address) == 40


@pytest.mark.parametrize("url", ["votes", "solutions"])
def test_asking_changes_nothing(kettle, client, url):
    assert client.get(f"/help/articles/{kettle.slug}/{url}").status_code == 405


def test_a_vote_by_htmx_answers_with_the_region_alone(kettle, client):
    answer = client.post(
        f"/help/articles/{kettle.slug}/votes", {"verdict": "unhelpful"}, headers={"HX-Request": "true"}
    )
    assert "Send us a request" in answer.content.decode() and "<html" not in answer.content.decode()


@pytest.mark.parametrize(
    "query", ["?page=0", "?page=99999999999", "?page=x", "?page=²", "?q=%00", "?q=%ff'\"<", "?site=%00&kind=%00"]
)
def test_it_survives_any_address(kettle, client, query):
    for path in ("/help/articles/", "/help/suggestions"):
        assert client.get(path + query).status_code == 200


def test_the_pages_cost_the_same_however_many_articles_there_are(cast, shop, client, django_assert_max_num_queries):
    for number in range(30):
        published(cast.agent, f"Kettle {number}", "Boil.", site=shop, kind=("faq", "how_to", "known_error")[number % 3])
    for url, statements in (
        ("/help/", 4),
        ("/help/articles/", 2),
        ("/help/articles/?q=kettle&page=2", 2),
        ("/help/suggestions?q=kettle", 1),
    ):
        with django_assert_max_num_queries(statements):
            assert client.get(url).status_code == 200
    slug = Article.objects.first().slug
    with django_assert_max_num_queries(1):
        client.get(f"/help/articles/{slug}")


def test_the_list_has_pages(cast, client):
    for number in range(25):
        published(cast.agent, f"Kettle {number:02}")
    first, second = (client.get(f"/help/articles/?q=kettle&page={n}").content.decode() for n in (1, 2))
    assert first.count('class="hit"') == 20 and "Next" in first
    assert second.count('class="hit"') == 5 and "Previous" in second
