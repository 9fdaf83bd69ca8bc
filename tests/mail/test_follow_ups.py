"""A person decides about held mail in one click, sees why each mail went where it went, and can put it right."""

import pytest

from integrations import inbound
from integrations.models import Mail, Mailbox
from tests import make
from tests.mail.post import PROVEN, SERVER, arrives, mail
from tests.make import later
from tickets.models import Channel, Kind, Ticket
from tickets.search import find

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(shop, front, settings, tmp_path) -> Mailbox:
    settings.MEDIA_ROOT = tmp_path
    return Mailbox.objects.create(
        name="Support", address="support@desk.example", protocol="push", team=front, authserv_id=SERVER
    )


@pytest.fixture
def asked(cast, mailbox) -> Ticket:
    ticket = arrives(mailbox, mail("It says error 500.\n", "Message-ID: <first@acme.example>")).ticket
    assert ticket is not None
    return ticket


@pytest.fixture
def held(cast, mailbox, asked) -> Mail:
    """A stranger answers the customer's mail."""
    raw = mail("Me too, in Firefox.\n", "In-Reply-To: <first@acme.example>", sender="sam@elsewhere.example")
    return arrives(mailbox, raw, later(hours=1))


def page(client, mail: Mail, part: str = "") -> str:
    return client.get(f"/mail/{mail.inbound.receipt}{part}").content.decode()


def decide(client, mail: Mail, choice: str, **fields: str):
    response = client.post(f"/mail/{mail.inbound.receipt}/decision", {"choice": choice, **fields}, follow=True)
    mail.refresh_from_db()
    return response


class TestHeld:
    def test_the_rail_and_the_ticket_say_that_it_waits(self, cast, asked, as_user, mailbox):
        agent = as_user(cast.agent)
        assert "possible follow-up" not in agent.get(f"/tickets/{asked.pk}").content.decode().lower()
        arrives(mailbox, mail("Me too.\n", "In-Reply-To: <first@acme.example>", sender="sam@elsewhere.example"))
        shown = agent.get(f"/tickets/{asked.pk}").content.decode()
        assert "1 possible follow-up." in shown and 'href="/mail/held"' in shown
        waiting = agent.get("/mail/held").content.decode()
        assert "Me too." in waiting and f"Add to #{asked.pk}" in waiting

    def test_accepted_it_is_its_senders_word_and_he_is_not_copied(self, cast, asked, held, as_user):
        decide(as_user(cast.agent), held, "accept")
        assert (held.outcome, held.ticket, held.decided_by) == ("appended", asked, cast.agent)
        assert (held.message.author, held.message.body) == (cast.stranger, "Me too, in Firefox.")
        assert not asked.followers.exists()
        assert Ticket.objects.get(pk=asked.pk).needs_reply

    def test_he_is_copied_when_the_agent_says_so(self, cast, asked, held, as_user):
        decide(as_user(cast.agent), held, "accept", follow="on")
        assert [one.user for one in asked.followers.all()] == [cast.stranger]

    def test_split_off_it_is_a_ticket_of_its_own(self, cast, asked, held, as_user):
        decide(as_user(cast.agent), held, "split")
        assert (held.outcome, held.ticket.requester) == ("created", cast.stranger)
        assert held.ticket != asked and asked.messages.count() == 1

    def test_let_go_it_stays_in_the_log_and_can_come_back(self, cast, asked, held, as_user):
        agent = as_user(cast.agent)
        decide(agent, held, "drop")
        assert (held.outcome, Mail.objects.held().count()) == ("dropped", 0)
        decide(agent, held, "hold")
        assert Mail.objects.held().get() == held

    def test_two_decide_at_once_and_one_wins(self, cast, asked, held, as_user):
        decide(as_user(cast.agent), held, "accept")
        second = decide(as_user(cast.manager), held, "split")
        assert "decided about this mail already" in second.content.decode()
        assert (asked.messages.count(), Ticket.objects.count()) == (2, 1)

    def test_a_colleagues_unproven_mail_is_accepted_as_a_note(self, cast, asked, mailbox, as_user):
        raw = mail("Have a look.\n", "In-Reply-To: <first@acme.example>", sender=cast.other_agent.email)
        held = arrives(mailbox, raw, later(hours=1))
        decide(as_user(cast.agent), held, "accept")
        assert (held.outcome, held.message.audience) == ("note", "internal")

    def test_only_those_who_see_the_ticket_see_it(self, cast, asked, held, security, as_user):
        Ticket.objects.filter(pk=asked.pk).update(team=security)
        client = as_user(cast.agent)
        assert client.get(f"/mail/{held.inbound.receipt}").status_code == 404
        assert decide(client, held, "accept").status_code == 404
        assert "Firefox" not in client.get("/mail/held").content.decode()
        assert "Firefox" in page(as_user(cast.guard), held)
        assert as_user(cast.manager).get(f"/intake/{held.inbound.receipt}").status_code == 404

    def test_what_belongs_nowhere_waits_for_managers(self, cast, mailbox, as_user):
        spam = arrives(mailbox, mail("Cheap.\n", "X-Spam-Flag: YES"))
        assert as_user(cast.agent).get(f"/mail/{spam.inbound.receipt}").status_code == 404
        decide(as_user(cast.manager), spam, "split")
        assert (spam.outcome, spam.ticket.channel) == ("created", Channel.EMAIL)

    def test_without_a_sender_it_can_still_become_a_ticket(self, cast, mailbox, as_user):
        nobody = arrives(mailbox, mail("Help.\n", sender="undisclosed"))
        decide(as_user(cast.manager), nobody, "split")
        assert nobody.ticket.requester is None


