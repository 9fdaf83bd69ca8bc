"""It reads who wrote, to whom, about what, and which mail it answers."""

from datetime import UTC, datetime

import pytest

from integrations.mail.letter import Address
from integrations.mail.parse import parse
from tests.integrations.mail.letters import read


def test_reads_names_that_hold_commas_quotes_and_comments():
    letter = read("", 'To: "Doe, Jane" <jane@a.example>, Roe, Rick <rick@a.example>, ann@a.example (Ann)')
    assert letter.to == (
        Address("Doe, Jane", "jane@a.example"),
        Address("Roe, Rick", "rick@a.example"),
        Address("Ann", "ann@a.example"),
    )


def test_reads_groups_and_leaves_out_empty_ones():
    letter = read("", "To: undisclosed-recipients:;", "Cc: Team: a@a.example, b@a.example;, c@a.example")
    assert letter.to == ()
    assert [one.addr for one in letter.cc] == ["a@a.example", "b@a.example", "c@a.example"]


def test_reads_an_address_whose_quote_was_never_closed():
    assert read("", 'From: "Jane <jane@a.example>').author.addr == "jane@a.example"


def test_never_takes_an_address_out_of_an_encoded_name():
    letter = read("", "From: =?utf-8?q?boss=40desk=2Eexample=3E=2C?= <stranger@evil.example>")
    assert letter.author.addr == "stranger@evil.example"
    assert len(letter.authors) == 1


def test_keeps_the_case_of_the_local_part_and_lowers_the_domain():
    assert read("", "From: <Jane.Doe@A.Example>").author.addr == "Jane.Doe@a.example"


def test_reads_raw_utf8_and_raw_western_bytes_in_headers():
    assert parse("Subject: Größe\n\n".encode()).subject == "Größe"
    assert parse("Subject: Größe\n\n".encode("latin-1")).subject == "Größe"


def test_joins_a_character_that_was_split_between_two_encoded_words():
    assert read("", "Subject: =?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?= now").subject == "café now"


def test_reads_japanese_beyond_the_standard():
    assert read("", "Subject: =?iso-2022-jp?B?GyRCLSEbKEI=?=").subject == "①"


def test_turns_line_ends_hidden_in_an_encoded_subject_into_blanks():
    letter = read("", "Subject: =?utf-8?Q?hello=0D=0ABcc:_all@a.example?=")
    assert letter.subject == "hello Bcc: all@a.example"
    assert letter.cc == ()


def test_drops_nul_and_lone_surrogates():
    letter = read(b"a\x00b\xed\xa0\x80c", "Subject: =?utf-8?B?YQBi?=")
    assert letter.subject == "ab"
    assert "\x00" not in letter.text
    letter.text.encode()


def test_goes_on_after_a_torn_header_line():
    letter = parse(b"From: a@a.example\nthis line is torn\nSubject: here\n\nbody")
    assert (letter.subject, letter.text) == ("here", "body")


def test_takes_a_text_without_headers_as_the_body():
    assert parse(b"just words\nand more").text == "just words\nand more"


def test_reads_ids_without_their_brackets_and_references_in_order():
    letter = read("", "Message-ID: <1@a>", "In-Reply-To: <2@a>", "References: <3@a>\n <2@a>\n\t<3@a>")
    assert letter.message_id == "1@a"
    assert letter.in_reply_to == ("2@a",)
    assert letter.references == ("3@a", "2@a")


def test_reads_where_it_was_delivered():
    letter = read("", "Delivered-To: desk+1@desk.example", "X-Original-To: help@desk.example")
    assert [one.addr for one in letter.delivered_to] == ["desk+1@desk.example", "help@desk.example"]


@pytest.mark.parametrize("written", ["Tue, 3 Feb 2026 11:00:00 +0100", "3 Feb 2026 10:00:00 -0000"])
def test_reads_a_date_as_an_instant(written):
    assert read("", f"Date: {written}").date == datetime(2026, 2, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize("written", ["", "yesterday", "99 Foo 20266 99:99", "1" * 5000])
def test_has_no_date_when_none_can_be_read(written):
    assert read("", f"Date: {written}").date is None


def test_takes_the_sender_when_there_is_no_from():
    assert parse(b"Sender: s@a.example\n\n").author.addr == "s@a.example"
