"""The service worker in a real browser: what is pushed is shown, and its buttons do what they say."""

import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Worker, expect

from accounts.models import Team
from deliveries.models import Delivery
from integrations.channels.webpush import send, subscription
from integrations.models.mailbox import keys
from lib import crypto
from oncall import engine, rings
from oncall.models import Page as Called
from tests import make

SHOWN = """async () => (await self.registration.getNotifications()).map(
  ({title, body, tag, requireInteraction}) => ({title, body, tag, requireInteraction}))"""
PRESS = """async action => {
  const [notification] = await self.registration.getNotifications()
  const event = new NotificationEvent("notificationclick", {notification, action})
  let work
  event.waitUntil = promise => { work = promise }
  self.dispatchEvent(event)
  await work
}"""
SUBSCRIBED = """
const keys = {auth: "MDEyMzQ1Njc4OWFiY2RlZg",
  p256dh: "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"}
PushManager.prototype.subscribe = async options => ({toJSON: () => {
  const key = options.applicationServerKey
  if (key.byteLength !== 65 || key[0] !== 4 || !options.userVisibleOnly) throw new Error("no key")
  return {endpoint: "https://push.example/abc", expirationTime: null, keys}
}})"""
OPENED = "self.clients.openWindow = async address => { self.opened = address }"  # a click of ours is no person's

STATE = "navigator.serviceWorker.ready.then(registration => registration.active.state)"


@pytest.fixture
def desk(page: Page, sign_in: Callable[..., Page], cast: SimpleNamespace) -> Page:
    """An agent who allows notifications."""
    page.context.grant_permissions(["notifications"])
    sign_in(page, cast.agent).goto("/oncall/")
    return page


@pytest.fixture
def worker(desk: Page) -> Worker:
    with desk.context.expect_event("serviceworker") as started:
        desk.evaluate(
            "navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready.then(() => 1))"
        )
    while desk.evaluate(STATE) != "activated":  # one that is only becoming active is pushed to in vain
        desk.wait_for_timeout(20)
    return started.value


@pytest.fixture
def push(desk: Page, worker: Worker) -> Callable[[Any], list[dict[str, Any]]]:
    """push(data): as the browser's push service would; answers what is shown then."""
    session, found = desk.context.new_cdp_session(desk), []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.extend(each["registrationId"] for each in told["registrations"]),
    )
    session.send("ServiceWorker.enable")
    origin = desk.evaluate("location.origin")

    def deliver(data: Any) -> list[dict[str, Any]]:
        for _ in range(100):
            if found:
                break
            desk.wait_for_timeout(50)
        text = data if isinstance(data, str) else json.dumps(data)
        call = {"origin": origin, "registrationId": found[-1], "data": text}
        session.send("ServiceWorker.deliverPushMessage", call)
        for _ in range(100):
            if shown := worker.evaluate(SHOWN):
                return list(shown)
            desk.wait_for_timeout(50)
        return []

    return deliver


@pytest.fixture
def told(cast: SimpleNamespace, front: Team) -> dict[str, Any]:
    """What is pushed to the agent about a P1."""
    now = timezone.now() - timedelta(seconds=5)
    make.ladder(cast.agent, team=front, severities=[1])
    make.contact_method(cast.agent, "webpush", "Chromium")
    make.ticket(team=front, severity=1, at=now, subject="Checkout is down")
    engine.climb_due(now)
    rings.ring_due(now)
    return send.payload(Delivery.objects.get(channel="webpush", data__kind="page"))


def asked(page: Page) -> Page:
    """The page on which a browser is added, its button pressed."""
    page.goto("/oncall/contact")
    page.get_by_text("Push in the browser", exact=True).click()
    page.get_by_role("button", name="Push to this browser").click()
    return page


def test_a_browser_that_may_not_show_anything_says_so(
    page: Page, sign_in: Callable[..., Page], cast: SimpleNamespace
) -> None:
    page.add_init_script("Notification.requestPermission = async () => 'denied'")
    expect(asked(sign_in(page, cast.agent)).locator("[data-push-said]")).to_contain_text("does not allow notifications")


def test_a_browser_is_added_with_what_it_gave_and_its_own_name(desk: Page, cast: SimpleNamespace) -> None:
    desk.add_init_script(SUBSCRIBED)  # the push service of its maker is not asked from a test
    asked(desk)
    expect(desk.get_by_text("Chrome on Linux").first).to_be_visible()
    method = cast.agent.contact_methods.get()
    found = subscription.read(crypto.decrypt(method.sealed, keys=keys()))
    assert (method.via, found.endpoint, found.auth) == ("webpush", "https://push.example/abc", b"0123456789abcdef")
    code = Delivery.objects.get(channel="webpush", data__kind="verify")
    assert send.payload(code)["token"] == "" and code.data["target"] == method.sealed


def test_a_push_service_that_is_away_is_said(desk: Page) -> None:
    desk.add_init_script("PushManager.prototype.subscribe = async () => { throw new DOMException('no', 'AbortError') }")
    expect(asked(desk).locator("[data-push-said]")).to_contain_text("could not be reached")


def test_without_javascript_it_says_what_it_needs(
    new_page: Callable[..., Page], sign_in: Callable[..., Page], cast: SimpleNamespace
) -> None:
    page = sign_in(new_page(java_script_enabled=False), cast.agent)
    page.goto("/oncall/contact")
    page.get_by_text("Push in the browser", exact=True).click()
    expect(page.get_by_text("needs JavaScript")).to_be_visible()
    expect(page.get_by_role("button", name="Push to this browser")).to_be_hidden()


def test_a_page_is_shown_until_somebody_looks_and_acknowledged_by_its_button(
    told: dict[str, Any], push: Callable[..., Any], worker: Worker, cast: SimpleNamespace
) -> None:
    page = Called.objects.get()
    (shown,) = push(told)
    assert shown["title"] == f"P1 #{page.ticket_id} Checkout is down" and shown["requireInteraction"]
    assert shown["tag"] == f"page-{page.pk}" and "http" not in shown["body"]
    worker.evaluate(PRESS, "acknowledge")
    page.refresh_from_db()
    assert (page.state, page.acknowledged_by) == ("acknowledged", cast.agent)
    assert [one["title"] for one in worker.evaluate(SHOWN)] == [f"#{page.ticket_id} is yours."]


def test_a_tap_opens_its_link_and_nothing_of_another_site(
    told: dict[str, Any], push: Callable[..., Any], worker: Worker, desk: Page
) -> None:
    origin = desk.evaluate("location.origin")
    worker.evaluate(OPENED)
    push(told | {"link": f"{origin}/p/abc"})
    worker.evaluate(PRESS, "")
    assert worker.evaluate("self.opened") == f"{origin}/p/abc"
    push(told | {"link": "https://evil.example/", "url": "javascript:alert(1)"})
    worker.evaluate(PRESS, "")
    assert worker.evaluate("self.opened") == "/"


def test_a_link_that_is_over_opens_its_page(
    told: dict[str, Any], push: Callable[..., Any], worker: Worker, desk: Page, console: list[str]
) -> None:
    origin = desk.evaluate("location.origin")
    worker.evaluate(OPENED)
    push(told | {"token": "no.longer.ours", "link": f"{origin}/p/abc"})
    worker.evaluate(PRESS, "acknowledge")
    assert worker.evaluate("self.opened") == f"{origin}/p/abc"
    console.clear()  # the 403


@pytest.mark.parametrize("data", ["", "no JSON", "[]", "{}"])
def test_it_shows_something_whatever_was_pushed(push: Callable[..., Any], data: str) -> None:
    assert push(data)
