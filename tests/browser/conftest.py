"""A real Chromium, signed in as one of the cast, against a live server.

Any error on the console fails the test: that catches every violation of the Content-Security-Policy. `accessible(page)`
asks axe in both themes. With SCREENSHOTS=<directory>, `shoot(page, name)` keeps a picture.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from accounts.models import User

HERE = Path(__file__).parent
AXE = HERE.parent / "vendor" / "axe.min.js"
TIMEOUT_MS = 15_000
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

RUN_AXE = """async () => {
  await Promise.all(document.getAnimations().map(motion => motion.finished.catch(() => {})))
  const found = await axe.run(document, {resultTypes: ["violations"]})
  const told = node => node.target.join(" ") + " – " + node.failureSummary
  return found.violations.map(v => v.id + ": " + v.nodes.map(told).join(" | "))
}"""


def chromium() -> str | None:
    """The browser's program: CHROMIUM, else the system's."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


@pytest.hookimpl(tryfirst=True)  # before pytest-django sorts by the database each test needs
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here needs a browser, and a database that other processes see."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True))
            if not chromium() and not IN_CI:
                item.add_marker(pytest.mark.skip(reason="no Chromium (apt-get install chromium, or set CHROMIUM)"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if not (program := chromium()):
        pytest.fail("Chromium is missing: apt-get install chromium, or set CHROMIUM to its program.", pytrace=False)
    return {
        **browser_type_launch_args,
        "executable_path": program,
        "args": ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
    }


def watch(page: Page, errors: list[str]) -> Page:
    """Note what the page complains about."""

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.text} ({message.location.get('url', '')})")

    page.on("console", heard)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_default_timeout(TIMEOUT_MS)
    return page


@pytest.fixture
def console() -> list[str]:
    """Errors seen so far. A test that provokes one (a refused form answers 422) clears what it expected."""
    return []


def rest(patience: float = 10.0) -> None:
    """Wait until the server's last requests are done: emptying the tables under one of them would deadlock."""
    quiet, end = 0, time.monotonic() + patience
    while quiet < 3 and time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            quiet = 0 if cursor.fetchone()[0] else quiet + 1
        time.sleep(0.05)


@pytest.fixture
def new_page(browser: Browser, live_server: Any, console: list[str]) -> Iterator[Callable[..., Page]]:
    """new_page(**context options) → a page with cookies of its own: another person, another screen."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> Page:
        size = {"width": 1440, "height": 900}
        context = browser.new_context(
            **{"base_url": live_server.url, "viewport": size, "reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        return watch(context.new_page(), console)

    yield make
    for context in contexts:
        context.close()
    rest()
    assert not console, "errors on the console:\n" + "\n".join(console)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A desktop page whose console stays clean."""
    return new_page()


@pytest.fixture
def phone(new_page: Callable[..., Page]) -> Page:
    """A page of 390 × 844 px with a touch screen."""
    return new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)


@pytest.fixture
def sign_in(live_server: Any) -> Callable[[Page, User], Page]:
    """sign_in(page, user): from here on the page is theirs."""

    def sign(page: Page, user: User) -> Page:
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        return page

    return sign


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """accessible(page): axe finds nothing, in light and in dark. Expect a page that is still to come before."""

    def check(page: Page) -> None:
        page.wait_for_load_state()
        page.evaluate(AXE.read_text())
        theme = page.evaluate("document.documentElement.dataset.theme")
        for wanted in ("light", "dark"):
            page.evaluate("theme => document.documentElement.dataset.theme = theme", wanted)
            assert page.evaluate(RUN_AXE) == [], f"{page.url} ({wanted})"
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)

    return check


@pytest.fixture
def shoot() -> Callable[[Page, str], None]:
    """shoot(page, name): keep pictures, light and dark, when SCREENSHOTS names a directory."""

    def take(page: Page, name: str) -> None:
        if not (place := os.environ.get("SCREENSHOTS")):
            return
        Path(place).mkdir(parents=True, exist_ok=True)
        for theme in ("dark", "light"):
            page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            page.screenshot(path=Path(place) / f"{name}-{theme}.png")

    return take
