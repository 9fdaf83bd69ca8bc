"""It answers no machine, starts nothing for one, and lets no loop run on."""

import pytest

from deliveries.models import Delivery
from deliveries.references import return_path
from integrations.models import Mail, Mailbox
from notifications.follow import PER_PERSON
from tests.mail.post import SERVER, answering, arrives, letter_to, mail, sent
from tests.make import later
from tickets.actions import conversation
from tickets.models import Audience, Kind, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(shop, front, settings, tmp_path) -> Mailbox:
    settings.MEDIA_ROOT = tmp_path
    return Mailbox.objects.create(
        name="Support", address="support@desk.example", protocol="push", team=front, authserv_id=SERVER
    )


@pytest.fixture
def waiting(cast, mailbox) -> Ticket:
    """A ticket of the customer's that waits for her."""
    ticket = arrives(mailbox, mail("It says error 500.\n", "Message-ID: <first@acme.example>")).ticket
    assert ticket is not None
    conversation.reply(ticket=ticket, body="Which browser?", at=later(minutes=5), actor=cast.agent, via="web")
    ticket.refresh_from_db()
    return ticket


def automatic_letters(address: str) -> int:
    return Delivery.objects.filter(address=address, automatic=True).count()


AWAY = [
    ("Auto-Submitted: auto-replied",),
    ("X-Autoreply: yes",),
    ("Precedence: auto_reply",),
    ("X-Auto-Response-Suppress: All",),
    ("Return-Path: <>",),
]


@pytest.mark.parametrize("lines", AWAY, ids=lambda lines: lines[0])
def test_an_absence_note_is_shown_to_the_desk_and_moves_nothing(cast, mailbox, waiting, lines):
    before = Ticket.objects.values().get(pk=waiting.pk)
    clocks = list(waiting.clocks.order_by("pk").values("state", "due_at", "stopped_at", "cycle"))
    letters = Delivery.objects.count()
    noted = arrives(
        mailbox, mail("I am away.\n", answering(letter_to(waiting, "cora@acme.example")), *lines), later(hours=1)
    )
    assert (noted.outcome, noted.message.audience, noted.message.automatic) == ("note", Audience.INTERNAL, True)
    after = Ticket.objects.values().get(pk=waiting.pk)
    moved = {key for key in before if before[key] != after[key]} - {"last_event", "last_event_at"}
    assert moved == set()
    assert list(waiting.clocks.order_by("pk").values("state", "due_at", "stopped_at", "cycle")) == clocks
    assert Delivery.objects.count() == letters


def test_an_absence_note_never_reopens(cast, mailbox, waiting):
    Ticket.objects.filter(pk=waiting.pk).update(status="resolved", resolved_at=later(minutes=6))
    arrives(mailbox, mail("I am away.\n", "In-Reply-To: <first@acme.example>", AWAY[0][0]), later(hours=1))
    assert Ticket.objects.get(pk=waiting.pk).status == "resolved"


def test_a_strangers_machine_reaches_no_ticket_and_no_inbox(cast, mailbox, waiting):
    letter = letter_to(waiting, "cora@acme.example")
    noted = arrives(
        mailbox, mail("Away.\n", answering(letter), AWAY[0][0], sender="sam@elsewhere.example"), later(hours=1)
    )
    assert (noted.outcome, noted.candidate) == ("dropped", waiting)
    assert not Mail.objects.held().exists()


def test_a_machines_answer_to_nothing_is_dropped_and_can_be_tried_again(mailbox):
    noted = arrives(mailbox, mail("I am away.\n", "Auto-Submitted: auto-replied"))
    assert (noted.outcome, noted.inbound.can_replay) == ("dropped", True)


@pytest.mark.parametrize("line", ["Auto-Submitted: auto-generated", "List-Id: <news.acme.example>", "X-Cron-Env: <x>"])
def test_what_a_machine_sends_of_itself_opens_a_ticket_that_nobody_is_told_of(mailbox, line):
    noted = arrives(mailbox, mail("Backup failed.\n", line, sender="root@host.example"))
    assert noted.outcome == "created"
    assert noted.ticket.messages.get().automatic
    assert automatic_letters("root@host.example") == 0


def test_a_refuted_sender_is_not_answered(mailbox):
    refuted = f"Authentication-Results: {SERVER}; dmarc=fail"
    noted = arrives(mailbox, mail("Buy!\n", refuted, sender="victim@elsewhere.example"))
    assert noted.outcome == "created"
    assert automatic_letters("victim@elsewhere.example") == 0


class TestOurOwn:
    def test_our_letter_coming_back_is_dropped(self, mailbox, waiting):
        noted = arrives(mailbox, sent(letter_to(waiting, "cora@acme.example")), later(hours=1))
        assert noted.outcome == "dropped"
        assert waiting.messages.count() == 2

    @pytest.mark.parametrize("sender", ["support@desk.example", "Support+x@desk.example", "desk@helpdesk.example"])
    def test_our_own_address_is_nobody(self, mailbox, sender):
        assert arrives(mailbox, mail(sender=sender)).outcome == "dropped"

    def test_the_id_alone_gives_our_letter_away(self, mailbox, waiting):
        known = letter_to(waiting, "cora@acme.example").message_id
        assert arrives(mailbox, mail("Hi.\n", f"Message-ID: {known}"), later(hours=1)).outcome == "dropped"

    def test_colleagues_at_the_desks_own_domain_are_people(self, mailbox):
        assert arrives(mailbox, mail(sender="boss@desk.example")).outcome == "created"


