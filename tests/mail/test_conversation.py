"""A conversation between mail programs and the desk, through real SMTP and IMAP, stays one ticket."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from deliveries import references
from deliveries.models import Delivery, State
from integrations.models import Mail
from tests.mail.conftest import mailbox_at
from tests.mail.exchange import Client as Mailer
from tests.mail.exchange import Exchange, work
from tests.mail.post import SERVER
from tests.mail.servers import USER, Letterbox, serve, smtp_sink
from tickets.actions import assignment, conversation, progress
from tickets.links import requester_url
from tickets.models import Audience, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(cast, shop, imap, certificate, settings) -> Iterator[SimpleNamespace]:
    """The desk's mailbox at a server, Cora and Ada with mail programs of their own, and the mail between them."""
    homes = [serve("imap", Letterbox(), certificate) for _ in range(2)]
    with smtp_sink(Exchange()) as (exchange, port):
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
        exchange.boxes = {USER: imap.box, cast.customer.email: homes[0].box, cast.agent.email: homes[1].box}
        yield SimpleNamespace(
            exchange=exchange,
            mailbox=mailbox_at(imap, site=shop, name="Shop support", authserv_id=SERVER),
            cora=Mailer("Cora", cast.customer.email, homes[0], port),
            ada=Mailer("Ada", cast.agent.email, homes[1], port),
        )
    for home in homes:
        home.stop()


def said(ticket: Ticket, audience: str = Audience.PUBLIC) -> list[tuple[str, str]]:
    return [(str(one.author), one.body) for one in ticket.messages.filter(audience=audience).order_by("id")]


def test_ten_messages_both_ways_stay_one_ticket(world, cast):
    world.cora.write(USER, "Checkout fails", "1: It says error 500.")
    work(world.mailbox)
    ticket = Ticket.objects.get()
    assignment.assign(ticket=ticket, to=cast.agent, at=timezone.now(), actor=cast.manager, via="web")
    ticket.refresh_from_db()
    conversation.reply(ticket=ticket, body="2: Which **browser**?", at=timezone.now(), actor=cast.agent, via="web")
    for number in (3, 5, 7, 9):
        work(world.mailbox)
        world.cora.answer(world.cora.inbox()[-1], f"{number}: Still so.\n\nSee above.")
        work(world.mailbox)
        told = world.ada.inbox()[-1]
        assert f"{number}: Still so." in told.get_body(("plain",)).get_content()
        world.ada.answer(told, f"{number + 1}: And now?")
    work(world.mailbox)
    assert Ticket.objects.count() == 1
    expected = [("Cora", "1: It says error 500."), ("Ada", "2: Which **browser**?")]
    for number in (3, 5, 7, 9):
        expected += [("Cora", f"{number}: Still so.\n\nSee above."), ("Ada", f"{number + 1}: And now?")]
    assert said(ticket) == expected and said(ticket, Audience.INTERNAL) == []
    answers = Mail.objects.exclude(outcome="created").values_list("outcome", "matched_by")
    assert set(answers) == {("appended", "answered id")} and len(answers) == 8
    received = world.cora.inbox()
    assert all("Please reply above this line" in mail.get_body(("plain",)).get_content() for mail in received)
    assert all(str(mail["From"]).endswith(f"<{USER}>") for mail in received)


def test_every_letter_hangs_on_the_thread_of_the_customers_first_mail(world, cast):
    first = world.cora.write(USER, "Checkout fails", "It says error 500.")
    work(world.mailbox)
    conversation.reply(ticket=Ticket.objects.get(), body="Look.", at=timezone.now(), actor=cast.agent, via="web")
    work(world.mailbox)
    second = world.cora.answer(world.cora.inbox()[-1], "Still so.")
    work(world.mailbox)
    conversation.reply(ticket=Ticket.objects.get(), body="Now?", at=timezone.now(), actor=cast.agent, via="web")
    work(world.mailbox)
    acknowledged, _, last = world.cora.inbox()
    assert acknowledged["In-Reply-To"] == first["Message-ID"] and acknowledged["Auto-Submitted"] == "auto-generated"
    assert last["In-Reply-To"] == second["Message-ID"] and str(last["References"]).startswith(first["Message-ID"])


