"""Whom letters come from, where answers go, and what lets them find their way back."""

import pytest

from deliveries import references
from deliveries.models import Delivery
from deliveries.references import Side
from integrations.mail.arrival import arriving
from integrations.mail.automatic import is_own
from integrations.mail.headers import read as read_headers
from integrations.mail.parse import parse
from integrations.models import Inbound, Mail, Mailbox
from tests import make
from tests.make import T0, later
from tickets.actions import assignment, conversation
from tickets.models import Event, FollowerFailure, Kind

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(shop):
    """The shop's mailbox."""
    return Mailbox.objects.create(name="Shop support", address="support@shop.example", site=shop, protocol="push")


@pytest.fixture
def ticket(cast, shop, box):
    return make.ticket(requester=cast.customer, site=shop, followers=[cast.colleague])


def newest(user) -> Delivery:
    assert not FollowerFailure.objects.exists()
    return Delivery.objects.filter(user=user).latest("id")


def answered(ticket, agent, **fields):
    return conversation.reply(
        ticket=ticket, **{"body": "Looking.", "at": later(minutes=5), "actor": agent, "via": "web", **fields}
    )


def mailed(box, ticket, author, message_id, at=T0, outcome="appended"):
    inbound = Inbound.objects.create(door="mail", mailbox=box, raw=b"", size=0, received_at=at, state="done")
    return Mail.objects.create(
        inbound=inbound, mailbox=box, ticket=ticket, author=author, mail_id=message_id, received_at=at, outcome=outcome
    )


def test_letters_come_from_the_sites_mailbox_and_answers_go_there_signed(cast, ticket):
    answered(ticket, cast.agent)
    sent = newest(cast.customer)
    assert sent.sender == '"Ada (Shop support)" <support@shop.example>'
    assert "<support+h." in sent.headers["Reply-To"] and sent.returns_to == "support@shop.example"
    expected = (ticket.pk, cast.customer.pk, Side.ASKING)
    assert references.read(sent.headers["Reply-To"]) == references.read(sent.message_id) == expected
    assert references.read(sent.body_text) == references.read(sent.body_html) == expected
    assert sent.message_id.endswith("@shop.example>")
    assert references.read(newest(cast.colleague).message_id) == (ticket.pk, cast.colleague.pk, Side.ASKING)


def test_without_a_mailbox_nobody_is_asked_to_answer(cast, shop):
    make.ticket(requester=cast.customer, site=shop)
    sent = newest(cast.customer)
    assert sent.sender == "Helpdesk <desk@helpdesk.example>" and sent.returns_to == ""
    assert "Reply-To" not in sent.headers and "above this line" not in sent.body_text
    assert references.read(sent.message_id) == (sent.ticket_id, cast.customer.pk, Side.ASKING)


def test_the_mailbox_of_its_first_mail_comes_before_its_sites_and_its_teams(cast, shop, front, box):
    teams = Mailbox.objects.create(name="Front", address="front@shop.example", team=front, protocol="push")
    other = Mailbox.objects.create(name="Other", address="other@else.example", protocol="push", is_active=False)
    without_site = make.ticket(requester=cast.customer, team=front)
    assert newest(cast.customer).returns_to == teams.address
    with arriving(mailbox=other.pk, message_id="first@acme.example"):
        ticket = make.ticket(requester=cast.customer, site=shop, channel="email")
    sent = newest(cast.customer)
    assert sent.returns_to == other.address and sent.headers["In-Reply-To"] == "<first@acme.example>"
    mailed(other, ticket, cast.customer, "first@acme.example", outcome="created")
    answered(ticket, cast.agent)
    assert newest(cast.customer).returns_to == other.address
    answered(without_site, cast.agent)
    assert newest(cast.customer).returns_to == teams.address


def test_the_mailbox_with_the_desks_own_address_takes_the_rest(cast, front, settings):
    Mailbox.objects.create(name="The desk", address="desk@helpdesk.example", protocol="push")
    make.ticket(requester=cast.customer, team=front)
    assert newest(cast.customer).sender == "The desk <desk@helpdesk.example>"


def test_an_answer_names_the_customers_own_mails_in_their_order(cast, ticket, box):
    first = newest(cast.customer)
    mailed(box, ticket, cast.customer, "one@acme.example", at=later(minutes=2))
    mailed(box, ticket, cast.stranger, "held@evil.example", at=later(minutes=3), outcome="held")
    mailed(box, ticket, cast.agent, "agent@people.example", at=later(minutes=3))
    mailed(box, ticket, cast.customer, "bad id\r\nBcc: x@evil.example", at=later(minutes=4))
    answered(ticket, cast.agent)
    sent = newest(cast.customer)
    assert sent.headers["In-Reply-To"] == "<one@acme.example>"
    assert sent.headers["References"] == f"{first.message_id} <one@acme.example>"


