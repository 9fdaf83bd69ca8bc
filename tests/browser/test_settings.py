"""The settings in a real browser: light, dark and on a phone, with a clean console."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import ApiToken, AuditEntry, Invitation, Membership, Team
from tests import make
from tests.make import T0
from tickets.actions.setup import save_rule
from tickets.models import Form, RoutingRule

PAGES = {
    "people": "/settings/people/", "person": "/settings/people/{agent}/", "invite": "/settings/people/invitations",
    "import": "/settings/people/import", "teams": "/settings/teams/", "team": "/settings/teams/{team}/",
    "organisations": "/settings/organisations/", "organisation": "/settings/organisations/{organisation}/",
    "sites": "/settings/sites/", "site": "/settings/sites/{site}/", "forms": "/settings/forms/",
    "form": "/settings/forms/new", "rules": "/settings/rules/", "rule": "/settings/rules/{rule}/",
    "severity": "/settings/severity/", "tokens": "/settings/tokens/", "token": "/settings/tokens/new",
    "letters": "/settings/letters/", "letter": "/settings/letters/en/resolved?team={team}",
    "audit": "/settings/audit/", "home": "/settings/", "profile": "/accounts/profile/",
}  # fmt: skip


@pytest.fixture
def furnished(cast: SimpleNamespace, shop: Any, back: Team) -> dict[str, int]:
    """A desk with a few rows on each page; -> the ids in the addresses."""
    for name in ("Checkout", "Search", "Sign-in"):
        make.component(shop, name)
    rule: RoutingRule | None = None
    for name, words in (("Payment trouble", ["refund", "card declined"]), ("Security reports", ["phishing"])):
        conditions = [{"field": "site", "values": [str(shop.pk)]}, {"field": "text", "values": words}]
        rule = save_rule(
            rule=None, name=name, is_active=name[0] == "P", conditions=conditions, team=back, tier=2, severity=2,
            tags=["money"], at=T0, actor=cast.admin,
        )  # fmt: skip
    make.ticket(requester=cast.customer, site=shop, subject="Where is my refund?")
    make.ticket(requester=cast.customer, site=shop, subject="The logo is blurred")
    Form.objects.create(title="Report a fault", slug="fault", position=1)
    Invitation.objects.create(
        email="nia@people.example", digest="x", created_at=T0, expires_at=T0.replace(year=2099), invited_by=cast.admin
    )
    ApiToken.objects.create(user=cast.agent, name="Status board", prefix="hd_abc", digest="y", scopes=["tickets:read"])
    AuditEntry.objects.create(at=T0, action="team changed", actor=cast.admin, object="Front-end", data={"tier": 2})
    team = Membership.objects.get(user=cast.agent).team
    return {
        "agent": cast.agent.pk, "team": team.pk, "organisation": cast.acme.pk, "site": shop.pk,
        "rule": rule.pk if rule else 0,
    }  # fmt: skip


def test_every_page_is_accessible_and_clean(
    page: Page, furnished: dict[str, int], cast: SimpleNamespace, sign_in: Callable[..., Page],
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(page, cast.admin)
    for name, address in PAGES.items():
        answer = page.goto(address.format(**furnished))
        assert answer and answer.status == 200, address
        assert page.get_by_role("heading", level=1).count() == 1, address
        accessible(page)
        shoot(page, f"settings-{name}")


def test_a_phone_shows_them_without_scrolling_sideways(
    phone: Page, furnished: dict[str, int], cast: SimpleNamespace, sign_in: Callable[..., Page],
    shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(phone, cast.admin)
    for name, address in PAGES.items():
        phone.goto(address.format(**furnished))
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        shoot(phone, f"settings-phone-{name}")


def test_a_rule_is_tried_without_leaving_the_page(
    page: Page, furnished: dict[str, int], cast: SimpleNamespace, sign_in: Callable[..., Page],
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    sign_in(page, cast.admin)
    page.goto("/settings/rules/new")
    page.get_by_label("Name").fill("Logos")
    page.get_by_label("Subject or text has").fill("logo")
    page.get_by_label("Team").select_option(label="Back-end")
    page.get_by_role("button", name="Try on the last tickets").click()
    expect(page.get_by_role("heading", name="1 of the last 2 tickets would match")).to_be_visible()
    assert page.url.endswith("/settings/rules/new")
    accessible(page)
    shoot(page, "settings-trial")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Logos")).to_be_visible()
    page.get_by_role("button", name="Move Logos up").click()
    expect(page.locator("tbody tr").nth(1)).to_contain_text("Logos")


def test_a_team_goes_after_a_question(
    page: Page, cast: SimpleNamespace, sign_in: Callable[..., Page], accessible: Callable[[Page], None]
) -> None:
    gone = make.team("Interim")
    sign_in(page, cast.admin)
    page.goto(f"/settings/teams/{gone.pk}/")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Delete Interim?")).to_be_visible()
    accessible(page)
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Interim is deleted.")).to_be_visible()


def test_an_empty_desk_is_set_up_in_the_browser(
    page: Page, db: None, accessible: Callable[[Page], None], shoot: Callable[[Page, str], None]
) -> None:
    page.goto("/")
    page.get_by_label("Your name").fill("Alma")
    page.get_by_label("E-mail").fill("alma@desk.example")
    page.get_by_label("Password").fill(make.PASSWORD)
    accessible(page)
    shoot(page, "setup")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