def test_an_answer_finds_its_ticket_by_any_one_of_what_the_letter_carried(world, cast):
    world.cora.write(USER, "Checkout fails", "It says error 500.")
    work(world.mailbox)
    letter = world.cora.inbox()[-1]
    mark = references.mark(Ticket.objects.get().pk, cast.customer.pk)
    world.cora.write(str(letter["Reply-To"]), "no headers", "By the address.")
    world.cora.write(USER, "only the id", "By the id.", In_Reply_To=str(letter["Message-ID"]))
    world.cora.write(USER, "only the text", f"By the mark.\n\n> Reference: {mark}")
    work(world.mailbox)
    ticket = Ticket.objects.get()
    assert [words for _, words in said(ticket)][1:] == ["By the address.", "By the id.", "By the mark."]
    assert list(Mail.objects.order_by("pk").values_list("matched_by", flat=True))[1:] == [
        "reply address", "answered id", "mark in the text",
    ]  # fmt: skip


def test_an_answer_to_a_colleagues_note_stays_with_the_desk(world, cast):
    world.cora.write(USER, "Checkout fails", "It says error 500.")
    work(world.mailbox)
    ticket = Ticket.objects.get()
    conversation.note(ticket=ticket, body="@ada is she a fraud?", at=timezone.now(), actor=cast.other_agent, via="web")
    work(world.mailbox)
    world.ada.answer(world.ada.inbox()[-1], "HUSH-HUSH")
    work(world.mailbox)
    assert ("Ada", "HUSH-HUSH") in said(ticket, Audience.INTERNAL) and len(said(ticket)) == 1
    assert not any("HUSH" in str(mail) for mail in world.cora.inbox())


def test_what_one_of_them_quotes_is_not_shown_to_another(world, cast, as_user):
    world.cora.write(USER, "Checkout fails", "It says error 500.")
    work(world.mailbox)
    ticket = Ticket.objects.get()
    ticket.followers.create(user=cast.colleague)
    assignment.assign(ticket=ticket, to=cast.agent, at=timezone.now(), actor=cast.manager, via="web")
    letter = world.cora.inbox()[-1]
    world.cora.answer(letter, f"Still so.\n\nI said so here: {requester_url(ticket, cast.customer)} twice")
    work(world.mailbox)
    world.ada.answer(world.ada.inbox()[-1], "Now?")
    work(world.mailbox)
    key = requester_url(ticket, cast.customer).rpartition("/")[2]
    assert [one.quoted != "" for one in ticket.messages.order_by("id")] == [False, True, True]
    assert not any(key in one.body + one.html + one.quoted for one in ticket.messages.all())
    hers, his = (Client().get(requester_url(ticket, who)).content.decode() for who in (cast.customer, cast.colleague))
    assert "We have received your request" in hers and "We have received your request" not in his
    assert "Now?" in hers and "wrote on a ticket of yours" not in hers + his


def test_a_bounce_comes_back_to_its_delivery_and_the_address_is_not_written_to_again(world, cast):
    world.cora.write(USER, "Checkout fails", "It says error 500.")
    work(world.mailbox)
    sender, _ = next(line for line in world.exchange.carried if line[1] == cast.customer.email)
    assert references.read_return_path(sender) == Delivery.objects.get(address=cast.customer.email).pk
    report = (
        "From: MAILER-DAEMON@mx.acme.example\r\nSubject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.acme.example\r\n\r\n"
        f"Final-Recipient: rfc822; {cast.customer.email}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    world.exchange.carry("", sender, report.encode())
    work(world.mailbox)
    came_back = Delivery.objects.get(address=cast.customer.email)
    assert came_back.state == State.BOUNCED and "5.1.1" in came_back.answer
    cast.customer.refresh_from_db()
    assert cast.customer.undeliverable_at is not None and Ticket.objects.count() == 1
    progress.cancel(ticket=Ticket.objects.get(), reason="gone", at=timezone.now(), actor=cast.agent, via="web")
    assert Delivery.objects.filter(address=cast.customer.email).count() == 1
