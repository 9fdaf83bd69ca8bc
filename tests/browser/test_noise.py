"""The noise report and the replay in a real browser: a click that silences, on a phone, in both themes."""

import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from integrations import inbound
from integrations.episodes.work import open_or_join
from integrations.models import Door, Source
from integrations.reading import Reading


@pytest.fixture
def source(shop: Any) -> Source:
    """Six alerts that cleared by themselves, one that is acted on, and the bodies of some storm."""
    source = Source(name="Watcher", kind="generic", site=shop)
    source.new_token()
    source.save()
    start = timezone.now() - timedelta(days=3)
    for number in range(6):
        for status in ("firing", "resolved"):
            labels = {"alertname": "DiskFull", "host": f"web-{number}"}
            reading = Reading(
                key=f"k{number}", status=status, severity="error", title="The disk is full", labels=labels
            )
            with transaction.atomic():
                open_or_join(source=source, reading=reading, at=start + timedelta(hours=number))
    with transaction.atomic():
        open_or_join(source=source, reading=Reading(key="c", title="Certificate of web-7 expires"), at=start)
    for number in range(8):
        body = {"key": f"s{number}", "title": f"Host web-{number} is down", "labels": {"rack": f"r{number % 2}"}}
        inbound.store(door=Door.ALERT, raw=json.dumps(body).encode(), at=start, source=source)
    return source


def test_noise_is_silenced_with_one_click(
    page: Page, phone: Page, source: Source, cast: SimpleNamespace, sign_in: Callable[..., Page],
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(page, cast.manager)
    page.goto("/dashboard")
    page.get_by_role("link", name="Noise").click()
    expect(page.get_by_role("heading", name="By source and alert name")).to_be_visible()
    accessible(page)
    shoot(page, "noise")
    sign_in(phone, cast.manager)
    phone.goto("/dashboard/noise")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(phone, "noise-report-phone")
    page.get_by_role("row", name="DiskFull").get_by_role("link", name="6").first.click()
    expect(page.get_by_role("heading", name="DiskFull")).to_be_visible()
    accessible(page)
    page.go_back()
    page.get_by_role("button", name="Silence for 7 days").click()
    expect(page.locator("h1")).to_contain_text("Noise: DiskFull")


def test_a_change_is_tried_before_it_is_saved(
    page: Page, phone: Page, source: Source, cast: SimpleNamespace, sign_in: Callable[..., Page],
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(page, cast.manager)
    for one, name in ((page, "replay"), (phone, "replay-phone")):
        sign_in(one, cast.manager)
        one.goto(f"/settings/sources/{source.pk}/noise")
        one.get_by_label("Group by").fill("rack")
        one.get_by_role("button", name="Try on the last 90 days").click()
        expect(one.locator("#replay")).to_contain_text("8 → 2")
        assert one.evaluate("document.documentElement.scrollWidth <= innerWidth")
        accessible(one)
        one.locator("#replay").scroll_into_view_if_needed()
        shoot(one, name)
    page.goto("/settings/rules/new")
    page.get_by_label("Name").fill("Hosts")
    page.get_by_label("Subject or text has").fill("host")
    page.get_by_label("Team").select_option(label="Back-end")
    page.get_by_role("button", name="Try on 90 days of alerts").click()
    expect(page.locator("#replay")).to_contain_text("8 alerts would land elsewhere")
    accessible(page)
    shoot(page, "replay-rule")
