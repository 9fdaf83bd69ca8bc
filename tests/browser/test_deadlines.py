"""Calendars, the compliance page and the health of deadlines in a real browser: light, dark, on a phone and without
JavaScript."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from sla.models import Calendar, Clock, Replan
from sla.sweep import sweep
from tests import make
from tickets.actions import conversation, filing, progress

PAGES = {
    "calendars": "/settings/calendars/", "calendar": "/settings/calendars/{calendar}/",
    "new": "/settings/calendars/new", "health": "/settings/deadlines/", "compliance": "/dashboard/compliance?days=7",
    "by-customer": "/dashboard/compliance?days=7&by=organisation&basis=opened&severity=1",
    "empty": "/dashboard/compliance?start=2020-01-01&end=2020-01-31",
    "wrong": "/dashboard/compliance?start=2020-01-31&end=2020-01-01",
}  # fmt: skip
FILE = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//demo//EN\r
BEGIN:VEVENT\r
UID:1\r
DTSTART;VALUE=DATE:20261224\r
RRULE:FREQ=YEARLY\r
SUMMARY:Christmas Eve\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2\r
DTSTART;VALUE=DATE:20261224\r
RRULE:FREQ=SECONDLY\r
SUMMARY:Endless\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.fixture
def week(cast: SimpleNamespace, shop: Any, back: Any) -> dict[str, int]:
    """A week of promises kept and missed, a clock in trouble, and an edit being worked off."""
    now = timezone.now()
    by: dict[str, Any] = {"actor": cast.agent, "via": "web"}
    for number in range(12):
        at = now - timedelta(days=number % 5 + 1, hours=number)
        team = (shop.fallback_team, back)[number % 2]
        ticket = make.ticket(requester=cast.customer, site=shop, team=team, severity=1 + number % 4, at=at)
        if number % 5 == 0:
            continue
        answered = at + timedelta(minutes=10 * number)
        conversation.reply(ticket=ticket, body="Hi.", at=answered, then="diagnosing", **by)
        if number % 3:
            progress.resolve(ticket=ticket, code="fixed", text="Done.", at=answered + timedelta(hours=2), **by)
    pressed = make.ticket(requester=cast.customer, site=shop, severity=2, at=now - timedelta(hours=7.5))
    conversation.reply(ticket=pressed, body="Hi.", at=now - timedelta(hours=7), then="diagnosing", **by)
    filing.change_severity(ticket=pressed, to=4, reason="Only one customer is hit", at=now, **by)
    sweep(now)
    clock = Clock.objects.filter(due_at__gt=now).earliest("pk")
    Clock.objects.filter(pk=clock.pk).update(
        trouble="ValueError: no such calendar", fires_at=now + timedelta(minutes=4)
    )
    Replan.objects.create(why="policy “Standard” changed", asked_at=now, total=900, done=250)
    office = Calendar.objects.get(name="Business hours")
    Calendar.objects.filter(pk=office.pk).update(
        zone="Europe/Berlin", yearly=["12-25"], overrides={"12-24": [["09:00", "12:00"]]},
        holiday_names={"12-24": "Christmas Eve", "12-25": "Christmas Day"},
        hours={**office.hours, "mon": [["09:00", "12:00"], ["13:00", "17:00"]], "sat": [["22:00", "02:00"]]},
    )  # fmt: skip
    return {"calendar": office.pk}


def test_every_page_is_accessible_and_clean(
    page: Page, week: dict[str, int], cast: SimpleNamespace, sign_in: Callable[..., Page],
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(page, cast.manager)
    for name, address in PAGES.items():
        page.goto(address.format(**week))
        assert page.get_by_role("heading", level=1).count() == 1, address
        accessible(page)
        shoot(page, f"deadlines-{name}")


def test_a_phone_shows_them_without_scrolling_sideways(
    phone: Page, week: dict[str, int], cast: SimpleNamespace, sign_in: Callable[..., Page],
    shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(phone, cast.manager)
    for name, address in PAGES.items():
        phone.goto(address.format(**week))
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        shoot(phone, f"deadlines-phone-{name}")


def test_an_edit_is_previewed_and_a_file_approved_without_javascript(
    new_page: Callable[..., Page], week: dict[str, int], cast: SimpleNamespace, sign_in: Callable[..., Page],
    shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    page = sign_in(new_page(java_script_enabled=False), cast.manager)
    page.goto(f"/settings/calendars/{week['calendar']}/")
    page.get_by_label("Friday").fill("09:00-12:00")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Next 30 days, as edited")).to_be_visible()
    expect(page.get_by_text("was 09:00–17:00").first).to_be_visible()
    page.goto(f"/settings/calendars/{week['calendar']}/")
    expect(page.get_by_label("Friday")).to_have_value("09:00-17:00")
    page.get_by_label("Calendar file").set_input_files(
        [{"name": "team.ics", "mimeType": "text/calendar", "buffer": FILE}]
    )
    page.get_by_role("button", name="See what it proposes").click()
    expect(page.get_by_text("Endless: it recurs more than once a day.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="12-24")).to_be_checked()
    shoot(page, "deadlines-proposals")
    page.get_by_role("button", name="Save what is ticked").click()
    expect(page.get_by_label("Closed every year")).to_have_value("12-24 Christmas Eve\n12-25 Christmas Day")


def test_a_number_leads_to_what_was_missed(
    page: Page, week: dict[str, int], cast: SimpleNamespace, sign_in: Callable[..., Page]
) -> None:
    sign_in(page, cast.agent)
    page.goto("/dashboard/compliance?days=7")
    link = page.get_by_role("link", name="missed").first
    number = link.inner_text()
    link.click()
    expect(page.get_by_text(f"{number} in all")).to_be_visible()
