"""The pages of mail in a real browser: what waits, why a mail went where it went, and how a ticket shows one."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from integrations.models import Mail, Mailbox
from tests.browser.test_intake import fits
from tests.mail.post import arrives, mail
from tests.make import later

HISTORY = (
    '<div class="gmail_quote"><div>On Mon, 2 Mar 2026 at 09:00, Support &lt;support@desk.example&gt; wrote:</div>'
    "<blockquote><p>Which browser?</p></blockquote></div>"
)


@pytest.fixture
def held(cast: Any, shop: Any, settings: Any, tmp_path: Any) -> Mail:
    """The customer's ticket by mail, with an answer in HTML, and a stranger's mail that may belong to it."""
    settings.MEDIA_ROOT = tmp_path
    box = Mailbox.objects.create(name="Support", address="support@desk.example", protocol="push", site=shop)
    arrives(box, mail("It says error 500.\n", "Message-ID: <first@acme.example>"))
    answer = mail(f"<p>It is <b>Firefox</b>.</p>{HISTORY}", "In-Reply-To: <first@acme.example>", kind="text/html")
    arrives(box, answer, later(minutes=5))
    stranger = mail("Me too, in Opera.\n", "In-Reply-To: <first@acme.example>", sender="Sam <sam@elsewhere.example>")
    return arrives(box, stranger, later(hours=1))


@pytest.mark.parametrize("name", ["mail-ticket", "mail-held", "mail-entry", "mail-log"])
def test_every_page_is_readable_in_both_themes_and_on_a_phone(
    name: str, page: Page, phone: Page, sign_in: Callable[..., Page], cast: Any, held: Mail,
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    path = {
        "mail-ticket": f"/tickets/{held.candidate_id}", "mail-held": "/mail/held",
        "mail-entry": f"/mail/{held.inbound.receipt}", "mail-log": "/mail/",
    }[name]  # fmt: skip
    sign_in(page, cast.manager).goto(path)
    accessible(page)
    shoot(page, name)
    sign_in(phone, cast.manager).goto(path)
    assert fits(phone)
    shoot(phone, f"{name}-phone")


def test_an_agent_reads_what_is_quoted_and_decides_about_what_waits(
    page: Page, sign_in: Callable[..., Page], cast: Any, held: Mail
) -> None:
    sign_in(page, cast.agent).goto(f"/tickets/{held.candidate_id}")
    quoted = page.get_by_text("Which browser?")
    expect(quoted).to_be_hidden()
    page.get_by_text("Show quoted text").click()
    expect(quoted).to_be_visible()
    page.get_by_role("link", name="Read and decide").click()
    page.get_by_role("button", name=f"Add to #{held.candidate_id}").click()
    expect(page.get_by_text(f"Added to #{held.candidate_id}.")).to_be_visible()
    page.get_by_role("link", name=f"#{held.candidate_id}", exact=True).first.click()
    expect(page.get_by_text("Me too, in Opera.")).to_be_visible()
