"""Machines that answer machines: whatever the other side does, it dies out, and soon."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import make_msgid
from types import SimpleNamespace

import pytest

from deliveries.models import Delivery
from integrations.models import Mail
from notifications.follow import PER_PERSON, PER_TICKET
from tests.mail.conftest import mailbox_at
from tests.mail.exchange import Client, Exchange, work
from tests.mail.post import SERVER
from tests.mail.servers import USER, smtp_sink
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db
THEM = "help@otherdesk.example"
POLITE = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "X-Helpdesk-Desk": "a" * 16}


class OtherDesk:
    """Answers every mail at once, as a desk acknowledges what it takes for a new request. `threads`: with the headers
    of an answer; `quotes`: with our text; `headers`: what it says of itself."""

    def __init__(self, *, threads: bool, quotes: bool, headers: dict[str, str]) -> None:
        self.threads, self.quotes, self.headers = threads, quotes, headers
        self.answered = 0

    def __call__(self, mail: EmailMessage, sender: str) -> EmailMessage:
        self.answered += 1
        answer = EmailMessage()
        answer["From"], answer["To"] = f"Other desk <{THEM}>", str(mail["Reply-To"] or mail["From"])
        subject = f"Re: {mail['Subject']}" if self.threads else f"We have your request {self.answered}"
        answer["Subject"], answer["Message-ID"] = subject, make_msgid(domain="otherdesk.example")
        if self.threads:
            answer["In-Reply-To"] = answer["References"] = str(mail["Message-ID"])
        for name, value in self.headers.items():
            answer[name] = value
        body = mail.get_body(("plain",))
        answer.set_content("Thank you, we have it.\n\n" + (body.get_content() if self.quotes and body else ""))
        if not self.threads:  # and it answers From, not Reply-To, as the worst do
            answer.replace_header("To", USER)
        return answer


@pytest.fixture
def world(shop, imap, settings) -> Iterator[SimpleNamespace]:
    """The desk and the mail between it and the other one."""
    with smtp_sink(Exchange()) as (exchange, port):
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
        exchange.boxes = {USER: imap.box}
        yield SimpleNamespace(
            exchange=exchange,
            mailbox=mailbox_at(imap, site=shop, authserv_id=SERVER),
            them=Client("Other desk", THEM, imap, port),
        )


def run(world: SimpleNamespace, **how) -> OtherDesk:
    """Somebody there writes to us once; then nobody does anything any more."""
    robot = world.exchange.robots[THEM] = OtherDesk(**how)
    world.them.write(USER, "Your invoice", "A person wrote this.")
    work(world.mailbox)
    return robot


def test_a_desk_with_good_manners_gets_one_answer_and_gives_one(world):
    robot = run(world, threads=True, quotes=True, headers=POLITE)
    assert robot.answered == Delivery.objects.filter(address=THEM).count() == 1
    assert Ticket.objects.count() == 1 and Mail.objects.count() == 2
    assert not Message.objects.filter(automatic=False, body__startswith="Thank you").exists()


def test_one_that_says_nothing_of_itself_but_answers_in_the_thread_is_told_once(world):
    robot = run(world, threads=True, quotes=False, headers={})
    assert robot.answered == 1 and Ticket.objects.count() == 1


def test_one_whose_headers_were_lost_is_known_by_the_mark_in_what_it_quotes(world):
    robot = run(world, threads=False, quotes=True, headers={})
    assert robot.answered == 1 and Ticket.objects.count() == 1


def test_the_worst_one_dies_out_within_the_cap_for_one_person(world):
    """A new subject each time, nothing quoted, no header, and to the bare mailbox: every answer looks new."""
    robot = run(world, threads=False, quotes=False, headers={})
    assert robot.answered == PER_PERSON == Delivery.objects.filter(address=THEM).count()
    assert Ticket.objects.count() <= PER_PERSON + 1


def test_one_that_only_says_it_is_automatic_is_not_answered(world):
    robot = run(world, threads=False, quotes=False, headers={"Auto-Submitted": "auto-replied"})
    assert robot.answered == 1 and Ticket.objects.count() == 1


def test_automatic_letters_about_one_ticket_have_a_cap_of_their_own():
    assert PER_TICKET < PER_PERSON
