"""It finds the ticket that a mail belongs to, and lets nobody else in."""

import pytest
from django.test import Client

from deliveries.references import Side, mark, new_message_id, reply_address
from integrations.models import Mailbox
from tests import make
from tests.mail.post import PROVEN, REFUTED, SERVER, answering, arrives, letter_to, mail
from tests.make import later
from tickets.actions import conversation, progress
from tickets.links import requester_url
from tickets.models import Audience, Message, Ticket, TicketFollower

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(shop, back, settings, tmp_path) -> Mailbox:
    settings.MEDIA_ROOT = tmp_path
    return Mailbox.objects.create(
        name="Support", address="support@desk.example", protocol="push", team=back, kind="request", category="Mail",
        authserv_id=SERVER,
    )  # fmt: skip


@pytest.fixture
def asked(cast, mailbox) -> Ticket:
    """A ticket that the customer opened by mail."""
    ticket = arrives(mailbox, mail("It says error 500.\n", "Message-ID: <first@acme.example>")).ticket
    assert ticket is not None
    return ticket


def test_a_mail_opens_a_ticket_with_the_mailboxs_defaults(cast, mailbox, back):
    noted = arrives(mailbox, mail("It says error 500.\n", subject="Checkout fails"))
    ticket = noted.ticket
    assert (noted.outcome, ticket.subject, ticket.kind, ticket.category) == (
        "created", "Checkout fails", "request", "Mail",
    )  # fmt: skip
    assert (ticket.requester, ticket.team, ticket.channel) == (cast.customer, back, "email")
    assert (ticket.messages.get().body, ticket.messages.get().markup) == ("It says error 500.", "plain")
    assert letter_to(ticket, "cora@acme.example").automatic


def test_somebody_unknown_is_known_afterwards_by_address_alone(cast, mailbox):
    noted = arrives(mailbox, mail(sender="Cora <new@unknown.example>"))
    assert noted.ticket.requester.email == "new@unknown.example"
    assert noted.ticket.requester != cast.customer


def test_the_same_mail_twice_is_one_ticket(cast, mailbox):
    raw = mail()
    first = arrives(mailbox, raw)
    assert arrives(mailbox, raw).pk == first.pk
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("way", ["answered", "earlier", "address", "mark", "own id"])
def test_her_answer_joins_her_ticket(cast, mailbox, asked, way):
    letter = letter_to(asked, "cora@acme.example")
    to = reply_address("support@desk.example", asked.pk, cast.customer.pk) if way == "address" else mailbox.address
    lines = {
        "answered": [answering(letter)],
        "earlier": [f"References: <x@y.example> {letter.message_id} <z@y.example>"],
        "own id": ["In-Reply-To: <first@acme.example>"],
    }
    body = f"Now it works.\n\n> Reference: {mark(asked.pk, cast.customer.pk)}\n" if way == "mark" else "Now it works.\n"
    noted = arrives(mailbox, mail(body, *lines.get(way, []), to=to, subject="Something else"), later(hours=1))
    assert (noted.outcome, noted.ticket) == ("appended", asked)
    assert noted.message.body == "Now it works."
    assert (noted.message.author, noted.message.audience, noted.message.from_desk) == (cast.customer, "public", False)


@pytest.mark.parametrize("way", ["answered", "address", "mark", "own id", "number"])
def test_a_stranger_never_joins_a_ticket_whatever_he_carries(cast, mailbox, asked, way):
    letter = letter_to(asked, "cora@acme.example")
    to = reply_address("support@desk.example", asked.pk, cast.customer.pk) if way == "address" else mailbox.address
    lines = {"answered": [answering(letter)], "own id": ["In-Reply-To: <first@acme.example>"]}.get(way, [])
    body = f"Me too.\n> {mark(asked.pk, cast.customer.pk)}\n" if way == "mark" else "Me too.\n"
    subject = f"Re: [#{asked.pk}] Checkout" if way == "number" else "Re: Checkout"
    noted = arrives(
        mailbox, mail(body, *lines, PROVEN, sender="sam@elsewhere.example", to=to, subject=subject), later(hours=1)
    )
    assert (noted.outcome, noted.ticket, noted.candidate, noted.message) == ("held", None, asked, None)
    assert asked.messages.count() == 1
    assert not asked.followers.exists()
    assert Ticket.objects.count() == 1


def test_a_guessed_number_with_her_address_is_held(cast, mailbox, asked):
    noted = arrives(mailbox, mail("Please cancel it.\n", subject=f"[#{asked.pk}] Checkout"), later(hours=1))
    assert (noted.outcome, noted.candidate) == ("held", asked)


def test_a_number_joins_when_our_server_vouches_for_her(cast, mailbox, asked):
    noted = arrives(mailbox, mail("More.\n", PROVEN, subject=f"[#{asked.pk}] Checkout"), later(hours=1))
    assert (noted.outcome, noted.ticket) == ("appended", asked)


