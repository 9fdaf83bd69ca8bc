"""Signed references: what comes back from outside is known again, and nothing else is."""

import string

import pytest
from hypothesis import given, strategies

from deliveries import references
from deliveries.references import Reference, Side, mark, new_message_id, read, read_all, reply_address, return_path


def test_it_reads_its_own_message_ids_and_addresses():
    assert read(new_message_id(1042, 77)) == Reference(1042, 77, Side.ASKING)
    assert read(new_message_id(1042, 9, side=Side.DESK, domain="shop.example")) == Reference(1042, 9, Side.DESK)
    assert read(new_message_id(1042, 9, side=Side.NOTE)) == Reference(1042, 9, Side.NOTE)
    assert read(reply_address("support@shop.example", 1042, 77)) == Reference(1042, 77)
    assert new_message_id(1, 2, domain="shop.example").endswith("@shop.example>")


def test_its_message_ids_are_never_the_same_twice():
    assert len({new_message_id(1042, 77) for _ in range(50)}) == 50


def test_it_survives_a_mail_system_that_changes_case():
    assert read(reply_address("Support@shop.example", 1042, 77).upper()) == Reference(1042, 77)
    assert read(new_message_id(1042, 77).upper()) == Reference(1042, 77)


def test_it_finds_them_in_quoted_text():
    text = f"Thanks!\n\n> Reference: {mark(7, 8)}\n> ({mark(7, 9, side=Side.DESK)})\n> {mark(7, 8)}"
    assert read_all(text) == [Reference(7, 8), Reference(7, 9, Side.DESK)]


@pytest.mark.parametrize(
    "forge",
    [
        lambda text: text.replace("1042", "1043"),
        lambda text: text.replace(".77.", ".78."),
        lambda text: text.replace("h.", "d.", 1),
        lambda text: text.replace("h.", "n.", 1),
        lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
        lambda text: text[:-1],
        lambda text: "x" + text,
        lambda text: "0." + text,
    ],
)
def test_it_reads_nothing_that_was_changed(forge):
    assert read(forge(mark(1042, 77))) is None


def test_a_message_id_cannot_be_cut_down_to_another_reference():
    head, _, seal = new_message_id(1042, 77).strip("<>").partition("@")[0].rpartition(".")
    assert read(f"{head.rpartition('.')[0]}.{seal}") is None


def test_a_key_that_was_replaced_still_reads(settings):
    old = mark(1042, 77)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key of at least 32 characters, surely"
    assert read(old) == Reference(1042, 77) and mark(1042, 77) != old
    settings.SECRET_KEY_FALLBACKS = []
    assert read(old) is None


def test_an_address_stays_within_what_a_local_part_may_be():
    long = "a-rather-long-name-of-a-mailbox-of-ours@shop.example"
    assert reply_address(long, 10**12, 10**12) == long
    assert len(reply_address("support@shop.example", 10**9, 10**9).partition("@")[0]) <= 64


def test_where_plus_addresses_are_switched_off_they_are_plain(settings):
    settings.MAIL_PLUS_ADDRESSES = settings.MAIL_RETURN_PATHS = False
    address = "support@shop.example"
    assert reply_address(address, 1, 2) == return_path(address, 3) == address


def test_a_return_path_names_its_delivery_and_is_no_reference():
    address = return_path("support@shop.example", 991)
    assert references.read_return_path(address) == references.read_return_path(address.upper()) == 991
    assert read(address) is None
    assert references.read_return_path(address.replace("991", "992")) is None
    assert references.read_return_path(reply_address("support@shop.example", 991, 1)) is None


def test_it_knows_its_own_desk_from_another(settings):
    ours = references.desk_name()
    assert references.is_desk_name(f" {ours.upper()} ")
    settings.SECRET_KEY = "the key of another desk, as long as it has to be"
    assert not references.is_desk_name(ours)


ODD = strategies.text(alphabet=string.printable + "ü\0\ud800")


@given(ODD | strategies.from_regex(r"[hdnb](\.[0-9a-z]{1,20}){2,5}"))
def test_nothing_that_a_stranger_sends_raises_or_is_believed(text):
    assert read(text) is None and references.read_return_path(text) is None
    assert not references.is_desk_name(text)


def test_a_long_text_is_read_in_no_time():
    assert read("h.1." * 500_000) is None and read_all("h.1.2.aaaaaaaaaaaaaaaa " * 100_000) == []
