"""Channels in a real browser: light, dark and on a phone, with a clean console."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from integrations.models import Channel
from tests.channels import a_channel, a_message
from tests.make import T0


@pytest.fixture
def hook(cast: SimpleNamespace) -> Channel:
    """A webhook that fails, beside a room in Teams that works."""
    a_channel("teams", secrets={"url": "https://workflows.example/1"})
    made = a_channel("webhook", config={"url": "https://hooks.example.com/in"}, secrets={"signing": "whsec_bm8="})
    Channel.objects.filter(pk=made.pk).update(trouble="502 Bad Gateway", failing_since=T0)
    a_message(made, state="dead", next_try_at=None, answer="502 Bad Gateway", attempts=7)
    return made


def test_its_pages_are_accessible_and_clean_and_fit_a_phone(
    page: Page, hook: Channel, cast: SimpleNamespace, sign_in: Callable[..., Page],
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(page, cast.admin)
    for name, path in (("list", ""), ("one", str(hook.pk)), ("twilio", "new/twilio")):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(f"/settings/channels/{path}")
        accessible(page)
        shoot(page, f"channels-{name}")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shoot(page, f"channels-{name}-phone")


def test_a_webhook_is_set_up_and_its_secret_seen_once(
    page: Page, cast: SimpleNamespace, sign_in: Callable[..., Page], accessible: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(page, cast.admin)
    page.goto("/settings/channels/")
    page.get_by_role("link", name="Add Webhook").click()
    page.get_by_label("Name").fill("Demo hook")
    page.get_by_label("Address").fill("https://hooks.example.com/in")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#secret")).to_contain_text("whsec_")
    accessible(page)
    shoot(page, "channels-made")
    page.get_by_role("link", name="Done").click()
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("#recent")).to_contain_text("Test of Demo hook")
