"""Rotas in a real browser: light, dark, on a phone and without JavaScript."""

from collections.abc import Callable
from datetime import time, timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from oncall.actions.standins import ask_swap, take_over
from oncall.models import Rota
from oncall.reading import load
from oncall.rota import Span, shifts
from tests import make

PAGES = {
    "now": "/oncall/", "rota": "/oncall/{rota}/", "calendars": "/oncall/calendars/", "rotas": "/settings/rotas/",
    "edit": "/settings/rotas/{rota}/", "new": "/settings/rotas/new", "layer": "/settings/rotas/layers/{layer}/",
    "new-layer": "/settings/rotas/{rota}/layers",
}  # fmt: skip


@pytest.fixture
def rows(cast: SimpleNamespace) -> dict[str, int]:
    """A rota of two layers with gaps, an override under way, and a swap that waits for the manager."""
    now = timezone.now()
    begin = (now - timedelta(days=12)).date()
    User.objects.filter(pk=cast.agent.pk).update(phone="+49 30 555 0100")
    below = make.layer(
        cast.agent, cast.other_agent, cast.manager, at=now, first_day=begin, name="Working days",
        hours={day: [["06:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat")},
    )  # fmt: skip
    make.layer(
        cast.guard, cast.agent, rota=below.rota, position=2, name="Nights", unit="weeks", first_day=begin,
        handoff=time(20), hours={day: [["22:00", "06:00"]] for day in ("mon", "tue", "wed", "thu")}, at=now,
    )  # fmt: skip
    take_over(
        rota=below.rota, user=cast.guard, begins_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=5),
        reason="Cover for a dentist", at=now, actor=cast.guard,
    )  # fmt: skip
    ahead = shifts(load(Rota.objects.all(), since=now)[0].rota, now + timedelta(days=1), now + timedelta(days=20))
    mine = next(shift for shift in ahead[1:] if shift.person == cast.agent.pk)
    ask_swap(
        rota=below.rota, other=cast.manager, mine=Span(mine.begin, mine.end), reason="A wedding", at=now,
        actor=cast.agent,
    )  # fmt: skip
    return {"rota": below.rota_id, "layer": below.pk}


def test_every_page_is_accessible_and_clean(
    page: Page, rows: dict[str, int], cast: SimpleNamespace, sign_in: Callable[..., Page],
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(page, cast.manager)
    for name, address in PAGES.items():
        page.goto(address.format(**rows))
        assert page.get_by_role("heading", level=1).count() == 1, address
        accessible(page)
        shoot(page, f"oncall-{name}")


def test_a_phone_shows_them_without_scrolling_sideways(
    phone: Page, rows: dict[str, int], cast: SimpleNamespace, sign_in: Callable[..., Page],
    shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(phone, cast.manager)
    for name, address in PAGES.items():
        phone.goto(address.format(**rows))
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        shoot(phone, f"oncall-phone-{name}")


def test_a_rota_is_made_previewed_and_taken_over_without_javascript(
    new_page: Callable[..., Page], cast: SimpleNamespace, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(new_page(java_script_enabled=False), cast.manager)
    page.goto("/oncall/")
    page.get_by_role("link", name="New rota").click()
    page.get_by_label("Name").fill("Demo web rota")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="New layer").click()
    page.get_by_label("First hand-over").fill(str((timezone.now() - timedelta(days=1)).date()))
    page.get_by_label("Turn 1").select_option(label="Ada")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Next eight weeks, as edited")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Open").click()
    expect(page.get_by_text("Ada is on call")).to_be_visible()
    tomorrow = timezone.now() + timedelta(days=1)
    page.get_by_label("Who", exact=True).select_option(label="Ben")
    page.get_by_label("From").fill(f"{tomorrow:%Y-%m-%dT09:00}")
    page.get_by_label("To", exact=True).fill(f"{tomorrow:%Y-%m-%dT17:00}")
    page.get_by_role("button", name="Take over").click()
    expect(page.locator(".duty", has_text="Ben").first).to_be_visible()


def test_a_swap_is_agreed_to_on_a_phone(
    phone: Page, rows: dict[str, int], cast: SimpleNamespace, sign_in: Callable[..., Page]
) -> None:
    sign_in(phone, cast.manager)
    phone.goto("/oncall/")
    phone.get_by_role("button", name="Agree").click()
    expect(phone.get_by_text("Swapped: the rota shows it.")).to_be_visible()


def test_a_calendar_address_is_shown_once(
    page: Page, rows: dict[str, int], cast: SimpleNamespace, sign_in: Callable[..., Page],
    accessible: Callable[[Page], None],
) -> None:  # fmt: skip
    sign_in(page, cast.agent)
    page.goto("/oncall/calendars/")
    page.get_by_role("button", name="Make the address of your own shifts").click()
    expect(page.get_by_text("Copy the address now.")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Revoke the address of your own shifts").click()
    expect(page.get_by_text("The address is revoked.")).to_be_visible()
