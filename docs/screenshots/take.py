"""Take the pictures of the README: `bin/screenshots [--only NAME …] [--url URL]`.

Starts a desk of its own with demo data, signs in and writes docs/screenshots/*.png. With --url it uses a demo desk that
runs already (HELPDESK_DATA or DATABASE_URL must be that desk's, for the signed link of the requester's page).
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import django
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from bench.desk import start  # noqa: E402
from helpdesk.demo import PASSWORD  # noqa: E402
from helpdesk.runtime import paths  # noqa: E402
from helpdesk.runtime.scratch import scratch_servers  # noqa: E402

WIDE, PHONE = (1280, 760), (390, 844)
BIGGEST = 250 * 1024  # bytes of one picture


@dataclass(frozen=True)
class Picture:
    """One file: who looks at which address, in which theme and size, after what."""

    name: str
    who: str
    path: str
    theme: Literal["light", "dark"] = "light"
    size: tuple[int, int] = WIDE
    then: Callable[[Page], None] | None = None


def ask_palette(page: Page) -> None:
    """Open the palette and search for something."""
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("checkout")
    page.locator("#palette-results [role=option]").first.wait_for()


def start_request(page: Page) -> None:
    """Write a subject, so that articles are suggested beside the form."""
    page.locator("[name=subject]").press_sequentially("How do I reset my password?", delay=5)
    page.wait_for_timeout(1200)


def begin_note(page: Page) -> None:
    """Begin an internal note: the composer shows it. Nothing is sent."""
    page.keyboard.press("n")
    page.keyboard.type("Same sender as last week. @lea can we block the whole network?")


def to_preview(page: Page) -> None:
    """Down to whom it would call."""
    page.locator("#preview").scroll_into_view_if_needed()


def pictures(ticket: int, urgent: int, link: str, call: str) -> list[Picture]:
    """All of them: a ticket with a conversation, one whose clock is about to break, the links of a requester and of
    somebody who is called."""
    ada, manager, admin = "ada@demo.example", "manager@demo.example", "admin@demo.example"
    return [
        Picture("queue-light", ada, f"/tickets/{urgent}?view=all"),
        Picture("queue-dark", ada, f"/tickets/{urgent}?view=all", "dark"),
        Picture("ticket-light", ada, f"/tickets/{ticket}", then=begin_note),
        Picture("ticket-dark", ada, f"/tickets/{ticket}", "dark", then=begin_note),
        Picture("palette-dark", ada, "/queue/needs-me", "dark", then=ask_palette),
        Picture("dashboard-light", manager, "/dashboard"),
        Picture("dashboard-dark", manager, "/dashboard", "dark"),
        Picture("oncall-dark", manager, "/oncall/", "dark"),
        Picture("ladder-light", admin, "/settings/ladders/1/", then=to_preview),
        Picture("noise-light", manager, "/dashboard/noise"),
        Picture("rules-light", admin, "/settings/rules/"),
        Picture("mailbox-dark", admin, "/mailbox/", "dark"),
        Picture("help-light", "", "/help/"),
        Picture("form-light", "", "/help/new", then=start_request),
        Picture("request-light", "", link),
        Picture("phone-queue-dark", ada, "/queue/needs-me", "dark", PHONE),
        Picture("phone-ticket-light", ada, f"/tickets/{ticket}", "light", PHONE),
        Picture("phone-request-light", "", link, "light", PHONE),
        Picture("phone-page-dark", "", call, "dark", PHONE),
    ]


def subjects() -> tuple[int, int, str, str]:
    """(an open ticket with a long conversation, an urgent one, the signed page of a resolved one, the page of the last
    call)."""
    from django.db.models import Count

    from oncall.messages import token
    from oncall.models import Ring
    from tickets.links import requester_url
    from tickets.models import Ticket
    from tickets.states import Status

    told = Ticket.objects.filter(requester__isnull=False, team__restricted=False).annotate(said=Count("messages"))
    busy = told.filter(status=Status.DIAGNOSING).order_by("-said", "-pk").first() or told.order_by("-said").first()
    urgent = told.filter(status=Status.NEW).order_by("severity", "-pk").first() or busy
    done = told.filter(status=Status.RESOLVED).order_by("-said", "-pk").first() or busy
    assert busy is not None and urgent is not None and done is not None and done.requester is not None
    ring = Ring.objects.filter(user__isnull=False).latest("at")
    link = "/help/t/" + requester_url(done, done.requester).split("/help/t/")[1]
    return busy.pk, urgent.pk, link, f"/p/{token(ring)}"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def heard(message: ConsoleMessage) -> None:
    """A clean page says nothing."""
    if message.type == "error":
        say(f"console: {message.text}")


def sign_in(page: Page, email: str) -> None:
    """Through the sign-in page, as everybody does."""
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/queue/**")


def take(url: str, wanted: list[str]) -> None:
    """Take the pictures named, or all, from the desk at `url`."""
    chosen = [picture for picture in pictures(*subjects()) if not wanted or picture.name in wanted]
    program = next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), "chromium", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        cookies: dict[str, Any] = {"": []}
        for picture in chosen:
            context = browser.new_context(
                base_url=url, viewport={"width": picture.size[0], "height": picture.size[1]},
                color_scheme=picture.theme, reduced_motion="reduce", is_mobile=picture.size == PHONE,
                has_touch=picture.size == PHONE, device_scale_factor=1.5 if picture.size == PHONE else 1,
            )  # fmt: skip
            page = context.new_page()
            page.on("console", heard)
            if picture.who and picture.who not in cookies:
                sign_in(page, picture.who)
                cookies[picture.who] = context.cookies()
            elif picture.who:
                context.add_cookies(cookies[picture.who])
            page.goto(picture.path)
            page.evaluate("document.fonts.ready")
            if picture.then:
                picture.then(page)
            page.wait_for_timeout(400)
            path = HERE / f"{picture.name}.png"
            page.screenshot(path=path)
            heavy = " – too heavy" if path.stat().st_size > BIGGEST else ""
            say(f"{path.name}: {path.stat().st_size // 1024} KB{heavy}")
            context.close()
        browser.close()


@contextmanager
def demo_desk() -> Iterator[str]:
    """A desk with demo data, gone afterwards; yields its address."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("seed_demo")
    desk = start(int((paths.data_dir() / "postgres" / "postmaster.pid").read_text().split()[0]))
    try:
        yield f"http://127.0.0.1:{desk.port}"
    finally:
        desk.web.terminate()
        desk.web.wait(30)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/screenshots", description="Take the pictures of the README.")
    parser.add_argument("--only", nargs="+", default=[], help="names of pictures, without .png")
    parser.add_argument("--url", help="a demo desk that runs already")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "helpdesk.settings"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright runs a loop in this thread
    if options.url:
        django.setup()
        take(options.url, options.only)
        return
    with scratch_servers():
        django.setup()
        with demo_desk() as url:
            take(url, options.only)


if __name__ == "__main__":
    main()