class TestBounces:
    def bounce(self, delivery: Delivery, *, status="5.1.1", action="failed", to="support@desk.example", known=True):
        kind = "multipart/report; report-type=delivery-status; boundary=b"
        body = (
            "--b\n\nIt did not arrive.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
            f"Final-Recipient: rfc822; {delivery.address}\nAction: {action}\nStatus: {status}\n--b\n"
            f"Content-Type: text/rfc822-headers\n\nMessage-ID: {delivery.message_id if known else '<x@y>'}\n--b--\n"
        )
        return mail(body, "Return-Path: <>", sender="MAILER-DAEMON@mx.example", subject="Undelivered", to=to, kind=kind)

    @pytest.mark.parametrize("way", ["returned id", "return path"])
    def test_it_reaches_its_ticket_and_ends_writing_to_that_address(self, cast, mailbox, waiting, way):
        delivery = letter_to(waiting, "cora@acme.example")
        to = return_path("support@desk.example", delivery.pk) if way == "return path" else "support@desk.example"
        noted = arrives(mailbox, self.bounce(delivery, to=to, known=way == "returned id"), later(hours=1))
        assert (noted.outcome, noted.ticket, noted.delivery) == ("bounced", waiting, delivery)
        assert waiting.events.filter(kind=Kind.DELIVERY_FAILED).exists()
        cast.customer.refresh_from_db()
        assert cast.customer.undeliverable_at == later(hours=1)
        assert Ticket.objects.count() == 1

    def test_a_passing_one_ends_nothing(self, cast, mailbox, waiting):
        delivery = letter_to(waiting, "cora@acme.example")
        noted = arrives(mailbox, self.bounce(delivery, status="4.2.2", action="delayed"), later(hours=1))
        cast.customer.refresh_from_db()
        assert (noted.outcome, cast.customer.undeliverable_at) == ("bounced", None)

    def test_a_forged_one_changes_nothing(self, cast, mailbox, waiting):
        noted = arrives(mailbox, self.bounce(letter_to(waiting, "cora@acme.example"), known=False), later(hours=1))
        cast.customer.refresh_from_db()
        assert (noted.outcome, noted.ticket, cast.customer.undeliverable_at) == ("bounced", None, None)

    def test_who_writes_again_is_written_to_again(self, cast, mailbox, waiting):
        cast.customer.undeliverable_at = later(minutes=1)
        cast.customer.save()
        arrives(mailbox, mail("Here.\n", "In-Reply-To: <first@acme.example>"), later(hours=1))
        cast.customer.refresh_from_db()
        assert cast.customer.undeliverable_at is None


class OtherDesk:
    """Another desk that answers every mail it gets, without any header that says so."""

    address = "help@other.example"

    def __init__(self, subject: str) -> None:
        self.subject, self.answered = subject, 0

    def answer(self, delivery: Delivery) -> bytes:
        self.answered += 1
        number = self.answered
        subject = self.subject.format(number=number, subject=delivery.subject)
        return mail(f"We got your mail, case {number}.\n", sender=self.address, subject=subject)


@pytest.mark.parametrize("subject", ["Case {number} received", "[Case {number}] Re: {subject}"])
def test_a_loop_of_two_desks_dies_out_within_the_caps(mailbox, subject):
    other = OtherDesk(subject)
    arrives(mailbox, mail("Hello desk.\n", sender=other.address))
    seen: set[int] = set()
    for turn in range(100):
        fresh = Delivery.objects.filter(address=other.address).exclude(pk__in=seen).order_by("pk")
        letters = list(fresh)
        if not letters:
            break
        for delivery in letters:
            seen.add(delivery.pk)
            arrives(mailbox, other.answer(delivery), later(seconds=turn))
    assert other.answered <= PER_PERSON
    assert turn < 100 - 1


def test_an_address_that_opens_very_many_tickets_waits_for_a_person(mailbox, settings):
    settings.MAIL_TICKETS_PER_SENDER = 3
    outcomes = [arrives(mailbox, mail(f"Alarm {n}\n"), later(seconds=n)).outcome for n in range(5)]
    assert outcomes == ["created"] * 3 + ["held"] * 2
    assert arrives(mailbox, mail("Later\n"), later(hours=2)).outcome == "created"


@pytest.mark.parametrize("raw", [
    mail(sender="undisclosed"), b"\x00\xff\xfe" * 4000, b"", mail("Cheap!\n", "X-Spam-Flag: YES"),
], ids=["no sender", "noise", "nothing", "spam"])  # fmt: skip
def test_what_cannot_be_answered_waits_for_a_person(mailbox, raw):
    noted = arrives(mailbox, raw)
    assert (noted.outcome, noted.candidate) == ("held", None)


def test_somebody_who_may_not_use_the_desk_waits_for_a_person(cast, mailbox):
    cast.customer.is_active = False
    cast.customer.save()
    assert arrives(mailbox, mail()).outcome == "held"
