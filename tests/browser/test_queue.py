"""The queue in a real browser: three panes, keys, live rows, filters, bulk, one pane on a phone."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import make
from tickets.actions import assignment, conversation, progress
from tickets.models import Ticket

SUBJECTS = (
    "Checkout fails for carts with a voucher", "Invoice 2291 charged twice after plan change",
    "Sign-in loops back to the start page", "Export drops the accented characters", "Search finds nothing since Monday",
    "Images of the spring sale are missing", "Password mail never arrives", "Page is slow on phones",
)  # fmt: skip


@pytest.fixture
def tickets(cast: SimpleNamespace, shop: Any) -> list[Ticket]:
    """A handful of tickets through the real verbs: mine, nobody's, waiting, urgent."""
    people = (cast.customer, cast.colleague, cast.stranger)
    found = [
        make.ticket(
            requester=people[n % 3], site=shop, subject=subject, severity=1 + n % 4, at=make.later(minutes=7 * n),
            body=f"{subject}. It worked yesterday, and two colleagues see the same.",
        )
        for n, subject in enumerate(SUBJECTS)
    ]  # fmt: skip
    assignment.assign(ticket=found[1], to=cast.agent, at=make.later(hours=2), actor=cast.agent, via="web")
    conversation.reply(ticket=found[2], body="Which browser?", at=make.later(hours=2), actor=cast.agent, via="web")
    progress.change_status(ticket=found[3], to="diagnosing", at=make.later(hours=2), actor=cast.agent, via="web")
    return found


@pytest.fixture
def queue(page: Page, cast: SimpleNamespace, tickets: list[Ticket], sign_in: Callable[..., Page]) -> Page:
    """The agent's queue."""
    sign_in(page, cast.agent).goto("/queue/all")
    return page


def test_it_shows_the_list_beside_an_empty_pane(
    queue: Page, accessible: Callable[[Page], None], shoot: Callable[[Page, str], None]
) -> None:
    expect(queue.locator(".row")).to_have_count(8)
    expect(queue.get_by_role("heading", level=1)).to_contain_text("All tickets")
    expect(queue.get_by_text("Pick a ticket")).to_be_visible()
    expect(queue.locator("#rail-views [aria-current=page]")).to_contain_text("All tickets")
    shoot(queue, "queue")
    accessible(queue)


def test_it_opens_a_ticket_beside_the_list(queue: Page, tickets: list[Ticket], shoot: Callable[..., None]) -> None:
    queue.get_by_role("link", name=SUBJECTS[0]).click()
    expect(queue.locator(".ticket[data-ticket]").get_by_role("heading", level=1)).to_contain_text(SUBJECTS[0])
    expect(queue.locator(f"#row-{tickets[0].pk}")).to_have_attribute("data-current", "")
    assert f"/tickets/{tickets[0].pk}?view=all" in queue.url
    shoot(queue, "queue-ticket")


def test_it_walks_the_list_with_the_keyboard(queue: Page) -> None:
    queue.keyboard.press("j")
    queue.keyboard.press("j")
    focused = queue.evaluate("document.activeElement.closest('.row').id")
    assert focused == queue.locator(".row").nth(1).get_attribute("id")
    queue.keyboard.press("x")
    expect(queue.locator(".bulkbar")).to_be_visible()
    queue.keyboard.press("g")
    queue.keyboard.press("w")
    queue.wait_for_url("**/queue/waiting")


def test_it_changes_while_one_looks(
    queue: Page, cast: SimpleNamespace, shop: Any, tickets: list[Ticket], accessible: Callable[[Page], None]
) -> None:
    expect(queue.locator("html")).to_have_attribute("data-live", "on")
    queue.locator(f"#tick-{tickets[4].pk}").check(force=True)
    fresh = make.ticket(requester=cast.customer, site=shop, subject="Fresh from the form", severity=2)
    expect(queue.locator(f"#row-{fresh.pk}")).to_be_visible()
    expect(queue.locator("#list-count")).to_have_text("9")
    expect(queue.locator("#rail-views [aria-current=page] .count")).to_have_text("9")
    expect(queue.locator(f"#tick-{tickets[4].pk}")).to_be_checked()


