"""It reads whatever arrives, in bounded time, and says what it left unread."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations.mail import display
from integrations.mail.parse import parse
from tests.integrations.mail.letters import mail, parts, read

LIMIT = 5.0  # seconds of CPU on a slow machine; ordinary is a tenth of it


def _nested(depth: int) -> bytes:
    return b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth))


def _html(body: str) -> bytes:
    return mail(body, kind="text/html")


HOSTILE = {
    "noise": bytes(range(256)) * 4_000,
    "nul": b"\x00" * 1_000_000,
    "only line ends": b"\n" * 1_000_000,
    "nested parts": _nested(5_000),
    "many parts": mail("--b\n\nx\n" * 5_000, kind="multipart/mixed; boundary=b"),
    "boundaries within lines": mail("--b" * 1_000_000, kind="multipart/mixed; boundary=b"),
    "nested mails": b"Content-Type: message/rfc822\n\n" * 5_000,
    "header parameters": mail("", kind="text/plain; " + "a=b; " * 40_000),
    "a parameter without an end": mail("", kind='text/plain; name="' + '\\"' * 100_000),
    "blanks in parameters": mail("", kind="text/plain;" + " ;" * 100_000),
    "header lines": b"X: y\n" * 200_000,
    "quotes in addresses": mail("", "From: " + '"' * 200_000),
    "escapes in addresses": mail("", "From: " + '\\"' * 100_000),
    "commas in addresses": mail("", "From: " + "a," * 100_000),
    "angles in references": mail("", "References: " + "<" * 200_000),
    "open encoded words": mail("", "Subject: " + "=?utf-8?q?" * 25_000),
    "open tags": _html("<div>" * 100_000),
    "open formatting": _html("".join(f"<font color={n}><b>" for n in range(5_000)) + "<p>x" * 20_000),
    "tables": _html("<table><tr><td>" * 50_000),
    "open comments": _html("<!--" * 100_000),
    "open attributes": _html("<a x='\"" * 100_000),
    "entities": _html("&" * 500_000),
    "quoted lines": mail("> x\n\n" * 100_000),
    "attributions": mail("hi\n" + "On 10:00 a@a.example\n" * 40_000),
    "signatures": mail("--\n" * 100_000),
    "torn uuencode": mail("begin 644 a\n" * 50_000),
    "escaped japanese": mail(b"\x1b$B-!" * 100_000, kind="text/plain; charset=iso-2022-jp"),
    "padding": mail("=" * 500_000, "Content-Transfer-Encoding: base64"),
    "wordy bounce": mail("<a@a.example>:\n" * 50_000, "From: mailer-daemon@a.example", "Subject: failure notice"),
    "torn winmail.dat": mail(b"\x78\x9f\x3e\x22" + bytes(range(256)) * 400, kind="application/ms-tnef"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_reads_and_shows_it_in_bounded_time(name):
    began = time.process_time()
    letter = parse(HOSTILE[name])
    page = display.shown(letter.html)
    assert time.process_time() - began < LIMIT
    (letter.text + letter.subject + letter.reply_text + page).encode()


@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        ("nested parts", "parts nested deeper than 30"),
        ("many parts", "more than 500 parts"),
        ("header lines", "more than 1000 header lines"),
    ],
)
def test_says_what_it_left_unread(name, flaw):
    assert flaw in parse(HOSTILE[name]).flaws


def test_finds_the_body_below_too_many_headers():
    assert parse(b"Subject: s\nX: " + b"y" * 400_000 + b"\n\nthe words").text == "the words"


def test_stops_at_two_hundred_attachments():
    letter = parse(parts(*["Content-Type: image/gif; name=a.gif\n\nx"] * 300))
    assert len(letter.attachments) == 200
    assert "more than 200 attachments" in letter.flaws


def test_keeps_ids_of_six_kilobytes():
    long = "a" * 6_000 + "@a.example"
    letter = read("", f"Message-ID: <{long}>", f"References: <{long}>")
    assert (letter.message_id, letter.references) == (long, (long,))


def test_attaches_a_text_that_is_too_long_to_show():
    letter = read("x" * 1_500_000)
    assert len(letter.text) == 1_000_000
    assert letter.attachments[0].size == 1_500_000
    assert letter.flaws


def test_has_nothing_to_say_of_an_empty_mail():
    letter = parse(b"")
    assert (letter.author.addr, letter.subject, letter.text, letter.attachments) == ("", "", "", ())


_WORDS = st.sampled_from(
    b"From: |Subject: |Content-Type: |multipart/mixed; boundary=b|text/html; charset=|message/rfc822|--b|"
    b"--b--|=?utf-8?q?|?=|\r|"
    b"\n|\n\n|<a@b>|(|)|<p|>|<!--|\x00|\xff|base64|Content-Transfer-Encoding: |begin 644 a\n|end\n|"
    b"On 2 Feb 2026 wrote:|"
    b"> |\x1b$B|"
    b'name*0*=|%E2|utf-7|message/delivery-status|Final-Recipient: rfc822;a@b\n|Action: failed\n|;|:|,|"'.split(b"|")
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(_WORDS, st.binary(max_size=20)), max_size=60).map(b"".join))
@example(b"Content-Type: multipart/mixed; boundary=\n\n--\n\n--")
def test_never_raises_and_yields_only_what_can_be_stored(raw):
    letter = parse(raw, trusted={"b"})
    written = [letter.subject, letter.text, letter.reply_text, letter.html, letter.author.name, letter.author.addr]
    written += [letter.message_id, *letter.references, display.shown(letter.html)]
    written += [one.name + one.content_type + one.content_id for one in letter.attachments]
    assert "\x00" not in "".join(written)
    "".join(written).encode()
