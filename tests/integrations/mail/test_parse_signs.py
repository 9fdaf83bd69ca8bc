"""It tells robots, bounces, forged senders and what our own server vouches for."""

import pytest

from integrations.mail.automatic import is_own
from integrations.mail.parse import parse
from tests.integrations.mail.letters import SERVER, mail, parts, read


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner=x",
        "Precedence: bulk",
        "X-Auto-Response-Suppress: All",
        "X-Autoreply: yes",
        "List-Id: <news.customer.example>",
        "Return-Path: <>",
        "From: MAILER-DAEMON@customer.example",
        "From: no-reply@customer.example",
        "Subject: Automatic reply: x",
        "Subject: Abwesenheitsnotiz: x",
        "Subject: Réponse automatique : x",
        "Subject: 自動応答: x",
    ],
)
def test_takes_it_for_automatic_with(header):
    assert read("", header).automatic


@pytest.mark.parametrize(
    "header", ["Auto-Submitted: no", "Subject: Your office is closed", "Return-Path: <a@a.example>"]
)
def test_takes_it_for_a_persons_with(header):
    assert read("", header).automatic == ()


def _report(action: str, status: str, recipient: str = "gone@customer.example") -> bytes:
    return parts(
        "\nIt did not arrive.",
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.customer.example\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"
        "Diagnostic-Code: smtp; 550 no such user",
        "Content-Type: text/rfc822-headers\n\nMessage-ID: <1042.a@desk.example>",
        kind="multipart/report; report-type=delivery-status",
    )


def test_reads_a_bounce_with_its_recipient_status_and_the_mail_that_came_back():
    bounce = parse(_report("failed", "5.1.1")).bounce
    assert bounce.recipients == ("gone@customer.example",)
    assert (bounce.status, bounce.permanent, bounce.diagnostic) == ("5.1.1", True, "smtp; 550 no such user")
    assert bounce.returned_ids == ("1042.a@desk.example",)


def test_takes_a_delay_for_a_passing_trouble():
    assert parse(_report("delayed", "4.4.7")).bounce.permanent is False


def test_takes_no_success_report_for_a_bounce():
    assert parse(_report("delivered", "2.0.0")).bounce is None


def test_reads_a_bounce_in_the_words_of_a_mail_system():
    letter = read(
        "Hi. This is the qmail-send program at customer.example.\n\n"
        "<gone@customer.example>:\nSorry, no mailbox here. (#5.1.1)\n\n"
        "--- Below this line is a copy of the message.\n\nMessage-ID: <1042.a@desk.example>\n",
        "From: MAILER-DAEMON@customer.example",
        "Subject: failure notice",
    )
    assert letter.bounce.recipients == ("gone@customer.example",)
    assert letter.bounce.status == "5.1.1"
    assert letter.bounce.returned_ids == ("1042.a@desk.example",)


def test_takes_a_question_about_a_bounce_for_a_question():
    assert read("Why was it returned?", "Subject: Delivery failed for gone@customer.example").bounce is None


def test_believes_only_our_own_server():
    passed = "dkim=pass header.d=customer.example; dmarc=pass"
    assert read("", f"Authentication-Results: {SERVER}; {passed}").authentication.verdict == "pass"
    assert read("", f"Authentication-Results: mx.evil.example; {passed}").authentication.verdict == "none"
    assert parse(mail("", f"Authentication-Results: {SERVER}; {passed}")).authentication.verdict == "none"


def test_believes_no_pass_below_the_topmost_result():
    ours = f"Authentication-Results: {SERVER}; spf=none"
    forged = f"Authentication-Results: {SERVER}; dmarc=pass"
    assert read("", ours, forged).authentication.dmarc == "none"


@pytest.mark.parametrize(
    "forged", ["Authentication-Results : {}; dmarc=pass", "X: y\rAuthentication-Results: {}; dmarc=pass"]
)
def test_believes_no_result_that_a_server_would_not_have_recognised(forged):
    assert read("", forged.format(SERVER)).authentication.dmarc == "none"


def test_takes_any_failure_for_a_failure():
    lines = [f"Authentication-Results: {SERVER}; dmarc=pass", f"Authentication-Results: {SERVER}; dmarc=fail"]
    assert read("", *lines).authentication.verdict == "fail"


@pytest.mark.parametrize(
    ("sender", "sign"),
    [
        ('"boss@desk.example" <x@evil.example>', "the name shows another address"),
        ("=?utf-8?q?boss=40desk=2Eexample?= <x@evil.example>", "the name shows another address"),
        ("a@a.example, b@b.example", "several senders"),
        ("D\u0435sk <x@evil.example>", "letters of several alphabets in one word"),
        ("x@d\u0435sk.example", "letters of several alphabets in one word"),
        ("x@\u0430\u0440\u0440.example", "letters of several alphabets in one word"),
    ],
)
def test_flags_a_sender_who_may_be_somebody_else(sender, sign):
    assert read("", f"From: {sender}").spoof == (sign,)


def test_flags_two_senders_lines_and_replies_that_go_elsewhere():
    assert read("", "From: a@a.example", "From: b@b.example").spoof == ("several senders",)
    assert read("", "Reply-To: x@evil.example").spoof == ("replies go to another domain",)


@pytest.mark.parametrize("sender", ["Müller <m@a.example>", "Иван Petrov <i@a.example>", '"i@a.example" <i@a.example>'])
def test_flags_no_honest_sender(sender):
    assert read("", f"From: {sender}").spoof == ()


def test_knows_our_own_mail():
    assert is_own(read("", "Message-ID: <1@desk.example>"), {"desk.example"})
    assert not is_own(read("", "Message-ID: <1@customer.example>"), {"desk.example"})


def test_tells_spam_and_abuse_reports():
    assert read("", "X-Spam-Flag: YES").spam
    assert parse(parts("\nx", kind="multipart/report; report-type=feedback-report")).feedback
