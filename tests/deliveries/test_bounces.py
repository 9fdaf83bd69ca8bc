"""A delivery that came back says so."""

import pytest

from deliveries import actions, references
from deliveries.models import Delivery, State
from deliveries.senders.email import envelope_sender
from tests import make
from tests.make import later
from tickets.models import Event, Kind

pytestmark = pytest.mark.django_db
REPORT = {"status": "5.1.1", "diagnostic": "smtp; 550 No such user\0here", "at": later(hours=1)}


@pytest.fixture
def sent(cast, shop):
    make.ticket(requester=cast.customer, site=shop)
    Delivery.objects.update(state=State.SENT, next_try_at=None, returns_to="support@shop.example")
    return Delivery.objects.get()


def test_a_bounce_is_known_by_its_address_or_by_the_mail_that_came_back(sent):
    address = envelope_sender(sent)
    assert address.startswith("support+b.") and references.read_return_path(address) == sent.pk
    assert actions.bounced_one(addresses=["support@shop.example", address], message_ids=[]) == sent
    assert actions.bounced_one(addresses=[], message_ids=["other@x.example", sent.message_id.strip("<>")]) == sent
    assert actions.bounced_one(addresses=["support+b.1.aaaaaaaaaaaaaaaa@shop.example"], message_ids=["\0"]) is None


def test_a_permanent_one_shows_on_the_delivery_and_its_ticket(sent, cast, as_user):
    actions.bounced(delivery=sent, permanent=True, **REPORT)
    sent.refresh_from_db()
    assert sent.state == State.BOUNCED and "No such user" in sent.answer
    assert "No such user" in Event.objects.get(kind=Kind.DELIVERY_FAILED).data["reason"]
    page = as_user(cast.manager).get(f"/mailbox/{sent.pk}").content.decode()
    assert "It came back." in page and "5.1.1 smtp; 550 No such user" in page
    assert sent.subject in as_user(cast.manager).get("/mailbox/?state=bounced").content.decode()


def test_the_same_report_twice_is_told_once(sent):
    actions.bounced(delivery=sent, permanent=True, **REPORT)
    actions.bounced(delivery=sent, permanent=True, **REPORT)
    assert Event.objects.filter(kind=Kind.DELIVERY_FAILED).count() == 1


def test_a_passing_one_is_a_line_among_its_tries(sent):
    actions.bounced(delivery=sent, permanent=False, **(REPORT | {"status": "4.2.2"}))
    sent.refresh_from_db()
    assert sent.state == State.SENT and sent.tries.get().outcome == "bounced"
    assert not Event.objects.filter(kind=Kind.DELIVERY_FAILED).exists()


def test_one_that_came_back_can_be_sent_again(sent, cast):
    actions.bounced(delivery=sent, permanent=True, **REPORT)
    sent.refresh_from_db()
    actions.replay(delivery=sent, at=later(hours=2), actor=cast.manager)
    assert Delivery.objects.get().state == State.PENDING
