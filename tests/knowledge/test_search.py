"""Finding articles: by their words, and from what somebody writes."""

import pytest

from knowledge.models import Article
from knowledge.search import close_to, highlighted, search, suggest
from tests.knowledge.build import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def library(cast):
    return {
        "password": published(cast.agent, "Reset your password", "Open the sign-in page and choose *Forgotten?*"),
        "payment": published(
            cast.agent, "A card payment is declined", "Ask your bank. Then reset the basket.", kind="faq"
        ),
        "device": published(cast.agent, "Lost the phone for your codes", "Your password still works.", summary="2FA"),
        "failover": published(cast.agent, "Database failover", "Stop the primary.", kind="runbook", is_public=False),
    }


def titles(found):
    return [article.title for article in found]


def test_it_ranks_a_word_of_the_title_above_one_of_the_text(library):
    assert titles(search(Article.objects.public(), "passwords")) == [
        "Reset your password",
        "Lost the phone for your codes",
    ]


def test_it_wants_every_word_and_shows_what_comes_close_otherwise(library):
    assert titles(search(Article.objects.public(), "reset bank")) == ["A card payment is declined"]
    assert titles(search(Article.objects.public(), "passw giraffe")) == []
    assert "Reset your password" in titles(close_to(Article.objects.public(), "passw giraffe"))


@pytest.mark.parametrize(
    "query", ["'", '"', "\\", "a\\b:*", "' | 'x", "& | !", "<->", "(", "\0", "the", "%s", "x" * 5000]
)
def test_it_survives_any_query(library, query):
    for found in (search, close_to, suggest):
        list(found(Article.objects.all(), query))


def test_its_headline_marks_the_words_and_escapes_the_rest(cast):
    published(cast.agent, "Odd", "Before <b>cache</b> ⟦stray⟧ & <img src=x onerror=alert(1)> ⟦ after the cache.")
    shown = highlighted(search(Article.objects.all(), "cache")[0].headline)
    assert "<mark>cache</mark>" in shown
    assert "<img" not in shown and "<b>" not in shown and "⟦" not in shown


def test_it_suggests_what_shares_a_word_with_the_title(library):
    text = "I forgot my password. When I try the page says: unknown error, and then it stops."
    assert titles(suggest(Article.objects.public(), text)) == ["Reset your password"]
    assert titles(suggest(Article.objects.public(), "database failover")) == []
    assert titles(suggest(Article.objects.all(), "the database is gone")) == ["Database failover"]
    assert titles(suggest(Article.objects.all(), "and of the")) == []
