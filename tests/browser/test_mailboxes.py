"""The pages of mailboxes in a real browser, at a real mail server."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from integrations.mail import fetch
from integrations.models import Mailbox
from tests.browser.test_intake import fits
from tests.mail.conftest import certificate, imap, inside, letter, mailbox_at  # noqa: F401  # fixtures


@pytest.fixture
def support(imap: Any) -> Mailbox:  # noqa: F811
    """One that works, with mail; one that fails; one that is paused."""
    for number in range(3):
        imap.box.put(letter(number))
    mailbox = mailbox_at(imap)
    fetch.fetch_due(timezone.now())
    since, later = timezone.now() - timedelta(hours=2), timezone.now() + timedelta(minutes=9)
    words = "Sign-in: The server refused the sign-in: [AUTHENTICATIONFAILED] Authentication failed."
    mailbox_at(
        imap, name="Billing", address="billing@helpdesk.example", failing_since=since, error=words, next_fetch_at=later
    )
    mailbox_at(imap, name="Old desk", address="old@helpdesk.example", is_active=False)
    return mailbox


@pytest.mark.parametrize("name", ["mailboxes", "mailbox-new", "mailbox", "mailbox-failing"])
def test_every_page_is_readable_in_both_themes_and_on_a_phone(
    name: str, page: Page, phone: Page, sign_in: Callable[..., Page], cast: Any, support: Mailbox,
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    failing = Mailbox.objects.get(name="Billing")
    path = {
        "mailboxes": "/settings/mailboxes/", "mailbox-new": "/settings/mailboxes/new",
        "mailbox": f"/settings/mailboxes/{support.pk}", "mailbox-failing": f"/settings/mailboxes/{failing.pk}",
    }[name]  # fmt: skip
    sign_in(page, cast.admin).goto(path)
    accessible(page)
    shoot(page, name)
    sign_in(phone, cast.admin).goto(path)
    assert fits(phone)
    shoot(phone, f"{name}-phone")


def test_an_admin_tests_a_connection_pauses_and_makes_a_pushed_one(
    page: Page, phone: Page, sign_in: Callable[..., Page], cast: Any, support: Mailbox,
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(page, cast.admin).goto(f"/settings/mailboxes/{support.pk}")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("It works.")).to_be_visible()
    accessible(page)
    shoot(page, "mailbox-test")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    page.goto("/settings/mailboxes/new")
    page.get_by_label("Name", exact=True).fill("Push")
    page.get_by_label("Address").first.fill("push@helpdesk.example")
    page.get_by_label("Protocol").select_option("push")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#address")).to_contain_text("/api/v1/mailboxes/mbx_")
    accessible(page)
    shoot(page, "mailbox-made")