def test_the_line_to_answer_above_ends_what_an_answer_says(cast, ticket, shop):
    answered(ticket, cast.agent)
    sent = newest(cast.customer)
    assert sent.body_text.startswith("— Please reply above this line —\n")
    quoted = "\n".join(f"> {line}" for line in sent.body_text.splitlines())
    for history in (quoted, sent.body_text):
        mail = parse(f"From: cora@acme.example\nSubject: Re: x\n\nStill broken.\n\n{history}".encode())
        assert mail.reply_text.strip() == "Still broken."
    shop.language = "de"
    shop.save()
    answered(ticket, cast.agent, at=later(minutes=9))
    german = newest(cast.customer).body_text
    mail = parse(f"From: cora@acme.example\nSubject: Re: x\n\nGeht nicht.\n\n{german}".encode())
    assert mail.reply_text.strip() == "Geht nicht."


def test_letters_are_in_the_sites_language(cast, shop):
    shop.language = "de"
    shop.save()
    make.ticket(requester=cast.customer, site=shop)
    sent = newest(cast.customer)
    assert "Ihre Anfrage ist bei uns angekommen" in sent.body_text and 'lang="de"' in sent.body_html
    assert "Erste Antwort bis: Montag, 2. März, " in sent.body_text and "Guten Tag Cora" in sent.body_text


def test_who_of_the_desk_answers_a_letter_writes_to_the_requester_only_about_her_own_words(cast, ticket):
    conversation.receive(ticket=ticket, body="Hello?", at=later(minutes=1), actor=cast.customer, via="form")
    assert references.read(newest(cast.agent).headers["Reply-To"]) == (ticket.pk, cast.agent.pk, Side.DESK)
    assert "your answer goes to the requester" in newest(cast.agent).body_text
    conversation.note(ticket=ticket, body="@ben look", at=later(minutes=2), actor=cast.agent, via="web")
    sent = newest(cast.other_agent)
    assert references.read(sent.headers["Reply-To"]) == references.read(sent.message_id)
    assert references.read(sent.message_id) == (ticket.pk, cast.other_agent.pk, Side.NOTE)
    assert "above this line: your answer becomes an internal note" in sent.body_text
    assignment.assign(ticket=ticket, to=cast.other_agent, at=later(minutes=3), actor=cast.agent, via="web")
    assert references.read(newest(cast.other_agent).message_id).side is Side.NOTE


def test_what_the_requester_may_read_hangs_on_no_internal_words(cast, ticket):
    assignment.assign(ticket=ticket, to=cast.other_agent, at=later(minutes=1), actor=cast.agent, via="web")
    conversation.receive(ticket=ticket, body="Hello?", at=later(minutes=2), actor=cast.customer, via="form")
    first = newest(cast.other_agent)
    conversation.note(ticket=ticket, body="@ben look", at=later(minutes=3), actor=cast.agent, via="web")
    assert newest(cast.other_agent).headers["In-Reply-To"] == first.message_id
    conversation.receive(ticket=ticket, body="Still there?", at=later(minutes=4), actor=cast.customer, via="form")
    assert newest(cast.other_agent).headers["References"] == first.message_id and "References" not in first.headers


def test_a_team_is_told_the_same_and_each_has_a_mark_of_their_own(cast, ticket):
    conversation.receive(ticket=ticket, body="Hello?", at=later(minutes=1), actor=cast.customer, via="form")
    told = Delivery.objects.filter(event__kind=Kind.RECEIVED)
    assert len(told) >= 2
    for sent in told:
        expected = (ticket.pk, sent.user_id, Side.DESK)
        assert references.read_all(sent.body_text) == references.read_all(sent.body_html) == [expected]


def test_our_own_letters_are_known_and_none_offers_to_unsubscribe(cast, ticket):
    for sent in Delivery.objects.all():
        assert references.is_desk_name(sent.headers["X-Helpdesk-Desk"])
        assert not any(name.lower().startswith("list-") for name in sent.headers)
    head, _ = read_headers(f"X-Helpdesk-Desk: {references.desk_name()}\n\n".encode())
    assert is_own(parse(b""), set(), head)


def test_where_plus_addresses_are_off_answers_go_to_the_mailbox_itself(cast, ticket, settings):
    settings.MAIL_PLUS_ADDRESSES = False
    answered(ticket, cast.agent)
    assert newest(cast.customer).headers["Reply-To"] == "Shop support <support@shop.example>"


def test_a_replayed_letter_is_not_told_twice(cast, ticket):
    events = Event.objects.filter(ticket=ticket, kind=Kind.OPENED)
    assert Delivery.objects.filter(event__in=events).count() == 1
