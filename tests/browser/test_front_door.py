"""The sign-in page in a real browser."""

from collections.abc import Callable
from types import SimpleNamespace

from playwright.sync_api import Page


def test_it_offers_sign_in_to_everybody(page: Page, accessible: Callable[[Page], None]) -> None:
    page.goto("/accounts/login/")
    assert page.get_by_role("heading", level=1).count() == 1
    accessible(page)


def test_it_signs_a_person_in(page: Page, cast: SimpleNamespace, sign_in: Callable[..., Page]) -> None:
    sign_in(page, cast.agent)
    assert page.goto("/accounts/email/").status == 200