def test_it_narrows_the_list(
    queue: Page, accessible: Callable[[Page], None], shoot: Callable[[Page, str], None]
) -> None:
    expect(queue.get_by_label("Filter and sort")).to_have_attribute("data-htmx-powered", "true")
    queue.keyboard.press("f")
    expect(queue.get_by_label("P1 critical")).to_be_visible()
    shoot(queue, "queue-filters")
    accessible(queue)
    queue.get_by_label("P1 critical").check()
    queue.get_by_role("button", name="Show tickets").click()
    expect(queue.locator(".row")).to_have_count(2)
    shoot(queue, "queue-narrowed")
    queue.get_by_role("link", name="P1 critical take off").click()
    expect(queue.locator(".row")).to_have_count(8)


def test_it_takes_the_ticked_ones(queue: Page, cast: SimpleNamespace, tickets: list[Ticket], shoot: Any) -> None:
    for ticket in (tickets[4], tickets[5]):
        queue.locator(f"#tick-{ticket.pk}").check(force=True)
    shoot(queue, "queue-bulk")
    queue.get_by_role("button", name="Assign to me").click()
    expect(queue.get_by_text("2 tickets assigned to you.")).to_be_visible()
    assert Ticket.objects.filter(assignee=cast.agent, pk__in=[tickets[4].pk, tickets[5].pk]).count() == 2


def test_it_says_what_next_when_nothing_is_there(
    page: Page, cast: SimpleNamespace, sign_in: Callable[..., Page], accessible: Callable[[Page], None], shoot: Any
) -> None:
    sign_in(page, cast.agent).goto("/queue/needs-me")
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()
    shoot(page, "queue-empty")
    accessible(page)


def test_it_shows_one_pane_on_a_phone(
    phone: Page, cast: SimpleNamespace, tickets: list[Ticket], sign_in: Callable[..., Page], shoot: Any, accessible: Any
) -> None:
    sign_in(phone, cast.agent).goto("/queue/all")
    expect(phone.locator(".row").first).to_be_visible()
    expect(phone.locator(".ticket")).to_be_hidden()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(phone, "queue-phone")
    accessible(phone)
    phone.get_by_role("link", name=SUBJECTS[0]).click()
    expect(phone.locator(".ticket[data-ticket]")).to_be_visible()
    expect(phone.locator(".list")).to_be_hidden()


def test_it_searches_and_marks_the_words(
    queue: Page, accessible: Callable[[Page], None], shoot: Callable[[Page, str], None]
) -> None:
    queue.goto("/search?q=voucher+colleague")
    expect(queue.locator(".row")).to_have_count(1)
    expect(queue.locator(".row mark").first).to_have_text("voucher")
    shoot(queue, "search")
    accessible(queue)


def test_it_commands_by_palette(
    queue: Page, tickets: list[Ticket], accessible: Callable[[Page], None], shoot: Callable[[Page, str], None]
) -> None:
    queue.keyboard.press("Control+k")
    expect(queue.get_by_role("option", name="Go to Waiting")).to_be_visible()
    shoot(queue, "palette-empty")
    queue.keyboard.type("voucher")
    expect(queue.get_by_role("option", name=SUBJECTS[0])).to_be_visible()
    shoot(queue, "palette")
    accessible(queue)
    queue.keyboard.press("Enter")
    queue.wait_for_url(f"**/tickets/{tickets[0].pk}?view=all")


def test_it_opens_a_ticket_for_somebody(
    page: Page, cast: SimpleNamespace, shop: Any, sign_in: Callable[..., Page], accessible: Any, shoot: Any
) -> None:
    sign_in(page, cast.agent).goto("/tickets/new")
    shoot(page, "new-ticket")
    accessible(page)
    page.get_by_label("Requester's e-mail").fill("walker@street.example")
    page.get_by_label("Came by").select_option("walk_in")
    page.get_by_label("Subject").fill("Cannot pay at the counter")
    page.get_by_label("What happened").fill("The reader shows nothing.")
    page.get_by_role("button", name="Open ticket").click()
    page.wait_for_url("**/tickets/*")
    ticket = Ticket.objects.get(subject="Cannot pay at the counter")
    assert (ticket.channel, ticket.requester.email) == ("walk_in", "walker@street.example")
