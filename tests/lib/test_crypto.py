"""Secrets: what we keep does not give them away, and what we signed or sealed is known again."""

from datetime import UTC, datetime, timedelta

import pytest

from lib import crypto

OLD, NEW = "an older key of at least 32 characters", "a newer key of at least 32 characters"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_it_makes_tokens_that_nobody_guesses_and_keeps_only_a_digest() -> None:
    first, second = crypto.new_token("hd_"), crypto.new_token("hd_")
    assert first.secret != second.secret and len(first.secret) >= 46 and first.secret.startswith("hd_")
    assert first.prefix == first.secret[:12] and first.digest == crypto.digest(first.secret) and len(first.digest) == 64
    assert first.secret not in first.digest


def test_it_digests_whatever_a_stranger_sends_as_a_token() -> None:
    assert len({crypto.digest(text) for text in ("", "a", "ü", "\x00", "\ud800", "x" * 100_000)}) == 6


def test_it_opens_what_it_sealed_under_a_key_since_replaced() -> None:
    sealed = crypto.encrypt("pässword", keys=[OLD])
    assert "pässword" not in sealed and crypto.decrypt(sealed, keys=[NEW, OLD]) == "pässword"
    assert crypto.decrypt(crypto.reencrypt(sealed, keys=[NEW, OLD]), keys=[NEW]) == "pässword"


SEALED = {"empty": "", "short": "x", "cut": "gAAAAA", "umlaut": "ü", "other key": crypto.encrypt("a", keys=[NEW])}


@pytest.mark.parametrize("sealed", SEALED.values(), ids=SEALED)
def test_it_says_so_when_no_key_opens_a_secret(sealed: str) -> None:
    with pytest.raises(crypto.Undecryptable):
        crypto.decrypt(sealed, keys=[OLD])


def test_it_refuses_a_key_too_short_to_be_one() -> None:
    with pytest.raises(ValueError, match="32"):
        crypto.encrypt("a", keys=["secret"])


def test_it_knows_what_it_signed_with_any_of_its_keys() -> None:
    signed = crypto.sign("ticket:1042", purpose="page", keys=[OLD])
    assert crypto.unsign(signed, purpose="page", keys=[NEW, OLD], now=NOW) == "ticket:1042"
    assert all(c.isalnum() or c in "-_." for c in signed)


def test_it_lets_a_signature_expire() -> None:
    signed = crypto.sign("a", purpose="page", keys=[NEW], until=NOW + timedelta(hours=1))
    assert crypto.unsign(signed, purpose="page", keys=[NEW], now=NOW) == "a"
    with pytest.raises(crypto.Expired):
        crypto.unsign(signed, purpose="page", keys=[NEW], now=NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: signed[:-1],
        lambda signed: signed + "A",
        lambda signed: "B" + signed[1:],
        lambda signed: signed.replace(".", ".9999999999", 1),
        lambda signed: "",
        lambda signed: "..",
        lambda signed: "a.b.c",
        lambda signed: "ü.1.x",
        lambda signed: signed.rpartition(".")[0] + ".",
        lambda signed: signed + "=",
        lambda signed: "x" * 100_000,
    ],
)
def test_it_refuses_what_was_changed(change: object) -> None:
    signed = crypto.sign("ticket:1042", purpose="page", keys=[NEW])
    with pytest.raises(crypto.BadSignature):
        crypto.unsign(change(signed), purpose="page", keys=[NEW], now=NOW)  # type: ignore[operator]


def test_it_refuses_a_value_signed_for_something_else() -> None:
    signed = crypto.sign("ticket:1042", purpose="page", keys=[NEW])
    with pytest.raises(crypto.BadSignature):
        crypto.unsign(signed, purpose="feedback", keys=[NEW], now=NOW)
