"""The main road in a real browser: what happens elsewhere arrives on the screen without reloading."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from deliveries.models import Delivery
from deliveries.send import send_due
from integrations.models import Source
from integrations.sources import KINDS
from integrations.tasks import interpret_pending
from tickets.models import Ticket

NO_RELOAD = "window.__same_page = true"
SAME = "window.__same_page === true"


def watched(page: Page, path: str) -> Page:
    """The page at this address, listening, and marked so that a reload would show."""
    page.goto(path)
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    page.evaluate(NO_RELOAD)
    return page


def test_an_alert_and_its_recovery_arrive_in_the_open_queue(
    cast: SimpleNamespace, shop: Any, page: Page, sign_in: Callable[..., Page]
) -> None:
    source = Source(name="Prometheus", kind="alertmanager", site=shop)
    address = f"/api/v1/sources/{source.new_token()}"
    source.save()
    queue = watched(sign_in(page, cast.agent), "/queue/all")
    expect(queue.locator(".row")).to_have_count(0)

    def post(status: str) -> None:
        body = KINDS["alertmanager"].payloads[status]
        assert Client().post(address, body, content_type="application/json").status_code == 202
        interpret_pending()

    post("firing")
    expect(queue.locator(".row")).to_have_count(1)
    ticket = Ticket.objects.get()
    expect(queue.locator(f"#row-{ticket.pk}")).to_contain_text("Checkout answers 5xx")
    post("resolved")
    expect(queue.locator(".row")).to_have_count(0)
    assert queue.evaluate(SAME)


def test_a_strangers_not_fixed_reaches_the_agent_live(
    cast: SimpleNamespace, shop: Any, new_page: Callable[..., Page], sign_in: Callable[..., Page], settings: Any,
    live_server: Any,
) -> None:  # fmt: skip
    settings.BASE_URL = live_server.url
    stranger = new_page()
    stranger.goto("/help/new")
    stranger.get_by_label("Subject").fill("Cannot pay")
    stranger.get_by_label("What happened?").fill("The card form stays empty.")
    stranger.get_by_label("Which site?").select_option(label="Shop")
    stranger.get_by_label("Your name").fill("Pat")
    stranger.get_by_label("Your e-mail address").fill("pat@home.example")
    stranger.get_by_role("button", name="Send request").click()
    stranger.wait_for_url("**/help/received/**")
    ticket = Ticket.objects.get()
    expect(stranger.locator("main")).to_contain_text(f"#{ticket.pk}")

    agent = sign_in(new_page(), cast.agent)
    agent.goto(f"/tickets/{ticket.pk}")
    agent.locator("#ticket-h").click()
    agent.keyboard.press("e")
    agent.locator("#editor").get_by_label("What was done").fill("Restarted the price service.")
    agent.locator("#editor").get_by_role("button", name="Resolve and tell the requester").click()
    expect(agent.locator("#side")).to_contain_text("It closes once the requester confirms")
    watched(agent, f"/tickets/{ticket.pk}")

    send_due(timezone.now())
    mailbox = sign_in(new_page(), cast.manager)
    mailbox.goto(f"/mailbox/{Delivery.objects.get(event__kind='resolved').pk}")
    link = mailbox.get_by_role("link", name="Not fixed", exact=True).get_attribute("href")
    assert link
    stranger.goto(link)
    assert Ticket.objects.get().status == "resolved"
    stranger.get_by_role("button", name="Not fixed, go on").click()
    expect(stranger.locator("main")).to_contain_text("Being worked on")
    expect(agent.locator("#side")).to_contain_text("Diagnosing")
    expect(agent.locator("#timeline")).to_contain_text("reopened it")
    assert agent.evaluate(SAME)
