"""It hears several of the asking side at once as it hears each alone."""

import pytest

from tests import make
from tests.make import T0, later
from tickets.actions import conversation, progress
from tickets.actions.hearing import Heard, receive_together
from tickets.errors import Refused
from tickets.models import Event, MailText, Message

pytestmark = pytest.mark.django_db


def said(ticket, words: str, at=T0) -> Heard:
    return Heard(ticket=ticket.pk, body=words, at=at, actor=ticket.requester, mail=MailText(warning="two senders"))


def test_each_hears_its_own_in_the_order_of_what_was_said(cast, shop):
    tickets = [make.ticket(requester=cast.customer, site=shop) for _ in range(3)]
    conversation.reply(ticket=tickets[2], body="Which?", at=later(hours=1), actor=cast.agent, via="web")
    news = [said(ticket, f"Words {ticket.pk}") for ticket in reversed(tickets)]
    messages = receive_together(news, via="email")
    assert [(one.ticket_id, one.body) for one in messages] == [(one.pk, f"Words {one.pk}") for one in reversed(tickets)]
    assert Message.objects.get(pk=messages[0].pk).at == later(hours=1)  # never before what was said already
    lines = Event.objects.filter(kind="received").order_by("pk")
    assert [line.data for line in lines] == [{"warning": "two senders"}] * 3
    tickets[2].refresh_from_db()
    assert (tickets[2].status, tickets[2].needs_reply) == ("diagnosing", True)


def test_where_one_has_ended_nothing_is_heard(cast, shop):
    tickets = [make.ticket(requester=cast.customer, site=shop) for _ in range(2)]
    progress.cancel(ticket=tickets[1], reason="spam", at=T0, actor=cast.agent, via="web")
    before = Message.objects.count()
    with pytest.raises(Refused):
        receive_together([said(ticket, "Hello?") for ticket in tickets], via="email")
    assert Message.objects.count() == before
