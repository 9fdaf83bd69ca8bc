"""What happens to a delivery that a worker takes."""

import smtplib
import socket
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deliveries import claims
from deliveries.actions import cancel, freeze, queue_mail, replay, unfreeze
from deliveries.models import Delivery, DeliverySwitch, State
from deliveries.send import keep_past, send_due
from deliveries.senders import email
from tests import make
from tests.make import T0, later
from tickets.actions import conversation
from tickets.errors import Refused
from tickets.models import Event, Kind

pytestmark = pytest.mark.django_db


class Provider:
    """Takes everything but what it was told to answer otherwise."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.recipient, self.data = "250 OK", "250 queued as 42"

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server, session, envelope) -> str:
        self.taken.append(envelope.content)
        return self.data


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    handler = Provider()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "127.0.0.1", False
    settings.EMAIL_PORT = port
    yield handler
    controller.stop()


@pytest.fixture
def row(db: None) -> Delivery:
    return queue_mail(
        address="nora@acme.example",
        user=None,
        subject="Grüße",
        text="Hällo\n.\n",
        html="<p>Hällo</p>",
        at=timezone.now(),
    )


def tick(hours: float = 0) -> int:
    return send_due(timezone.now() + timedelta(hours=hours))


def test_without_a_mail_server_it_is_kept_here_at_once(row):
    assert tick() == 1
    row.refresh_from_db()
    assert (row.state, row.next_try_at, row.claim) == (State.KEPT, None, None)
    assert tick() == 0


def test_it_sends_text_and_html_with_its_own_message_id(row, provider):
    tick()
    row.refresh_from_db()
    mail = message_from_bytes(provider.taken[0], policy=policy.default)
    assert (row.state, row.answer, row.attempts) == (State.SENT, "250 queued as 42", 1)
    assert (mail["Message-ID"], mail["Subject"], mail["To"]) == (row.message_id, "Grüße", "nora@acme.example")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n").strip() == "Hällo\n."
    assert "<p>Hällo</p>" in mail.get_body(("html",)).get_content()
    assert tick(hours=1) == 0


def test_a_batch_goes_over_one_connection(provider, monkeypatch):
    for number in range(5):
        queue_mail(address=f"p{number}@x.example", user=None, subject="S", text="T", html="", at=timezone.now())
    opened = []
    connect = email.Sender.connect
    monkeypatch.setattr(email.Sender, "connect", lambda self: opened.append(self) or connect(self))
    assert tick() == 5
    assert (len(provider.taken), len(opened)) == (5, 1)


def test_a_passing_refusal_is_tried_again_later_and_later(row, provider):
    provider.recipient = "450 later please"
    tick()
    row.refresh_from_db()
    assert (row.state, row.answer, row.uncertain) == (State.PENDING, "450 later please", False)
    assert timedelta(seconds=40) < row.next_try_at - timezone.now() < timedelta(seconds=80)
    assert tick() == 0
    waits = [claims.wait_after(attempts).total_seconds() for attempts in (1, 2, 5, 40)]
    assert waits == sorted(waits) and waits[-1] <= 4 * 3600 * 1.2
    provider.recipient = "250 OK"
    tick(hours=1)
    row.refresh_from_db()
    assert (row.state, row.attempts, [t.outcome for t in row.tries.all()]) == (State.SENT, 2, ["failed", "sent"])


def test_after_48_hours_it_is_given_up_and_its_ticket_says_so(cast, shop, provider):
    ticket = make.ticket(requester=cast.customer, site=shop, at=timezone.now())
    provider.data = "451 disk full"
    tick()
    Delivery.objects.update(gives_up_at=timezone.now())
    tick(hours=1)
    sent = Delivery.objects.get()
    told = Event.objects.get(ticket=ticket, kind=Kind.DELIVERY_FAILED)
    assert (sent.state, sent.answer) == (State.DEAD, "451 disk full")
    assert (told.data["to"], told.data["reason"]) == (cast.customer.email, "451 disk full")
    assert Event.objects.filter(ticket=ticket).last() == told
    ticket.refresh_from_db()
    assert ticket.last_event == told.pk


def test_an_unknown_mailbox_is_given_up_at_once(row, provider):
    provider.recipient = "550 no such user"
    tick()
    row.refresh_from_db()
    assert (row.state, row.tries.get().outcome) == (State.DEAD, "refused")


def test_a_message_that_cannot_be_written_stops_no_other(row, provider):
    Delivery.objects.update(subject="two\nlines")
    queue_mail(address="p@x.example", user=None, subject="Fine", text="T", html="", at=timezone.now())
    tick()
    row.refresh_from_db()
    assert row.state == State.DEAD and "cannot be written" in row.answer
    assert len(provider.taken) == 1


def test_a_broken_sender_stops_no_other(provider, monkeypatch):
    for name in ("a", "b"):
        queue_mail(address=f"{name}@x.example", user=None, subject=name, text="T", html="", at=timezone.now())
    write = email.as_bytes

    def stumble(delivery: Delivery) -> bytes:
        if delivery.subject == "a":
            raise RuntimeError("a bug")
        return write(delivery)

    monkeypatch.setattr(email, "as_bytes", stumble)
    tick()
    assert dict(Delivery.objects.values_list("subject", "state")) == {"a": State.PENDING, "b": State.SENT}


def test_a_line_that_breaks_after_the_text_was_sent_leaves_it_uncertain(row, provider, monkeypatch):
    def drop(self: smtplib.SMTP, message: bytes) -> tuple[int, bytes]:
        raise smtplib.SMTPServerDisconnected("gone")

    with monkeypatch.context() as patched:
        patched.setattr(smtplib.SMTP, "data", drop)
        tick()
    row.refresh_from_db()
    assert (row.state, row.uncertain) == (State.PENDING, True)


def test_with_the_server_gone_nobody_knocks_for_half_a_minute(row, settings, provider):
    settings.EMAIL_PORT = 1
    tick()
    row.refresh_from_db()
    assert (row.state, row.attempts, row.uncertain) == (State.PENDING, 1, False)
    other = queue_mail(address="p@x.example", user=None, subject="S", text="T", html="", at=timezone.now())
    assert tick() == 0
    assert send_due(timezone.now() + claims.REST) == 1
    other.refresh_from_db()
    assert other.attempts == 1


def test_frozen_sending_waits_until_it_is_released(row, cast, provider):
    freeze(reason="Restored.", at=timezone.now(), actor=None)
    assert tick(hours=100) == 0
    unfreeze(at=timezone.now(), actor=cast.admin)
    assert tick() == 1
    assert len(provider.taken) == 1


def test_there_is_one_switch(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        DeliverySwitch.objects.create(pk=2)


def test_a_cancelled_one_is_not_sent_and_a_sent_one_not_cancelled(row, cast, provider):
    cancel(delivery=row, at=timezone.now(), actor=cast.manager)
    assert tick() == 0
    replay(delivery=Delivery.objects.get(), at=timezone.now(), actor=cast.manager)
    tick()
    for verb in (cancel, replay):
        with pytest.raises(Refused):
            verb(delivery=Delivery.objects.get(), at=timezone.now(), actor=cast.manager)
    assert len(provider.taken) == 1


def test_one_cancelled_after_it_was_claimed_is_not_sent(row, cast, provider):
    (claimed,) = claims.claim(timezone.now())
    cancel(delivery=row, at=timezone.now(), actor=cast.manager)
    assert not claims.begin(claimed, timezone.now())


def test_a_worker_that_lost_its_lease_writes_nothing(row, provider):
    (mine,) = claims.claim(timezone.now())
    claims.begin(mine, timezone.now())
    (theirs,) = claims.claim(timezone.now() + 2 * claims.LEASE)
    assert not claims.begin(mine, timezone.now())
    assert claims.begin(theirs, timezone.now())
    claims.finish(mine, email.Outcome("failed", "too late"), timezone.now())
    row.refresh_from_db()
    assert (row.state, row.claim, row.uncertain) == (State.SENDING, theirs.claim, True)


def test_replay_gives_it_48_hours_of_its_own_under_the_same_message_id(row, cast, provider):
    Delivery.objects.update(state=State.DEAD, next_try_at=None, gives_up_at=T0)
    replay(delivery=Delivery.objects.get(), at=timezone.now(), actor=cast.manager)
    provider.data = "451 later"
    tick()
    again = Delivery.objects.get()
    assert (again.state, again.message_id) == (State.PENDING, row.message_id)
    assert again.gives_up_at > timezone.now() + timedelta(hours=47)


def test_a_tick_with_nothing_due_is_one_statement(row, django_assert_max_num_queries):
    tick()
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert tick() == 0
    assert len([q for q in seen if "deliveries_delivery" in q["sql"]]) == 1
    assert len(seen) <= 3  # with the transaction's savepoint


def test_a_replayed_past_counts_as_kept_in_its_own_time(cast, shop):
    ticket = make.ticket(requester=cast.customer, site=shop)
    conversation.reply(ticket=ticket, body="Looking.", at=later(minutes=5), actor=cast.agent, via="web")
    assert keep_past(later(days=1)) == 2
    assert set(Delivery.objects.values_list("state", "sent_at")) == {(State.KEPT, T0), (State.KEPT, later(minutes=5))}
