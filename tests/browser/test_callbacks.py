"""What channels answered, in the intake log; and how Slack and Twilio are set up: light, dark and on a phone."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from integrations.channels import answered
from integrations.models import Channel, Inbound
from integrations.tasks import interpret_pending
from tests.channels import a_channel
from tests.channels.test_slack import press
from tests.channels.test_twilio import sms


@pytest.fixture
def answers(front: object) -> tuple[Channel, Channel]:
    """An SMS that means nothing, and a button of somebody unknown."""
    slack, twilio = a_channel("slack", config={"room": "C0ROOM001"}), a_channel("twilio")
    at = timezone.now() - 2 * answered.LEASE
    answered.keep(twilio, sms("Who is this?"), path="sms", content_type="application/x-www-form-urlencoded", at=at)
    answered.keep(slack, press(), path="actions", content_type="application/x-www-form-urlencoded", at=at)
    interpret_pending()
    return slack, twilio


def test_what_channels_answered_is_in_the_intake_log(
    page: Page, answers: tuple[Channel, Channel], cast: SimpleNamespace, sign_in: Callable[..., Page],
    accessible: Callable[[Page], None], shoot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    slack, twilio = answers
    sign_in(page, cast.admin)
    entries = {row.channel_id: f"/intake/{row.receipt}" for row in Inbound.objects.all()}
    looks = {
        "log": "/intake/?door=callback", "sms": entries[twilio.pk], "button": entries[slack.pk],
        "slack": f"/settings/channels/{slack.pk}", "twilio": f"/settings/channels/{twilio.pk}",
    }  # fmt: skip
    for name, path in looks.items():
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path)
        accessible(page)
        shoot(page, f"callbacks-{name}")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shoot(page, f"callbacks-{name}-phone")
