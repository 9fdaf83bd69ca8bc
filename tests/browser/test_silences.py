"""Silences in a real browser: made on a ticket, read on a phone, in both themes."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from integrations.episodes.work import open_or_join
from integrations.models import Source
from integrations.reading import Reading
from tickets.models import Ticket


@pytest.fixture
def ticket(shop: Any) -> Ticket:
    """Of three alerts on two hosts, flapping."""
    source = Source(name="Watcher", kind="generic", site=shop, group_by="site", flap_flips=2)
    source.new_token()
    source.save()
    for key, status, host in (("a", "firing", "1"), ("b", "firing", "2"), ("c", "firing", "2"), ("a", "resolved", "1")):
        reading = Reading(key=key, status=status, title="The disk is full", labels={"host": f"web-{host}"})
        with transaction.atomic():
            _, found = open_or_join(source=source, reading=reading, at=timezone.now())
    assert found
    return found


def test_it_is_made_on_a_ticket_with_one_click_and_ended_on_its_page(
    page: Page, phone: Page, ticket: Ticket, cast: SimpleNamespace, sign_in: Callable[..., Page],
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(page, cast.agent)
    page.goto(f"/tickets/{ticket.pk}")
    expect(page.locator("#alerts")).to_contain_text("3 alerts, 2 hosts; 2 still fire")
    expect(page.locator("#list")).to_contain_text("Flapping")
    accessible(page)
    shoot(page, "alerts-ticket")
    page.get_by_role("button", name="4 h", exact=True).click()
    expect(page.locator("h1")).to_contain_text(f"Known: #{ticket.pk}")
    accessible(page)
    shoot(page, "silence")
    page.get_by_role("link", name="Silences").first.click()
    expect(page.get_by_role("heading", name="Active")).to_be_visible()
    accessible(page)
    shoot(page, "silences")
    page.get_by_role("link", name="New silence").first.click()
    expect(page.get_by_label("Why")).to_be_visible()
    accessible(page)
    shoot(page, "silence-new")
    sign_in(phone, cast.manager)
    for path, name in (("/settings/silences/", "silences"), ("/settings/silences/new", "silence-new")):
        phone.goto(path)
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shoot(phone, f"{name}-phone")
    phone.goto(f"/settings/sources/{Source.objects.get().pk}/noise")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    accessible(phone)
    shoot(phone, "noise-phone")
