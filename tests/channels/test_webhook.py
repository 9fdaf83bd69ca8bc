"""The signed webhook: its signature, its order, and when it is switched off."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from deliveries import claims
from deliveries.models import Delivery
from integrations.channels import posting
from integrations.channels.webhook.send import signed
from integrations.models import Channel
from tests import make
from tests.channels import TICKET, a_channel, a_message, sent

pytestmark = pytest.mark.django_db
OLD, NEW = "whsec_" + base64.b64encode(b"o" * 32).decode(), "whsec_" + base64.b64encode(b"n" * 32).decode()


@pytest.fixture
def hook(beyond) -> Channel:
    return a_channel(
        "webhook", config={"url": f"{beyond.base}/hook"},
        secrets={"signing": NEW, "signing_before": OLD, "authorization": "Bearer demo"},
    )  # fmt: skip


def holds(asked, secret: bytes) -> bool:
    """Whether one of its signatures is right, worked out as the specification says."""
    content = b".".join([asked.headers["webhook-id"].encode(), asked.headers["webhook-timestamp"].encode(), asked.body])
    right = base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
    return f"v1,{right}" in asked.headers["webhook-signature"].split(" ")


def test_the_vector_of_the_specification_comes_out():
    headers = signed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_it_posts_the_facts_signed_with_both_secrets(beyond, hook):
    assert sent(a_message(hook)).state == "sent"
    [asked] = beyond.asked
    assert holds(asked, b"n" * 32) and holds(asked, b"o" * 32) and not holds(asked, b"x" * 32)
    assert abs(int(asked.headers["webhook-timestamp"]) - time.time()) < 60
    assert asked.headers["authorization"] == "Bearer demo"
    body = json.loads(asked.body)
    assert (body["type"], body["data"]["acknowledge_url"]) == ("page.open", "https://desk.example/p/token")
    assert body["data"]["tickets"] == [TICKET | {"severity": "P1"}]
    assert "4711" not in asked.body.decode()


def test_a_repeat_has_the_same_id_and_body(beyond, hook):
    beyond.answers[""] = (503, b"")
    message = a_message(hook)
    assert sent(message).state == "pending"
    sent(message)
    first, second = beyond.asked
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)


def test_what_is_about_one_ticket_leaves_in_order(cast, shop, beyond, hook):
    one, other = (make.ticket(requester=cast.customer, site=shop) for _ in range(2))
    Delivery.objects.all().delete()
    first, second, elsewhere = (a_message(hook, ticket=ticket) for ticket in (one, one, other))
    now = timezone.now()
    taken = {row.pk for row in claims.claim(now, urgent=True)}
    assert taken == {first.pk, elsewhere.pk} and claims.claim(now, urgent=True) == []
    Delivery.objects.filter(pk=first.pk).update(state="sent", next_try_at=None, claim=None)
    assert [row.pk for row in claims.claim(now, urgent=True)] == [second.pk]


def test_one_that_hangs_may_have_heard(beyond, hook, monkeypatch):
    monkeypatch.setitem(posting.post.__kwdefaults__, "seconds", 0.3)
    beyond.hold.clear()
    done = sent(a_message(hook))
    assert (done.state, done.uncertain) == ("pending", True)


def off(hook: Channel) -> bool:
    hook.refresh_from_db()
    return not hook.is_active


def test_one_that_says_it_is_gone_is_switched_off_and_the_admins_are_told_once(cast, beyond, hook):
    beyond.answers[""] = (410, b"gone")
    waiting = a_message(hook)
    assert sent(a_message(hook)).state == "dead" and off(hook)
    told = Delivery.objects.get(channel="email")
    assert told.address == cast.admin.email and "410 gone" in told.body_text and not told.urgent
    assert "switched off" in sent(waiting).answer and len(beyond.asked) == 1
    assert Delivery.objects.filter(channel="email").count() == 1


def test_one_that_failed_for_a_day_is_switched_off_but_not_by_a_single_failure(cast, beyond, hook):
    beyond.answers[""] = (500, b"")
    message = a_message(hook)
    sent(message)
    assert not off(hook)
    Channel.objects.update(failing_since=timezone.now() - timedelta(hours=25))
    sent(a_message(hook))
    assert not off(hook)
    for _ in range(2):
        Delivery.objects.filter(pk=message.pk).update(state="pending", claim=None)
        sent(message)
    assert off(hook) and Delivery.objects.filter(channel="email").count() == 1
