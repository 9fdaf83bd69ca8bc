"""It takes mail of machines as alerts: by a plus address or a mailbox, and never as a request."""

import pytest

from accounts.models import User
from deliveries.models import Delivery
from integrations import inbound
from integrations.mail import intake
from integrations.models import Alert, Inbound, Mail, Mailbox, Source
from tests.mail.post import PROVEN, SERVER, answering, arrives, letter_to, mail, worked
from tests.make import T0, later
from tickets.actions import conversation
from tickets.models import Ticket
from tickets.states import Status

pytestmark = pytest.mark.django_db
MACHINE = ("Auto-Submitted: auto-generated", "Precedence: bulk", "Return-Path: <>", "X-Cron-Env: <HOME=/root>")


@pytest.fixture
def mailbox(shop, front, settings, tmp_path) -> Mailbox:
    settings.MEDIA_ROOT = tmp_path
    return Mailbox.objects.create(
        name="Support", address="support@desk.example", protocol="push", team=front, authserv_id=SERVER
    )


@pytest.fixture
def source(shop, back) -> Source:
    source = Source(name="Nagios", kind="email", site=shop, team=back)
    source.new_token()
    source.save()
    return source


@pytest.fixture
def given(mailbox, source) -> Mailbox:
    """A mailbox all of whose mail are alerts."""
    return Mailbox.objects.create(
        name="Alerts", address="alerts@desk.example", protocol="push", source=source, authserv_id=SERVER
    )


def alarm(subject: str, *lines: str, sender: str = "nagios@monitor.example", text: str = "", to: str = "") -> bytes:
    return mail(text or "State: see above\n", *lines, sender=sender, subject=subject, to=to or "alerts@desk.example")


def plus(source: Source) -> str:
    return f"Support <support+{source.mail_tag}@desk.example>"


def test_a_mail_to_the_plus_address_is_an_alert_and_its_recovery_resolves_it(mailbox, source, shop):
    people = User.objects.count()
    fired = arrives(mailbox, alarm("PROBLEM: web-01 disk is CRITICAL", *MACHINE, to=plus(source)))
    ticket = fired.ticket
    assert (fired.outcome, fired.message, ticket.channel, ticket.site) == ("alert", None, "alert", shop)
    assert (ticket.requester, ticket.subject, ticket.severity) == (None, "PROBLEM: web-01 disk is CRITICAL", 1)
    again = arrives(mailbox, alarm("PROBLEM: web-01 disk is CRITICAL", "Message-ID: <2@m.example>", to=plus(source)))
    assert again.ticket == ticket and Alert.objects.get().count == 2
    solved = arrives(mailbox, alarm("RECOVERY: web-01 disk is OK", *MACHINE, to=plus(source)), later(minutes=9))
    ticket.refresh_from_db()
    assert (solved.ticket, ticket.status) == (ticket, Status.RESOLVED)
    assert User.objects.count() == people and not Delivery.objects.filter(address="nagios@monitor.example").exists()
    row = Inbound.objects.get(pk=fired.inbound_id)
    assert (row.door, row.source, row.state, row.outcomes[0]["outcome"]) == ("mail", source, "done", "opened")


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "Cc"])
def test_the_plus_address_may_stand_in_the_envelope(mailbox, source, header):
    line = f"{header}: SUPPORT+{source.mail_tag.upper()}@desk.example"
    assert arrives(mailbox, alarm("DOWN: ups-2", line, to="undisclosed-recipients:;")).outcome == "alert"


def test_any_mail_of_a_mailbox_that_is_given_to_a_source_is_an_alert(given):
    assert arrives(given, alarm("Disk 3 failed on raid-7")).ticket.channel == "alert"
    assert arrives(given, alarm("Disk 4 failed on raid-7")).ticket.pk != Ticket.objects.first().pk
    assert Ticket.objects.count() == 2


def test_mail_without_the_word_is_mail_like_any_other(mailbox, source):
    other = "support+alert-aaaaaaaaaaaaaaaa@desk.example"
    assert [arrives(mailbox, mail(to=to, subject=to)).outcome for to in ("support@desk.example", other)] == [
        "created", "created",
    ]  # fmt: skip


def test_only_those_who_are_listed_may_send(given, source):
    source.mapping = {"mail": {"senders": ["monitor.example", "ups@rack.example"]}}
    source.save()
    taken = ["nagios@monitor.example", "root@db-1.monitor.example", "UPS@rack.example"]
    refused = ["x@notmonitor.example", "else@rack.example", "Nobody"]
    for sender in taken:
        assert arrives(given, alarm(f"DOWN {sender}", sender=sender)).outcome == "alert"
    for sender in refused:
        noted = arrives(given, alarm(f"DOWN {sender}", sender=sender))
        assert (noted.outcome, noted.ticket, noted.inbound.state) == ("dropped", None, "ignored")
        assert "not among those who may send to Nagios" in noted.inbound.reason
    source.mapping = {}
    source.save()
    row = noted.inbound
    inbound.replay(row, at=later(hours=1))
    assert worked(row, later(hours=1)).outcome == "alert"