class TestRecorder:
    def test_a_mail_says_what_matched_and_why(self, cast, asked, held, as_user):
        shown = page(as_user(cast.agent), held)
        for words in (
            "Known id",
            "May join",
            "sam@elsewhere.example has no part in",
            "dmarc=none",
            "Me too, in Firefox.",
        ):
            assert words in shown

    def test_the_message_leads_to_its_mail(self, cast, asked, as_user):
        client, message = as_user(cast.agent), asked.messages.get()
        assert f"/mail/messages/{message.pk}" in client.get(f"/tickets/{asked.pk}").content.decode()
        assert client.get(f"/mail/messages/{message.pk}")["Location"] == f"/mail/{asked.mail.get().inbound.receipt}"

    def test_the_source_is_a_download_that_nothing_runs(self, cast, asked, as_user):
        answer = as_user(cast.agent).get(f"/mail/{asked.mail.get().inbound.receipt}/raw")
        assert b"Message-ID: <first@acme.example>" in answer.content
        assert answer["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer["Content-Security-Policy"]

    def test_the_log_narrows(self, cast, asked, held, as_user):
        client = as_user(cast.manager)
        assert str(held.inbound.receipt) in client.get("/mail/?outcome=held").content.decode()
        assert str(held.inbound.receipt) not in client.get("/mail/?outcome=created").content.decode()
        assert str(held.inbound.receipt) in client.get("/mail/?q=SAM@elsewhere.example").content.decode()
        assert client.get("/mail/?q=%00&mailbox=x&before=9999999999999999999999").status_code == 200

    def test_what_was_dropped_can_be_tried_again(self, cast, mailbox, asked, as_user):
        noted = arrives(mailbox, mail("Away.\n", "Auto-Submitted: auto-replied"))
        as_user(cast.manager).post(f"/intake/{noted.inbound.receipt}/replays")
        noted.inbound.refresh_from_db()
        assert noted.inbound.state == "pending"
        inbound.interpret(noted.inbound, now=later(hours=1))
        assert Mail.objects.filter(inbound=noted.inbound).count() == 1


class TestMoving:
    @pytest.fixture
    def astray(self, cast, mailbox, asked) -> Mail:
        """Her answer about something else."""
        return arrives(
            mailbox, mail("The invoice is wrong, too.\n", "In-Reply-To: <first@acme.example>"), later(hours=1)
        )

    def move(self, client, mail, **fields):
        response = client.post(f"/mail/{mail.inbound.receipt}/moves", fields, follow=True)
        mail.refresh_from_db()
        return response

    def test_it_moves_whole_and_can_move_back(self, cast, asked, astray, as_user):
        other, client = make.ticket(requester=cast.customer, subject="Invoice"), as_user(cast.agent)
        self.move(client, astray, ticket=f"#{other.pk}")
        assert (astray.ticket, astray.message.ticket) == (other, other)
        assert asked.messages.count() == 1
        assert asked.events.filter(kind=Kind.MOVED).exists()
        assert "invoice is wrong" in client.get(f"/tickets/{other.pk}").content.decode()
        assert f"#{other.pk}" in client.get(f"/tickets/{asked.pk}").content.decode()
        self.move(client, astray, undo="1")
        assert (astray.ticket, astray.message.ticket, astray.moved_from) == (asked, asked, None)

    def test_its_words_are_found_where_it_is(self, cast, asked, astray, as_user):
        other = make.ticket(requester=cast.colleague, subject="Other")
        self.move(as_user(cast.agent), astray, ticket=str(other.pk))
        assert find(cast.agent, "invoice") == [other.pk]
        assert find(cast.customer, "invoice") == []

    def test_the_first_requesters_page_no_longer_shows_it(self, cast, asked, astray, as_user, client):
        other = make.ticket(requester=cast.colleague, subject="Other")
        self.move(as_user(cast.agent), astray, ticket=str(other.pk))
        assert not any(event.message for event in asked.events.public(asked) if event.message_id == astray.message_id)

    def test_a_later_answer_follows_it(self, cast, mailbox, asked, astray, as_user):
        other = make.ticket(requester=cast.customer, subject="Invoice")
        self.move(as_user(cast.agent), astray, ticket=str(other.pk))
        answer = mail("PS.\n", f"In-Reply-To: <{astray.mail_id}>")
        assert arrives(mailbox, answer, later(hours=2)).ticket == other

    def test_not_to_a_ticket_one_does_not_see(self, cast, asked, astray, security, as_user):
        hidden = make.ticket(requester=cast.customer, team=security)
        assert "no such ticket" in self.move(as_user(cast.agent), astray, ticket=str(hidden.pk)).content.decode()
        assert astray.ticket == asked

    def test_what_opened_a_ticket_stays(self, cast, asked, as_user):
        other = make.ticket(requester=cast.customer)
        first = asked.mail.get()
        assert "Merge the tickets" in self.move(as_user(cast.agent), first, ticket=str(other.pk)).content.decode()

    def test_what_the_desk_said_to_one_requester_reaches_no_other(self, cast, mailbox, asked, as_user):
        other = make.ticket(requester=cast.colleague)
        raw = mail("Try it.\n", PROVEN, "In-Reply-To: <first@acme.example>", sender="ada@people.example")
        said = arrives(mailbox, raw, later(hours=1))
        self.move(as_user(cast.agent), said, ticket=str(other.pk))
        assert (said.outcome, said.ticket) == ("appended", asked)