def test_somebody_elses_server_vouches_for_nobody(cast, mailbox, asked):
    forged = "Authentication-Results: mx.attacker.example; dmarc=pass"
    noted = arrives(mailbox, mail("More.\n", forged, subject=f"[#{asked.pk}] Checkout"), later(hours=1))
    assert noted.outcome == "held"


def test_a_reference_changed_by_one_digit_opens_a_ticket_of_his_own(cast, mailbox, asked):
    forged = new_message_id(asked.pk + 1, cast.customer.pk).replace(f".{asked.pk + 1}.", f".{asked.pk}.")
    noted = arrives(mailbox, mail("Hi.\n", f"In-Reply-To: {forged}", sender="sam@elsewhere.example"), later(hours=1))
    assert (noted.outcome, noted.candidate) == ("created", None)


def test_what_our_server_refutes_joins_only_with_a_letter_to_that_very_person(cast, mailbox, asked):
    TicketFollower.objects.create(ticket=asked, user=cast.colleague)
    to_cora = letter_to(asked, "cora@acme.example")
    own = arrives(mailbox, mail("Mine.\n", answering(to_cora), REFUTED), later(hours=1))
    other = arrives(
        mailbox, mail("Forged.\n", answering(to_cora), REFUTED, sender="colin@acme.example"), later(hours=2)
    )
    assert (own.outcome, other.outcome) == ("appended", "held")


def test_whoever_is_kept_informed_may_write(cast, mailbox, asked):
    TicketFollower.objects.create(ticket=asked, user=cast.colleague)
    noted = arrives(mailbox, mail(
        "I see it too.\n", "In-Reply-To: <first@acme.example>", sender="colin@acme.example"), later(hours=1),
    )  # fmt: skip
    assert (noted.outcome, noted.message.author) == ("appended", cast.colleague)


def test_known_people_in_copy_are_kept_informed_and_nobody_is_made_for_it(cast, mailbox):
    noted = arrives(mailbox, mail("Hi.\n", "Cc: colin@acme.example, unknown@acme.example, ada@people.example"))
    assert [one.user for one in noted.ticket.followers.all()] == [cast.colleague]


