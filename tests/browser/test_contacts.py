"""How people are reached, and drills, in a real browser: light, dark, on a phone and without JavaScript."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from deliveries.models import Delivery
from oncall.actions import drills
from oncall.models import ContactMethod
from tests import make


@pytest.fixture
def ways(cast: SimpleNamespace) -> list[ContactMethod]:
    """Ada's: one that works, one that fails, one that waits for its code; a drill of the first."""
    now, account = timezone.now(), make.twilio()
    found = [
        make.contact_method(cast.agent, "email", "ada@phone.example", at=now),
        make.contact_method(
            cast.agent, "sms", "+491515550101", at=now, channel=account, urgent_after=3, calm_after=None,
            trouble="Answered STOP: nothing is delivered to this number until it answers START.",
        ),
        make.contact_method(cast.agent, "voice", "+491515550101", at=now, channel=account, verified_at=None),
    ]  # fmt: skip
    drills.test(method=found[0], at=now, actor=cast.agent)
    return found


@pytest.fixture
def link(ways: list[ContactMethod]) -> str:
    return "/p/d/" + str(Delivery.objects.get(data__kind="drill").data["token"])


def test_its_pages_are_accessible_and_clean(
    page: Page, cast: SimpleNamespace, link: str, sign_in: Callable[..., Page], accessible: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(page, cast.agent)
    rota = make.layer(cast.agent, cast.other_agent, at=timezone.now()).rota
    for name, address in {"contact": "/oncall/contact", "drills": "/oncall/drills", "drill": link}.items():
        page.goto(address)
        assert page.get_by_role("heading", level=1).count() == 1, address
        shoot(page, f"contact-{name}")
        for summary in page.locator("details.fold > summary").all():
            summary.click()
        accessible(page)
        shoot(page, f"contact-{name}-open")
    page.goto("/oncall/contact")
    page.locator("summary", has_text="Push in the browser").click()
    expect(page.get_by_role("button", name="Push to this browser")).to_be_visible()
    sign_in(page, cast.manager)
    page.goto(f"/oncall/{rota.pk}/#reach")
    accessible(page)
    shoot(page, "contact-rota")


def test_a_phone_shows_them_without_scrolling_sideways(
    phone: Page, cast: SimpleNamespace, link: str, sign_in: Callable[..., Page], shoot: Callable[[Page, str], None]
) -> None:
    sign_in(phone, cast.agent)
    for name, address in {"contact": "/oncall/contact", "drills": "/oncall/drills", "drill": link}.items():
        phone.goto(address)
        shoot(phone, f"contact-phone-{name}")
        for summary in phone.locator("details.fold > summary").all():
            summary.click()
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_a_way_is_added_verified_and_tested_without_javascript(
    new_page: Callable[..., Page], cast: SimpleNamespace, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(new_page(java_script_enabled=False), cast.agent)
    page.goto("/oncall/contact")
    expect(page.get_by_text("Nothing set up")).to_be_visible()
    page.locator("summary", has_text="E-mail").click()
    page.get_by_label("Mail address").fill("ada@phone.example")
    page.get_by_role("button", name="Add E-mail").click()
    expect(page.get_by_text("Waiting for its code")).to_be_visible()
    page.get_by_label("Code").fill(Delivery.objects.get().body_text[:6])
    page.get_by_role("button", name="Verify").click()
    page.get_by_role("button", name="Send me a test").click()
    expect(page.get_by_text("A test is on its way.")).to_be_visible()
    page.goto("/p/d/" + str(Delivery.objects.get(data__kind="drill").data["token"]))
    page.get_by_role("button", name="It reached me").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
