"""Ladders and pages in a real browser: light, dark, on a phone, by keyboard and without JavaScript."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Team, User
from integrations.models import Channel
from oncall import engine, rings
from oncall.actions import paging
from oncall.messages import token
from oncall.models import Call, Ring
from oncall.models import Page as CallPage
from tests import make

SignIn = Callable[..., Page]
Accessible = Callable[[Page], None]
Shoot = Callable[[Page, str], None]


@pytest.fixture
def desk(cast: SimpleNamespace, front: Team, shop: object) -> SimpleNamespace:
    """Three tickets: nobody was reached, Ada is called (Ben is next), Ada acknowledged."""
    now = timezone.now()
    make.contact_method(cast.agent, "sms", "+491700000000", at=now)
    make.contact_method(cast.agent, "email", "ada.phone@people.example", at=now)
    ladder = make.ladder(
        cast.agent, cast.other_agent, make.layer(at=now).rota, "manager", at=now, team=front, severities=[1, 2],
        name="Front-end, day and night",
    )  # fmt: skip
    make.ladder(Channel.objects.create(name="War room", kind="webhook"), at=now, name="Loud", is_automatic=False)
    subjects = ["Nobody can pay", "Checkout answers 502 for one in three", "Search is empty"]
    tickets = [make.ticket(team=front, site=shop, severity=1, subject=subject, at=now) for subject in subjects]
    engine.climb_due(now)
    rings.ring_due(now)
    loud, calling, taken = tickets
    CallPage.objects.filter(ticket=loud).update(state="unanswered")
    paging.acknowledge(page=taken.pages.get(), at=now, actor=cast.agent, via="link")
    return SimpleNamespace(
        ladder=ladder.pk, loud=loud.pk, calling=calling.pk, taken=taken.pk, link=f"/p/{token(Ring.objects.get())}"
    )  # fmt: skip


PAGES = {
    "ladders": "/settings/ladders/", "ladder": "/settings/ladders/{ladder}/", "ladder-new": "/settings/ladders/new",
    "now": "/oncall/", "loud": "/tickets/{loud}", "calling": "/tickets/{calling}", "taken": "/tickets/{taken}",
    "page": "/tickets/{loud}/pages/reassignment", "responder": "/tickets/{loud}/pages/responders",
}  # fmt: skip


def test_every_page_is_accessible_and_clean(
    page: Page, desk: SimpleNamespace, cast: SimpleNamespace, sign_in: SignIn, accessible: Accessible, shoot: Shoot
) -> None:
    sign_in(page, cast.manager)
    for name, address in PAGES.items():
        page.goto(address.format(**vars(desk)))
        assert page.get_by_role("heading", level=1).count() == 1, address
        for fold in page.locator("#oncall summary").all():
            fold.click()
        accessible(page)
        shoot(page, f"pages-{name}")


def test_a_phone_shows_them_without_scrolling_sideways(
    phone: Page, desk: SimpleNamespace, cast: SimpleNamespace, sign_in: SignIn, shoot: Shoot
) -> None:
    sign_in(phone, cast.manager)
    for name, address in PAGES.items():
        phone.goto(address.format(**vars(desk)))
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        shoot(phone, f"pages-phone-{name}")


def test_at_three_in_the_morning_one_tap_on_the_link_is_enough(
    phone: Page, desk: SimpleNamespace, cast: SimpleNamespace, accessible: Accessible, shoot: Shoot
) -> None:
    phone.goto(desk.link)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    accessible(phone)
    shoot(phone, "pages-phone-link")
    button = phone.get_by_role("button", name="Acknowledge")
    box = button.bounding_box()
    assert box and box["height"] >= 60 and box["width"] >= 290
    expect(button).to_be_in_viewport()
    button.click()
    expect(phone.get_by_role("heading", name="It is taken care of")).to_be_visible()
    accessible(phone)
    shoot(phone, "pages-phone-link-done")
    assert not CallPage.objects.exclude(state="acknowledged").exists()
    assert phone.get_by_role("link", name="Open the ticket").count() == 3


def test_an_old_link_says_where_to_go(
    phone: Page, desk: SimpleNamespace, console: list[str], accessible: Accessible, shoot: Shoot
) -> None:
    phone.goto("/p/nonsense")
    expect(phone.get_by_role("heading", name="This link no longer works")).to_be_visible()
    accessible(phone)
    shoot(phone, "pages-phone-link-old")
    console.clear()  # the browser reports the 404 that it asked for


def test_people_are_paged_by_keyboard(
    page: Page, desk: SimpleNamespace, cast: SimpleNamespace, front: Team, sign_in: SignIn, accessible: Accessible,
    shoot: Shoot,
) -> None:  # fmt: skip
    ticket = make.ticket(team=front, at=timezone.now())
    sign_in(page, cast.agent)
    page.goto(f"/tickets/{ticket.pk}")
    page.keyboard.press("p")
    dialog = page.locator("#editor[open]")
    expect(dialog.get_by_role("heading", name="Page people")).to_be_visible()
    accessible(page)
    shoot(page, "pages-dialog")
    dialog.get_by_label("Ladder").select_option("")
    dialog.get_by_label("People").select_option(label="Ben")
    dialog.get_by_label("Reason").fill("Come and see")
    dialog.get_by_role("button", name="Page", exact=True).click()
    expect(page.locator("#oncall")).to_contain_text("Paged by hand · Come and see")
    assert CallPage.objects.get(ticket=ticket).started_by == cast.agent


def test_without_javascript_a_ladder_is_made_and_a_page_acknowledged(
    new_page: Callable[..., Page], desk: SimpleNamespace, cast: SimpleNamespace, sign_in: SignIn
) -> None:
    page = sign_in(new_page(java_script_enabled=False), cast.manager)
    page.goto("/settings/ladders/")
    page.get_by_role("link", name="New ladder").click()
    page.get_by_label("Name").fill("By hand")
    page.locator("#step-1").get_by_label("Calls").select_option(label="Ada")
    page.locator("#step-2").get_by_label("Calls").select_option(label="The team's manager")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#preview")).to_contain_text("Ada: SMS at once, E-mail at once")
    page.goto(f"/tickets/{desk.calling}")
    page.locator("#oncall").get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#oncall")).to_contain_text("Mona acknowledged")
    assert not Call.objects.filter(page__ticket=desk.calling, due_at__isnull=False).exists()
    assert User.objects.get(pk=cast.manager.pk).acknowledged_pages.get().ticket_id == desk.calling
