"""The public form, the sources, the intake log and the API's page in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from integrations import inbound
from integrations.models import Door, Inbound, Source
from integrations.tasks import interpret_pending
from tests import make
from tests.make import T0
from tickets.models import Form, Ticket

HOSTILE = b"<script>document.title = 'hacked'</script>"


@pytest.fixture
def source(shop: Any) -> Source:
    """An Alertmanager with one body of each fate."""
    source = Source(name="Prometheus", kind="alertmanager", site=shop)
    source.new_token()
    source.save()
    assert source.reader
    for raw in (source.reader.payloads["firing"], source.reader.payloads["resolved"][:40], b'{"alerts": []}', HOSTILE):
        inbound.store(door=Door.ALERT, raw=raw, at=T0, source=source, content_type="application/json")
    interpret_pending()
    inbound.store(door=Door.ALERT, raw=b"{}", at=T0, source=source)
    return source


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_stranger_fills_in_the_form_and_follows_the_link(
    page: Page, phone: Page, shop: Any, accessible: Callable[[Page], None], shoot: Callable[[Page, str], None]
) -> None:
    make.component(shop, "Checkout")
    Form.objects.create(slug="help", title="Report a problem", intro="Tell us what does not work.")
    Form.objects.create(slug="access", title="Ask for access", kind="request", position=1)
    page.goto("/help/new")
    accessible(page)
    shoot(page, "request-new")
    page.get_by_label("Subject").fill("Checkout fails")
    page.get_by_label("What happened?").fill("It says **error 500** <b>here</b>.")
    page.get_by_label("Which site?").select_option("Shop")
    page.get_by_label("Who is affected?").select_option("Everybody, or the whole site")
    page.get_by_label("How urgent is it?").select_option("Nothing can go on without it")
    page.get_by_label("Your e-mail address").fill("pat@home.example")
    page.get_by_role("button", name="Send request").click()
    page.wait_for_url("**/help/received/**")
    ticket = Ticket.objects.get()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"#{ticket.pk}")
    accessible(page)
    shoot(page, "request-received")
    expect(page.get_by_role("link", name="Open your request")).to_have_attribute("href", re.compile(r"/help/t/.+"))
    phone.goto("/help/new/access")
    assert fits(phone)
    shoot(phone, "request-new-phone")


def test_what_was_typed_stays_when_something_is_wrong(page: Page, shop: Any, front: Any, console: list[str]) -> None:
    make.component(make.site("Blog", front), "Comments")
    page.goto("/help/new")
    page.get_by_label("Subject").fill("Checkout fails")
    page.get_by_label("What happened?").fill("Error 500")
    page.get_by_label("Which site?").select_option("Shop")
    page.get_by_label("Which part of it?").select_option("Comments")
    page.get_by_label("Your e-mail address").fill("pat@home.example")
    page.get_by_role("button", name="Send request").click()
    expect(page.locator("#id_component_error")).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("Checkout fails")
    assert Inbound.objects.count() == 0 and all("422" in line for line in console)
    console.clear()


@pytest.mark.parametrize("name", ["sources", "source-new", "source", "intake", "entry", "docs"])
def test_every_page_is_readable_in_both_themes_and_on_a_phone(
    name: str, page: Page, phone: Page, sign_in: Callable[..., Page], cast: Any, source: Source,
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    last = Inbound.objects.get(size=len(HOSTILE))
    path = {
        "sources": "/settings/sources/", "source-new": "/settings/sources/new", "intake": "/intake/",
        "source": f"/settings/sources/{source.pk}", "entry": f"/intake/{last.receipt}", "docs": "/api/v1/docs",
    }[name]  # fmt: skip
    sign_in(page, cast.admin).goto(path)
    if name == "docs":
        page.locator("summary").first.click()
    accessible(page)
    assert "hacked" not in page.title()
    shoot(page, name)
    sign_in(phone, cast.admin).goto(path)
    assert fits(phone)
    shoot(phone, f"{name}-phone")


def test_a_manager_makes_a_source_and_sends_it_a_test_alert(
    page: Page, sign_in: Callable[..., Page], cast: Any, accessible: Callable[[Page], None], shoot: Callable[..., None]
) -> None:
    make.site("Portal", make.team("Portal team"))
    sign_in(page, cast.manager).goto("/settings/sources/new")
    page.get_by_label("Name").fill("Grafana")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#address")).to_contain_text("/api/v1/sources/src_")
    accessible(page)
    shoot(page, "source-made")
    page.get_by_role("link", name="Done").click()
    page.get_by_role("button", name="Send a test alert").click()
    expect(page.locator("#recent")).to_contain_text("Pending")
    interpret_pending()
    page.reload()
    expect(page.locator("#recent")).to_contain_text("opened")
