"""Deliveries and invitations in a real browser."""

from datetime import timedelta

import pytest
from django.conf import settings as conf
from django.utils import timezone
from playwright.sync_api import expect

from accounts.actions.invitations import invite
from deliveries.actions import freeze
from deliveries.models import Delivery, State
from deliveries.send import send_due
from tests import make
from tests.make import PASSWORD
from tickets.actions import conversation, progress


@pytest.fixture
def told(cast, shop, live_server, settings):
    """A ticket from its acknowledgement to its resolution; one letter was given up, one was sent twice."""
    settings.BASE_URL = live_server.url
    now = timezone.now() - timedelta(hours=2)
    ticket = make.ticket(requester=cast.customer, site=shop, at=now, severity=1)
    conversation.reply(
        ticket=ticket, body="We are **looking** into it.\n\n- logs\n- prices", at=now + timedelta(minutes=9),
        actor=cast.agent, via="web",
    )  # fmt: skip
    progress.resolve(
        ticket=ticket, code="fixed", text="Restarted the price service.", at=now + timedelta(hours=1),
        actor=cast.agent, via="web",
    )  # fmt: skip
    send_due(timezone.now())
    row = Delivery.objects.get(event__kind="replied")
    Delivery.objects.filter(pk=row.pk).update(state=State.DEAD, answer="550 5.1.1 no such user")
    row.tries.create(at=now, outcome="refused", answer="550 5.1.1 no such user")
    Delivery.objects.filter(event__kind="opened", user=cast.customer).update(state=State.SENT, uncertain=True)
    return ticket


def test_the_mailbox_is_read_accessibly_and_its_links_lead_to_the_requesters_page(
    cast, told, page, sign_in, accessible, shoot
):
    sign_in(page, cast.manager)
    page.goto("/mailbox/")
    expect(page.locator("table")).to_contain_text("Maybe twice")
    accessible(page)
    shoot(page, "mailbox")
    page.get_by_role("link", name="Given up").click()
    page.locator("tbody a").first.click()
    expect(page.locator("main")).to_contain_text("550 5.1.1 no such user")
    accessible(page)
    shoot(page, "mailbox-given-up")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("main")).to_contain_text("Waiting")
    page.goto(f"/mailbox/{Delivery.objects.get(event__kind='resolved').pk}")
    shoot(page, "mailbox-letter")
    page.get_by_role("link", name="Not fixed", exact=True).click()
    page.wait_for_url("**/help/t/**")


def test_a_frozen_desk_says_so_on_a_phone(cast, told, phone, sign_in, accessible, shoot):
    freeze(reason="Restored from a backup.", at=timezone.now(), actor=None)
    sign_in(phone, cast.admin)
    phone.goto("/mailbox/")
    accessible(phone)
    shoot(phone, "mailbox-phone")
    phone.get_by_role("button", name="Release").click()
    expect(phone.locator("main")).not_to_contain_text("Sending is frozen")


def test_an_invited_person_chooses_a_password_and_is_in(cast, page, accessible, shoot, front):
    _, url = invite(
        email="nia@people.example", name="Nia", role="agent", teams=[front], at=timezone.now(), actor=cast.manager
    )
    page.goto(url.removeprefix(conf.BASE_URL))
    accessible(page)
    shoot(page, "invitation")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/queue/**")
