"""Articles in a real browser: found and judged by customers, written and linked by the desk."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.models import User
from catalog.models import Site
from knowledge.actions import Text, revise
from knowledge.models import Article
from tests import make
from tests.knowledge.build import draft, published
from tests.make import later
from tickets.models import Ticket

DEMO = Path(settings.BASE_DIR) / "helpdesk/demo/articles"
Check = Callable[[Page], None]
Shoot = Callable[[Page, str], None]
SignIn = Callable[[Page, User], Page]


def shelve(by: User, site: Site) -> dict[str, Article]:
    """The demo's articles, published; by the name of their file."""
    made = {}
    for number, file in enumerate(sorted(DEMO.glob("*.md"))):
        _, front, body = file.read_text().split("---\n", 2)
        given = dict(line.split(": ", 1) for line in front.splitlines())
        made[file.stem] = published(
            by, given["title"], body, kind=given["kind"], is_public=given["public"] == "yes", summary=given["summary"],
            tags=given["tags"].split(","), site=site if number % 3 == 0 else None,
        )  # fmt: skip
    return made


@pytest.fixture
def shelf(cast: SimpleNamespace, shop: Site) -> dict[str, Article]:
    return shelve(cast.agent, shop)


@pytest.fixture
def ticket(cast: SimpleNamespace, shop: Site) -> Ticket:
    return make.ticket(requester=cast.customer, site=shop, subject="Old prices: please purge the page cache", body="!")


@pytest.mark.parametrize("screen", ["page", "phone"])
def test_a_stranger_finds_an_article_and_judges_it(
    screen: str, request: Any, shelf: dict[str, Article], accessible: Check, shoot: Shoot
) -> None:
    page: Page = request.getfixturevalue(screen)
    page.goto("/help/")
    expect(page.get_by_role("heading", name="How can we help?")).to_be_visible()
    accessible(page)
    shoot(page, f"help-home-{screen}")
    page.get_by_role("searchbox").fill("declined card")
    page.get_by_role("searchbox").press("Enter")
    expect(page).to_have_url(re.compile("declined"))
    accessible(page)
    shoot(page, f"help-search-{screen}")
    page.get_by_role("link", name="My payment was declined").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My payment was declined")
    accessible(page)
    shoot(page, f"help-article-{screen}")
    page.get_by_role("button", name="No").click()
    expect(page.get_by_role("heading", name="Thank you for telling us.")).to_be_visible()
    accessible(page)
    assert Article.objects.get(pk=shelf["payment-declined"].pk).unhelpful == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_articles_appear_while_a_request_is_written(
    page: Page, shelf: dict[str, Article], accessible: Check, shoot: Shoot
) -> None:
    page.goto("/help/new")
    page.get_by_label("Subject").press_sequentially("I forgot my password")
    expect(page.get_by_role("link", name="Reset your password")).to_be_visible()
    accessible(page)
    shoot(page, "help-suggestions")
    page.get_by_role("button", name="This solved it: Reset your password").click()
    expect(page.get_by_role("heading", name="Glad that solved it")).to_be_visible()
    accessible(page)
    assert Article.objects.get(pk=shelf["reset-your-password"].pk).solved == 1


@pytest.mark.parametrize("screen", ["page", "phone"])
def test_an_agent_writes_previews_and_publishes(
    screen: str, request: Any, cast: SimpleNamespace, shelf: dict[str, Article], sign_in: SignIn, accessible: Check,
    shoot: Shoot,
) -> None:  # fmt: skip
    page = sign_in(request.getfixturevalue(screen), cast.agent)
    page.goto("/knowledge/")
    accessible(page)
    shoot(page, f"knowledge-list-{screen}")
    page.get_by_role("link", name="New article").first.click()
    page.get_by_label("Title").fill("Say <b>hello</b>")
    page.get_by_label("Text").fill("Say **hello** first.\n\n<img src=x onerror=alert(1)>")
    expect(page.locator("#preview strong")).to_have_text("hello")
    accessible(page)
    shoot(page, f"knowledge-editor-{screen}")
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("button", name="Send to review").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published.")).to_be_visible()
    accessible(page)
    shoot(page, f"knowledge-article-{screen}")
    assert page.goto("/help/articles/say-bhellob").status == 200
    page.goto(f"/knowledge/{shelf['database-failover'].pk}")
    accessible(page)
    shoot(page, f"knowledge-runbook-{screen}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_versions_and_clashes_are_shown(
    page: Page, cast: SimpleNamespace, console: list[str], sign_in: SignIn, accessible: Check, shoot: Shoot
) -> None:
    article = draft(cast.agent, "Restart the queue", "One\n\nTwo\n\nThree")
    sign_in(page, cast.agent).goto(f"/knowledge/{article.pk}/edit")
    text = Text(title="Restart the queue", body="One\n\n2\n\nThree", is_public=True)
    revise(article=article, text=text, seen=1, at=later(hours=1), actor=cast.other_agent)
    page.get_by_label("Text").fill("One\n\nTwo and a half\n\nThree")
    page.get_by_role("button", name="Save version 2").click()
    expect(page.get_by_text("Ben saved version 2")).to_be_visible()
    console.clear()  # the 409 that was wanted
    accessible(page)
    shoot(page, "knowledge-clash")
    page.get_by_role("button", name="Save version 3").click()
    page.get_by_role("link", name="3 versions").click()
    expect(page).to_have_url(re.compile("/versions$"))
    accessible(page)
    page.get_by_role("link", name="Version 3").click()
    expect(page).to_have_url(re.compile("/versions/3$"))
    accessible(page)
    shoot(page, "knowledge-version")


@pytest.mark.parametrize("screen", ["page", "phone"])
def test_articles_beside_a_ticket_are_linked_and_put_into_the_reply(
    screen: str, request: Any, cast: SimpleNamespace, shelf: dict[str, Article], ticket: Ticket, sign_in: SignIn,
    accessible: Check, shoot: Shoot,
) -> None:  # fmt: skip
    page = sign_in(request.getfixturevalue(screen), cast.agent)
    page.goto(f"/tickets/{ticket.pk}")
    region = page.locator(f"#articles-{ticket.pk}")
    region.evaluate("node => node.scrollIntoView()")
    region.get_by_role("button", name="Link Purge the page cache").click()
    expect(region.get_by_role("button", name="Unlink Purge the page cache")).to_be_visible()
    region.get_by_role("searchbox").fill("cache")
    region.get_by_role("searchbox").press("Enter")
    region.get_by_role("button", name="Insert a link to The page looks broken").click()
    title, slug = "The page looks broken or out of date: clear your cache", shelf["clear-your-cache"].slug
    expect(page.locator("#body")).to_have_value(f"[{title}]({settings.BASE_URL}/help/articles/{slug})")
    accessible(page)
    region.get_by_label("How “Purge the page cache” was used").select_option("made")
    expect(page.locator(".htmx-request")).to_have_count(0)
    assert ticket.article_links.get().how == "made"
    shoot(page, f"knowledge-ticket-{screen}")
