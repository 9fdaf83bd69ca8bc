"""Alerts by mail and windows that come again, in a real browser: their pages on a desk and on a phone."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from integrations.mail import intake
from integrations.models import Alert, Mail, Mailbox, Source
from integrations.tasks import interpret_pending


@pytest.fixture
def source(shop: Any) -> Source:
    """Which has heard of two racks by mail."""
    source = Source(name="Racks by mail", kind="email", site=shop, group_by="site")
    source.new_token()
    source.save()
    box = Mailbox.objects.create(name="Support", address="support@desk.example", protocol="push")
    for subject in ("PROBLEM: Disk 3 of raid-7 failed", "WARNING: UPS 2 load is 93%", "Backup nightly: success"):
        to = f"support+{source.mail_tag}@desk.example"
        raw = f"From: root@raid-7.example\nTo: {to}\nSubject: {subject}\n\nHost: raid-7\nhttps://raid-7.example/x\n"
        intake.store(box, raw.encode(), timezone.now())
    interpret_pending()
    return source


def test_its_pages_are_read_on_a_desk_and_on_a_phone(
    page: Page, phone: Page, source: Source, cast: SimpleNamespace, sign_in: Callable[..., Page],
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(page, cast.manager)
    page.goto(f"/settings/sources/{source.pk}")
    page.locator("a.btn", has_text="Mail").click()
    expect(page.locator("#tried")).to_contain_text("disk 3 of raid-7")
    page.get_by_label("Key", exact=True).select_option("pattern")
    page.get_by_label("Pattern").first.fill(r"of (\S+)")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#tried")).to_contain_text("As this would read it")
    expect(page.locator("#tried")).to_contain_text("by the pattern")
    accessible(page)
    shoot(page, "source-mail")
    mail = Mail.objects.filter(outcome="alert").first()
    assert mail is not None
    page.goto(f"/mail/{mail.inbound.receipt}")
    expect(page.locator("#became-h + p")).to_contain_text("An alert")
    accessible(page)
    shoot(page, "mail-alert")
    sign_in(phone, cast.manager)
    phone.goto(f"/settings/sources/{source.pk}/mail")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(phone, "source-mail-phone")


def test_one_alert_of_a_ticket_is_silenced_and_the_silence_made_to_come_again(
    page: Page, phone: Page, source: Source, cast: SimpleNamespace, sign_in: Callable[..., Page],
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    alert = Alert.objects.filter(ticket__isnull=False).first()
    assert alert is not None
    sign_in(page, cast.agent)
    page.goto(f"/tickets/{alert.ticket_id}")
    page.get_by_role("link", name="2 alerts").click()
    expect(page.get_by_role("table")).to_contain_text("UPS 2 load")
    accessible(page)
    shoot(page, "ticket-alerts")
    sign_in(phone, cast.agent)
    phone.goto(f"/tickets/{alert.ticket_id}/alerts")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(phone, "ticket-alerts-phone")
    page.get_by_role("button", name="4 h for WARNING: UPS 2 load is 93%", exact=True).click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Repeats").select_option("2")
    accessible(page)
    shoot(page, "silence-edit")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("every 2 weeks on")).to_be_visible()
    page.get_by_role("button", name="Stop repeating").click()
    expect(page.get_by_text("It does not come again.")).to_be_visible()
    phone.goto("/settings/silences/new")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(phone, "silence-new-repeats-phone")