def test_its_page_and_labels_say_whether_the_sender_was_proven(given):
    noted = arrives(given, alarm("DOWN: web-1", PROVEN))
    assert ["sender", "unproven", "nagios@monitor.example, dmarc=pass"] not in noted.steps
    assert noted.steps[0][:2] == ["sender", "proven"] and Alert.objects.get().labels["dmarc"] == "pass"


def test_our_own_letters_that_come_back_are_dropped(cast, mailbox, given, source):
    ticket = arrives(mailbox, mail(sender="Cora <cora@acme.example>")).ticket
    letter = letter_to(ticket, cast.customer.email)
    back = alarm("Your request", f"Message-ID: {letter.message_id}", sender="support@desk.example")
    assert arrives(given, back).outcome == "dropped" and not Alert.objects.exists()
    assert arrives(given, alarm("x", "Auto-Submitted: auto-replied")).inbound.reason == (
        "Not taken: it is an automatic answer."
    )


def test_an_answer_to_a_letter_of_the_desk_goes_to_its_ticket(cast, mailbox, given):
    ticket = arrives(mailbox, mail(sender="Cora <cora@acme.example>")).ticket
    conversation.reply(ticket=ticket, body="Which browser?", at=later(minutes=1), actor=cast.agent, via="web")
    answer = mail("Any.\n", answering(letter_to(ticket, cast.customer.email)), sender=f"Cora <{cast.customer.email}>")
    noted = arrives(given, answer, later(minutes=2))
    assert (noted.outcome, noted.ticket) == ("appended", ticket) and not Alert.objects.exists()


def test_mails_of_one_thread_are_alerts_all_the_same(given):
    first = arrives(given, alarm("DOWN: web-1", "Message-ID: <1@monitor.example>"))
    second = arrives(given, alarm("UP: web-1", "In-Reply-To: <1@monitor.example>"), later(minutes=3))
    assert (second.outcome, second.ticket, second.inbound.outcomes[0]["status"]) == ("alert", first.ticket, "resolved")


def test_a_recovery_that_overtook_its_alert_stays_the_last_word(given):
    arrives(given, alarm("UP: web-1", "Date: Mon, 02 Mar 2026 09:00:40 +0000"))
    late = arrives(given, alarm("DOWN: web-1", "Date: Mon, 02 Mar 2026 09:00:00 +0000"), later(seconds=5))
    assert late.ticket is None and late.inbound.reason.startswith("Nothing to do: late")


def test_a_paused_source_keeps_its_mail_for_a_replay(given, source):
    Source.objects.update(is_active=False)
    row, _ = intake.store(given, alarm("DOWN: web-1"), T0)
    assert row.state == "ignored" and row.reason.startswith("The source is paused")
    Source.objects.update(is_active=True)
    inbound.replay(row, at=later(minutes=5))
    assert worked(row, later(minutes=5)).outcome == "alert"


def test_a_source_that_reads_no_mail_any_more_fails_loudly_and_opens_no_request(given, source):
    Source.objects.update(kind="pingdom")
    row, _ = intake.store(given, alarm("DOWN: web-1"), T0)
    inbound.interpret_all(inbound.claim(T0, batch=20), now=T0)
    row.refresh_from_db()
    assert row.state == "failed" and "reads no mail any more" in row.reason and not Ticket.objects.exists()


def test_an_empty_mail_and_a_broken_one_never_stop_the_others(given):
    for raw in (b"", b"\x00\xff" * 5000, b"From: a@b.example\n\n", alarm("DOWN: web-1")):
        intake.store(given, raw, T0)
    inbound.interpret_all(inbound.claim(T0, batch=20), now=T0)
    assert Mail.objects.filter(outcome="alert").exists()
    assert set(Inbound.objects.values_list("state", flat=True)) <= {"done", "failed"}


def test_alerts_and_requests_of_one_claim_do_not_mix(given, mailbox, source):
    for n in range(3):
        intake.store(given, alarm(f"DOWN: web-{n}"), T0)
        intake.store(mailbox, mail(subject=f"Help {n}", sender=f"p{n}@acme.example"), T0)
    inbound.interpret_all(inbound.claim(T0, batch=20), now=T0)
    assert sorted(Ticket.objects.values_list("channel", flat=True)) == ["alert"] * 3 + ["email"] * 3


def test_mail_like_any_other_costs_no_further_query(mailbox, source, django_assert_num_queries):
    raw = mail(to="Support <support+h.1.2.abc@desk.example>")
    with django_assert_num_queries(3):  # a savepoint around the row
        intake.store(mailbox, raw, T0)
