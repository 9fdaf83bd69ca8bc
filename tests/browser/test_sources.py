"""Alert sources in a real browser: light, dark and on a phone, with a clean console."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from integrations import inbound
from integrations.models import Door, Source
from tests.make import T0


@pytest.fixture
def source(shop: Any) -> Source:
    """A generic source that received two bodies, one of which cannot be read."""
    made = Source(name="Watcher", kind="generic", site=shop)
    made.new_token()
    made.save()
    for raw in (b'{"what": {"id": "disk"}, "title": "The disk is full", "severity": "warning"}', b"not json"):
        inbound.store(door=Door.ALERT, raw=raw, at=T0, source=made)
    return made


def test_its_pages_are_accessible_and_clean_and_a_mapping_can_be_tried(
    page: Page, source: Source, cast: SimpleNamespace, sign_in: Callable[..., Page],
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(page, cast.admin)
    page.goto(f"/settings/sources/{source.pk}")
    accessible(page)
    shoot(page, "source")
    page.get_by_label("Field mapping").fill('{"key": "what.id"}')
    page.get_by_role("button", name="Preview the mapping").click()
    expect(page.locator("#tried")).to_contain_text("disk")
    expect(page.locator("#tried")).to_contain_text("not JSON")
    accessible(page)
    shoot(page, "source-tried")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, "source-phone")
