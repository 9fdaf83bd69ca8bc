"""Writing articles: versions, locks and the way to the readers."""

import pytest

from accounts.models import AuditEntry
from knowledge.actions import Text, move, restore, revise, write
from knowledge.errors import Overtaken, Refused
from knowledge.models import Article, ArticleStatus
from tests.knowledge.build import draft, published
from tests.make import T0, later

pytestmark = pytest.mark.django_db


def audited() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_writing_makes_a_draft_with_its_first_version(cast):
    article = draft(cast.agent, tags=[" Browser ", "web shop"])
    assert (article.status, article.version, article.slug) == ("draft", 1, "clear-your-cache")
    assert (article.owner, article.tags) == (cast.agent, ["browser", "web-shop"])
    assert "<strong>reload</strong>" in article.safe_html
    assert article.versions.get().author == cast.agent


@pytest.mark.parametrize(
    ("kind", "public"), [("faq", True), ("how_to", True), ("sop", False), ("runbook", False), ("known_error", False)]
)
def test_only_faq_and_how_to_are_public_by_themselves(cast, kind, public):
    assert draft(cast.agent, kind=kind).is_public is public
    assert draft(cast.agent, kind=kind, is_public=not public).is_public is not public


def test_it_goes_from_draft_over_review_to_the_readers_and_into_retirement(cast):
    article = draft(cast.agent)
    for number, to in enumerate(("review", "published", "retired", "draft")):
        article = move(article=article, to=to, at=later(hours=number), actor=cast.manager)
    assert article.published_at == later(hours=1)
    assert audited() == ["article published", "article retired"]


@pytest.mark.parametrize("first", [None, "retired"])
def test_a_draft_or_a_retired_article_is_not_published_without_review(cast, first):
    article = draft(cast.agent)
    if first:
        move(article=article, to=first, at=T0, actor=cast.agent)
    with pytest.raises(Refused):
        move(article=article, to="published", at=T0, actor=cast.admin)


def test_nobody_publishes_a_text_they_have_not_seen(cast):
    article = move(article=draft(cast.agent), to="review", at=T0, actor=cast.agent)
    revise(article=article, text=Text(title="Other", body="Other."), seen=1, at=later(hours=1), actor=cast.agent)
    with pytest.raises(Overtaken):
        move(article=article, to="published", seen=1, at=later(hours=2), actor=cast.manager)
    assert Article.objects.get().status == ArticleStatus.REVIEW


def test_a_revision_is_a_new_version_and_the_old_one_stays(cast):
    article = draft(cast.agent)
    text = Text(title="Clear the cache", body="Press *reload* twice.")
    revised = revise(article=article, text=text, seen=1, at=later(hours=1), actor=cast.other_agent)
    assert (revised.version, revised.updated_at, revised.slug) == (2, later(hours=1), "clear-the-cache")
    assert [(v.number, v.body, v.author) for v in article.versions.all()] == [
        (2, "Press *reload* twice.", cast.other_agent),
        (1, "Press **reload**.", cast.agent),
    ]


def test_saving_the_same_again_makes_no_version(cast):
    article = draft(cast.agent)
    revise(
        article=article, text=Text(title=article.title, body=article.body), seen=1, at=later(hours=1), actor=cast.agent
    )
    assert Article.objects.get().version == 1


def test_two_who_write_at_once_do_not_overwrite_each_other(cast):
    article = draft(cast.agent)
    revise(article=article, text=Text(title="Mine", body="Mine."), seen=1, at=later(hours=1), actor=cast.agent)
    with pytest.raises(Overtaken) as overtaken:
        revise(article=article, text=Text(title="His", body="His."), seen=1, at=later(hours=2), actor=cast.other_agent)
    assert overtaken.value.version == 2
    assert Article.objects.get().body == "Mine."


def test_restoring_makes_the_old_text_the_newest_version(cast):
    article = published(cast.agent, kind="faq", tags=["x"])
    revise(
        article=article,
        text=Text(title="Worse", body="Worse.", kind="faq"),
        seen=1,
        at=later(hours=1),
        actor=cast.agent,
    )
    restored = restore(version=article.versions.get(number=1), seen=2, at=later(hours=2), actor=cast.manager)
    assert (restored.version, restored.title, restored.kind, restored.tags) == (3, "Clear your cache", "faq", [])
    assert restored.status == ArticleStatus.PUBLISHED


def test_the_address_stays_once_it_was_published(cast):
    article = published(cast.agent)
    revised = revise(
        article=article, text=Text(title="New name", body="x"), seen=1, at=later(hours=1), actor=cast.agent
    )
    assert revised.slug == "clear-your-cache"
    assert audited()[-1] == "article changed"


def test_equal_titles_and_titles_without_letters_find_an_address(cast):
    slugs = {draft(cast.agent, title=title).slug for title in ("Twice", "Twice", "密码", "密码", "!!!")}
    assert len(slugs) == 5


@pytest.mark.parametrize(("title", "body"), [("", "x"), (" \n ", "x"), ("x", "\0 \n"), ("x", "x" * 100_001)])
def test_it_asks_for_a_title_and_a_text_of_sane_length(cast, title, body):
    with pytest.raises(Refused) as refused:
        write(text=Text(title=title, body=body), at=T0, actor=cast.agent)
    assert refused.value.field in ("title", "body")


def test_what_cannot_be_stored_is_left_out(cast):
    assert draft(cast.agent, title="A\0B \ud800C", body="Text\0\ud800").body == "Text"
