"""A handover in a real browser: sent by keyboard, answered on a phone, without script, and the pages about tiers."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests import make
from tickets.actions import progress
from tickets.actions.handover import accept_handover, bounce_handover, hand_over
from tickets.models import Handover, Ticket

PACKET = {
    "impact": "Nobody can pay: about forty orders an hour.",
    "symptoms": "Error 500 at the last step of the checkout, since 9:40.",
    "tried": "Another card, another browser, cache purged: the same.",
    "environment": "Shop, Checkout, all browsers.",
    "evidence": "https://logs.example/checkout?from=0940",
    "promised": "An answer until noon.",
}


@pytest.fixture
def ticket(cast, shop) -> Ticket:
    now = timezone.now() - timedelta(minutes=25)
    return make.ticket(requester=cast.customer, site=shop, at=now, impact="high", urgency="high")


@pytest.fixture
def handed(cast, ticket, back) -> Ticket:
    hand_over(ticket=ticket, to=back, packet=PACKET, at=timezone.now(), actor=cast.agent, via="web")
    return ticket


def test_it_is_handed_over_with_the_keyboard_alone(cast, ticket, back, page, sign_in, accessible, shoot):
    sign_in(page, cast.agent).goto(f"/tickets/{ticket.pk}")
    page.get_by_role("button", name="More", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Hand over…").focus()
    page.keyboard.press("Enter")
    dialog = page.locator("#editor")
    expect(dialog.get_by_label("Symptoms")).to_contain_text("It says error 500.")
    accessible(page)
    shoot(page, "handover-form")
    dialog.get_by_label("What was tried").fill("Another card.")
    dialog.get_by_role("button", name="Hand over", exact=True).press("Enter")
    expect(page.locator("#handover")).to_contain_text("not accepted yet")
    expect(page.locator("#timeline")).to_contain_text("handed it over from Front-end to Back-end")
    expect(page.locator("#side")).to_contain_text("L2:")
    assert Handover.objects.get().packet["tried"] == "Another card."


def test_the_receiving_team_reads_it_and_accepts(cast, handed, page, sign_in, accessible, shoot):
    sign_in(page, cast.other_agent).goto(f"/tickets/{handed.pk}")
    expect(page.locator("#handover")).to_contain_text("Nobody can pay")
    expect(page.locator(f"#row-{handed.pk}")).to_contain_text("Handover")
    accessible(page)
    shoot(page, "handover-card")
    page.locator("#handover").get_by_role("button", name="Accept").click()
    expect(page.locator("#handover")).to_contain_text("accepted by Ben")
    expect(page.locator("#handover").get_by_role("button", name="Accept")).to_have_count(0)


def test_it_bounces_on_a_phone(cast, handed, phone, sign_in, accessible, shoot):
    sign_in(phone, cast.other_agent).goto(f"/tickets/{handed.pk}")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    accessible(phone)
    shoot(phone, "handover-card-phone")
    phone.locator("#handover").get_by_role("link", name="Bounce…").click()
    phone.locator("#editor").get_by_label("Reason").fill("Which card?")
    phone.locator("#editor").get_by_role("button", name="Bounce it").click()
    expect(phone.locator("#timeline")).to_contain_text("bounced it back to Front-end: Which card?")
    expect(phone.locator("#handover")).to_be_hidden()


def test_it_goes_without_script(cast, ticket, new_page, sign_in):
    page = sign_in(new_page(java_script_enabled=False), cast.agent)
    page.goto(f"/tickets/{ticket.pk}/handover")
    page.get_by_label("What was tried").fill("Another card.")
    page.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.locator("#handover")).to_contain_text("not accepted yet")
    other = sign_in(new_page(java_script_enabled=False), cast.other_agent)
    other.goto(f"/tickets/{ticket.pk}")
    other.locator("#handover").get_by_role("button", name="Accept").click()
    expect(other.locator("#handover")).to_contain_text("accepted by Ben")


@pytest.mark.parametrize("path", ["/dashboard/tiers", "/settings/tiers/", "/settings/handover/"])
def test_the_pages_about_tiers_read_well(cast, handed, back, new_page, page, phone, sign_in, accessible, shoot, path):
    at = timezone.now()
    bounce_handover(ticket=handed, reason="Which card?", at=at, actor=cast.other_agent, via="web")
    hand_over(ticket=handed, to=back, packet=PACKET, at=at, actor=cast.agent, via="web")
    accept_handover(ticket=handed, at=at, actor=cast.other_agent, via="web")
    progress.resolve(ticket=handed, code="fixed", text="Done.", at=at, actor=cast.other_agent, via="web")
    for screen, name in ((page, "desk"), (phone, "phone")):
        sign_in(screen, cast.manager).goto(path)
        accessible(screen)
        assert screen.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        shoot(screen, f"tiers-{path.strip('/').replace('/', '-')}-{name}")