class TestTheDesk:
    """Agents answer by replying to what the desk wrote to them."""

    @pytest.fixture
    def told(self, cast, asked):
        """The agent has the ticket and a letter that says the customer wrote."""
        Ticket.objects.filter(pk=asked.pk).update(assignee=cast.agent)
        asked.refresh_from_db()
        conversation.receive(ticket=asked, body="And?", at=later(minutes=5), actor=cast.customer, via="form")
        return letter_to(asked, cast.agent.email)

    def reply(self, mailbox, told, *lines, sender="ada@people.example"):
        return arrives(mailbox, mail("Try again now.\n", answering(told), *lines, sender=sender), later(minutes=9))

    def test_the_answer_goes_to_the_requester(self, cast, mailbox, asked, told):
        noted = self.reply(mailbox, told, PROVEN)
        assert (noted.outcome, noted.message.audience, noted.message.from_desk) == ("appended", "public", True)
        asked.refresh_from_db()
        assert (asked.status, asked.needs_reply) == ("waiting", False)
        assert "Try again now." in letter_to(asked, "cora@acme.example").body_text

    @pytest.mark.parametrize("lines", [(), (REFUTED,), ("Authentication-Results: mx.attacker.example; dmarc=pass",)])
    def test_a_forged_agent_is_held(self, cast, mailbox, asked, told, lines):
        noted = self.reply(mailbox, told, *lines)
        assert (noted.outcome, noted.candidate) == ("held", asked)
        assert not Message.objects.filter(author=cast.agent).exists()

    def test_without_the_name_of_our_server_no_agent_is_believed(self, mailbox, told):
        Mailbox.objects.update(authserv_id="")
        mailbox.refresh_from_db()
        assert self.reply(mailbox, told, PROVEN).outcome == "held"

    def test_a_second_sender_takes_the_proof_away(self, mailbox, told):
        assert self.reply(mailbox, told, PROVEN, "From: mallory@elsewhere.example").outcome == "held"

    def test_an_answer_to_internal_words_stays_internal(self, cast, mailbox, asked):
        conversation.note(ticket=asked, body="@ada the vault?", at=later(minutes=5), actor=cast.manager, via="web")
        noted = self.reply(mailbox, letter_to(asked, cast.agent.email), PROVEN)
        assert (noted.outcome, noted.message.audience) == ("note", Audience.INTERNAL)

    def test_internal_words_further_up_the_thread_keep_it_internal(self, cast, mailbox, asked, told):
        noted = self.reply(mailbox, told, PROVEN, f"References: {new_message_id(asked.pk, 1, side=Side.NOTE)}")
        assert noted.message.audience == Audience.INTERNAL

    def test_a_number_in_the_subject_makes_a_note_of_it(self, cast, mailbox, asked):
        noted = arrives(mailbox, mail("Look here.\n", PROVEN, sender="ada@people.example", subject=f"[#{asked.pk}]"))
        assert (noted.outcome, noted.message.audience) == ("note", Audience.INTERNAL)

    def test_a_closed_ticket_gets_a_note(self, cast, mailbox, asked, told):
        Ticket.objects.filter(pk=asked.pk).update(status="cancelled")
        assert self.reply(mailbox, told, PROVEN).message.audience == Audience.INTERNAL

    def test_an_agent_outside_a_restricted_team_is_a_stranger(self, cast, mailbox, asked, told, security):
        Ticket.objects.filter(pk=asked.pk).update(team=security)
        assert self.reply(mailbox, told, PROVEN).outcome == "held"

    def test_what_the_desk_was_told_never_reaches_the_requester(self, cast, mailbox, asked, told):
        history = f"On Mon, 2 Mar 2026 at 09:05, Support <support@desk.example> wrote:\n> {told.body_text}"
        html = f"<p>Try again now.</p><div>{told.body_html}</div>"
        for kind, body in (("text/plain", f"Try again now.\n\n{history}"), ("text/html", html)):
            raw = mail(body, answering(told), PROVEN, sender="ada@people.example", kind=f"{kind}; charset=utf-8")
            message = arrives(mailbox, raw, later(minutes=9)).message
            if message.audience == Audience.PUBLIC:
                assert "Severity" not in f"{message.body}{message.safe_html}"
        assert "Severity" not in Client().get(requester_url(asked, cast.customer)).content.decode()
        assert "Severity" not in letter_to(asked, "cora@acme.example").body_text

    def test_an_answer_without_words_of_its_own_stays_inside(self, cast, mailbox, asked, told):
        raw = mail(f"> {told.body_text}", answering(told), PROVEN, sender="ada@people.example")
        assert arrives(mailbox, raw, later(minutes=9)).message.audience == Audience.INTERNAL

    @pytest.mark.parametrize("way", ["inline", "attached"])
    def test_what_an_agent_passes_on_is_asked_by_whoever_wrote_it(self, cast, mailbox, way):
        theirs = "From: Pia <pia@buyer.example>\nDate: today\nSubject: Help\n\nHelp!\n"
        body, kind = f"He again.\n\n--- Forwarded message ---\n{theirs}", "text/plain"
        if way == "attached":
            body = f"--b\n\nHe again.\n--b\nContent-Type: message/rfc822\n\n{theirs}\n--b--\n"
            kind = "multipart/mixed; boundary=b"
        noted = arrives(mailbox, mail(body, PROVEN, sender="ada@people.example", subject="Fwd: Help", kind=kind))
        assert (noted.ticket.requester.email, noted.ticket.subject) == ("pia@buyer.example", "Help")
        asked, said = noted.ticket.messages.order_by("pk")
        assert "Help!" in asked.body and "He again" not in f"{asked.body}{asked.quoted}{asked.safe_html}"
        assert (said.body, said.audience, said.author) == ("He again.", Audience.INTERNAL, cast.agent)
        assert "He again" not in letter_to(noted.ticket, "pia@buyer.example").body_text

    def test_nobody_passes_on_in_an_agents_name(self, cast, mailbox):
        body = "---------- Forwarded message ---------\nFrom: Pia <pia@buyer.example>\nSubject: Help\n\nHelp!\n"
        noted = arrives(mailbox, mail(body, sender="ada@people.example", subject="Fwd: Help"))
        assert noted.ticket.requester == cast.agent


class TestClosed:
    @pytest.fixture
    def closed(self, cast, asked):
        progress.resolve(ticket=asked, code="fixed", text="Done.", at=later(minutes=10), actor=cast.agent, via="web")
        progress.verify_and_close(ticket=asked, how="requester", at=later(minutes=20), actor=cast.customer, via="form")
        return asked

    def answer(self, mailbox, at):
        return arrives(mailbox, mail("Again!\n", "In-Reply-To: <first@acme.example>"), at)

    def test_within_the_window_it_reopens(self, mailbox, closed):
        assert self.answer(mailbox, later(hours=1)).ticket == closed
        closed.refresh_from_db()
        assert closed.status == "diagnosing"

    def test_later_it_opens_a_linked_follow_up(self, mailbox, closed):
        noted = self.answer(mailbox, later(days=60))
        assert (noted.outcome, noted.ticket.follows) == ("created", closed)

    def test_a_mailbox_may_always_open_follow_ups(self, mailbox, closed):
        Mailbox.objects.update(on_closed="follow_up")
        assert self.answer(mailbox, later(hours=1)).ticket.follows == closed


def test_a_duplicate_leads_to_the_ticket_it_went_into(cast, mailbox, asked):
    main = make.ticket(requester=cast.customer)
    Ticket.objects.filter(pk=asked.pk).update(merged_into=main, status="cancelled")
    assert arrives(mailbox, mail("More.\n", "In-Reply-To: <first@acme.example>"), later(hours=1)).ticket == main
