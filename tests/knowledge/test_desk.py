"""The desk's own pages for articles."""

import pytest

from knowledge.models import Article
from tests.knowledge.build import draft, published

pytestmark = pytest.mark.django_db


def written(**fields):
    return {
        "seen": "0", "title": "Clear your cache", "summary": "", "body": "Press reload.", "kind": "how_to", "tags": "",
        **fields,
    }  # fmt: skip


def test_strangers_sign_in_and_customers_find_nothing(cast, client, as_user):
    article = published(cast.agent)
    for url in ("/knowledge/", f"/knowledge/{article.pk}", "/knowledge/new", f"/knowledge/{article.pk}/edit"):
        assert client.get(url).status_code == 302
        assert as_user(cast.customer).get(url).status_code == 404
        assert as_user(cast.agent).get(url).status_code == 200
    for noun in ("review", "draft", "publication", "retirement", "versions/1/restoration"):
        assert as_user(cast.customer).post(f"/knowledge/{article.pk}/{noun}", {"seen": "1"}).status_code == 404
        assert as_user(cast.agent).get(f"/knowledge/{article.pk}/{noun}").status_code == 405
    assert as_user(cast.agent).get("/knowledge/999999999999999999999999999").status_code == 404
    assert as_user(cast.agent).get(f"/knowledge/{article.pk}/versions/99999999999999999999").status_code == 404


def test_an_agent_takes_an_article_from_draft_to_the_help_centre(cast, client, as_user):
    agent = as_user(cast.agent)
    answer = agent.post("/knowledge/new", written(), follow=True)
    article = Article.objects.get()
    assert "Saved as a draft." in answer.content.decode()
    assert client.get("/help/articles/clear-your-cache").status_code == 404
    for noun in ("review", "publication"):
        agent.post(f"/knowledge/{article.pk}/{noun}", {"seen": "1"})
    assert client.get("/help/articles/clear-your-cache").status_code == 200
    agent.post(f"/knowledge/{article.pk}/retirement", {"seen": "1"})
    assert client.get("/help/articles/clear-your-cache").status_code == 404


@pytest.mark.parametrize("seen", ["", "0", "x", "-1", "²", "9" * 30])
def test_a_step_without_the_version_that_was_read_changes_nothing(cast, as_user, seen):
    article = draft(cast.agent)
    answer = as_user(cast.agent).post(f"/knowledge/{article.pk}/review", {"seen": seen}, follow=True)
    assert "Look again" in answer.content.decode()
    assert Article.objects.get().status == "draft"


def test_a_refused_form_keeps_what_was_written_and_names_the_field(cast, as_user):
    answer = as_user(cast.agent).post("/knowledge/new", written(title="", body="My long text"))
    assert answer.status_code == 422
    assert "My long text" in answer.content.decode() and "id_title_error" in answer.content.decode()
    assert not Article.objects.exists()


def test_the_second_of_two_writers_sees_both_texts_and_loses_nothing(cast, as_user):
    article = draft(cast.agent)
    first, second = as_user(cast.agent), as_user(cast.other_agent)
    url = f"/knowledge/{article.pk}/edit"
    assert first.post(url, written(seen="1", body="Hers.", audience="public")).status_code == 302
    answer = second.post(url, written(seen="1", body="His.", audience="public"))
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Ada saved version 2" in html and "Hers." in html and "His." in html
    assert Article.objects.get().body == "Hers."
    again = written(seen="2", body="Hers. His.", audience="public")
    assert second.post(url, again).status_code == 302
    assert Article.objects.get().body == "Hers. His."


def test_a_preview_saves_nothing_with_or_without_script(cast, as_user):
    agent = as_user(cast.agent)
    fragment = agent.post(
        "/knowledge/preview", {"body": "# Big\n\n**bold**"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "<strong>bold</strong>" in fragment and "<html" not in fragment
    whole = agent.post("/knowledge/new", written(body="**bold**", then="preview", title="")).content.decode()
    assert "<strong>bold</strong>" in whole and "**bold**</textarea>" in whole
    assert not Article.objects.exists()


def test_versions_show_what_changed_and_can_be_restored(cast, as_user):
    article = draft(cast.agent, body="One\nTwo\nThree")
    agent = as_user(cast.agent)
    agent.post(f"/knowledge/{article.pk}/edit", written(seen="1", body="One\n2 <b>\nThree", audience="public"))
    html = agent.get(f"/knowledge/{article.pk}/versions/2").content.decode()
    assert "<ins><b>+</b>2 &lt;b&gt;</ins>" in html and "<del><b>−</b>Two</del>" in html
    agent.post(f"/knowledge/{article.pk}/versions/1/restoration", {"seen": "2"})
    article.refresh_from_db()
    assert (article.version, article.body) == (3, "One\nTwo\nThree")
    assert agent.get(f"/knowledge/{article.pk}/versions").content.decode().count("Version ") >= 3


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"Faq", "Runbook", "Draft"}),
        ("kind=runbook", {"Runbook"}),
        ("status=draft", {"Draft"}),
        ("audience=internal", {"Runbook"}),
        ("audience=public&status=published", {"Faq"}),
        ("owner=me", {"Faq", "Draft"}),
        ("review=due", {"Runbook"}),
        ("q=steps", {"Runbook"}),
        ("kind=nonsense&order=body&site=x&owner=x&is_public=1&secret__gt=1", {"Faq", "Runbook", "Draft"}),
        ("site=99999999999999999999&owner=%00", {"Faq", "Runbook", "Draft"}),
    ],
)
def test_the_list_filters_by_what_it_knows_and_ignores_the_rest(cast, as_user, query, shown):
    published(cast.agent, "Faq", kind="faq")
    published(cast.other_agent, "Runbook", "Steps.", kind="runbook", is_public=False, review_on="2026-01-01")
    draft(cast.agent, "Draft", is_public=True)
    html = as_user(cast.agent).get(f"/knowledge/?{query}").content.decode()
    assert {title for title in ("Faq", "Runbook", "Draft") if f">{title}</a>" in html} == shown


def test_the_list_costs_the_same_however_long_it_is(cast, shop, as_user, django_assert_max_num_queries):
    for number in range(25):
        published(cast.agent, f"Kettle {number}", site=shop)
    agent = as_user(cast.agent)
    for url in ("/knowledge/", "/knowledge/?q=kettle"):
        with django_assert_max_num_queries(10):
            agent.get(url)
