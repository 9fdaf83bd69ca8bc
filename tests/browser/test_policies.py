"""Policies with their stages, and contracts, in a real browser: light, dark, on a phone and without JavaScript."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from sla.models import Contact, Policy
from tests import make

PAGES = {
    "policies": "/settings/policies/", "policy": "/settings/policies/{policy}/", "new-policy": "/settings/policies/new",
    "contracts": "/settings/contracts/", "contract": "/settings/contracts/{contract}/",
    "new-contract": "/settings/contracts/new",
}  # fmt: skip


@pytest.fixture
def rows(cast: SimpleNamespace) -> dict[str, int]:
    """A contract with a named contact, and the default policy."""
    contract = make.contract(cast.acme)
    Contact.objects.create(contract=contract, user=make.person("Nora"), severities=[1, 2])
    make.contract(make.organisation("Globex"), name="Basic")
    return {"policy": Policy.objects.get(is_default=True).pk, "contract": contract.pk}


def test_every_page_is_accessible_and_clean(
    page: Page, rows: dict[str, int], cast: SimpleNamespace, sign_in: Callable[..., Page],
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(page, cast.manager)
    for name, address in PAGES.items():
        page.goto(address.format(**rows))
        assert page.get_by_role("heading", level=1).count() == 1, address
        accessible(page)
        shoot(page, f"sla-{name}")


def test_a_phone_shows_them_without_scrolling_sideways(
    phone: Page, rows: dict[str, int], cast: SimpleNamespace, sign_in: Callable[..., Page],
    shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(phone, cast.manager)
    for name, address in PAGES.items():
        phone.goto(address.format(**rows))
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        shoot(phone, f"sla-phone-{name}")


def test_a_stage_is_added_without_javascript(
    new_page: Callable[..., Page], rows: dict[str, int], cast: SimpleNamespace, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(new_page(java_script_enabled=False), cast.manager)
    page.goto(f"/settings/policies/{rows['policy']}/")
    stage = page.get_by_role("group", name="New stage").first
    stage.get_by_label("When").fill("1h after")
    stage.get_by_label("Tell the team", exact=True).check()
    page.get_by_role("button", name="Save").click()
    page.goto(f"/settings/policies/{rows['policy']}/")
    expect(page.get_by_role("group", name="1h after").get_by_label("When")).to_have_value("1h after")
