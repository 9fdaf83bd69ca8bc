"""Fetching from real servers: all of it, once, to the byte, and nothing is marked there before it is ours."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from integrations.mail import fetch, guard
from integrations.models import Inbound, Mailbox, State
from tests.mail.conftest import letter, mailbox_at
from tests.mail.servers import USER, Letterbox, serve

pytestmark = pytest.mark.django_db


def look(mailbox: Mailbox) -> Mailbox:
    """One look, now."""
    Mailbox.objects.filter(pk=mailbox.pk).update(next_fetch_at=timezone.now())
    assert fetch.fetch_due(timezone.now()) == 1
    mailbox.refresh_from_db()
    return mailbox


def subjects() -> list[str]:
    return [row.headers["subject"] for row in Inbound.objects.order_by("pk")]


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_it_takes_what_waits_and_marks_it(any_serving, security):
    for number in range(3):
        any_serving.box.put(letter(number))
    port = any_serving.tls_port if security == "tls" else any_serving.port
    mailbox = mailbox_at(any_serving, any_serving.protocol, port=port, security=security)
    look(mailbox)
    assert (mailbox.error, sorted(subjects())) == ("", ["Mail 0", "Mail 1", "Mail 2"])
    left = any_serving.box.raws
    assert len(any_serving.box.seen) == 3 if any_serving.protocol == "imap" else left == []
    row = Inbound.objects.order_by("pk")[0]
    assert (row.sender, row.state, row.path) == ("cora@acme.example", State.PENDING, any_serving.protocol)
    look(mailbox)
    assert Inbound.objects.count() == 3


def test_it_takes_any_bytes_as_they_are(any_serving):
    hostile = {
        "long": b"Subject: long\r\n\r\n" + b"x" * 300_000 + b"\r\n",
        "dots": b"Subject: dots\r\n\r\n.\r\n..\r\n.a\r\n",
        "noise": b"Subject: noise\r\n\r\n" + bytes(n for n in range(1, 256) if n not in (10, 13)) * 40 + b"\r\n",
        "headless": b"no header at all\r\n",
        "latin": b"Subject: caf\xe9\r\nFrom: \xff <x@y.example>\r\n\r\n\xe9\r\n",
        "id": b"Message-ID: <" + b"i" * 6000 + b"@x.example>\r\nSubject: id\r\n\r\nx\r\n",
    }
    for raw in hostile.values():
        any_serving.box.put(raw)
    look(mailbox_at(any_serving, any_serving.protocol))
    assert sorted(bytes(row.raw) for row in Inbound.objects.all()) == sorted(hostile.values())


def test_it_begins_with_what_nobody_has_read_and_then_takes_everything(imap):
    imap.box.put(letter("old"), seen=True)
    imap.box.put(letter("unread"))
    mailbox = look(mailbox_at(imap))
    imap.box.put(letter("read by a person"), seen=True)
    look(mailbox)
    assert subjects() == ["Mail unread", "Mail read by a person"]


def test_it_takes_more_than_a_batch_in_one_look(serving):
    for number in range(120):
        serving.box.put(letter(number))
    look(mailbox_at(serving, serving.protocol))
    assert subjects() == [f"Mail {number}" for number in range(120)]


def test_a_server_that_numbers_anew_costs_nothing_and_repeats_nothing(imap):
    imap.box.put(letter(1))
    mailbox = look(mailbox_at(imap))
    imap.box.renumber()
    imap.box.put(letter(2))
    look(mailbox)
    assert subjects() == ["Mail 1", "Mail 2"] and mailbox.cursor["uidvalidity"] == imap.box.validity


def test_what_is_too_large_is_a_row_that_says_so_and_the_mailbox_goes_on(any_serving, settings):
    settings.MAIL_MAX_BYTES = 10_000
    for raw in (letter(1), letter("huge", body="x" * 70 + "\r\n" + "y" * 20_000), letter(3)):
        any_serving.box.put(raw)
    mailbox = look(mailbox_at(any_serving, any_serving.protocol))
    look(mailbox)
    row = Inbound.objects.get(state=State.FAILED)
    assert "at most 9.8\xa0KB" in row.reason and row.headers["subject"] == "Mail huge" and row.size > 20_000
    assert sorted(subjects()) == ["Mail 1", "Mail 3", "Mail huge"]
    assert any(b"yyy" in raw for raw in any_serving.box.raws) and mailbox.error == ""
    assert len(any_serving.box.seen) == 2 if any_serving.protocol == "imap" else len(any_serving.box.raws) == 1


def test_a_copy_is_one_row_but_a_second_mailbox_has_its_own(imap, certificate):
    other = serve("imap", Letterbox(), certificate)
    for serving, copies in ((imap, 2), (other, 1)):
        for _ in range(copies):
            serving.box.put(letter(1))
    look(mailbox_at(imap))
    look(mailbox_at(other, address="second@helpdesk.example", username=USER))
    other.stop()
    assert sorted(row.mailbox.address for row in Inbound.objects.all()) == [USER, "second@helpdesk.example"]
    assert imap.box.seen == [1, 2]


def test_a_mail_that_the_server_cannot_hand_over_does_not_stop_the_mailbox(serving, monkeypatch):
    monkeypatch.setattr(guard, "READ_SECONDS", 0.5)
    for number in range(3):
        serving.box.put(letter(number))

    def broken(uid: int) -> None:
        if uid == 2:
            raise OSError("a bad disk")

    serving.box.hooks["body"] = broken
    mailbox = mailbox_at(serving, serving.protocol)
    for tries in (1, 2):
        look(mailbox)
        assert mailbox.error and mailbox.failing_since and Inbound.objects.count() == 1, tries
    look(mailbox)
    look(mailbox)
    assert [row.state for row in Inbound.objects.order_by("pk")] == ["pending", "failed", "pending"]
    assert (mailbox.error, mailbox.failing_since) == ("", None)


def test_it_measures_how_late_mail_is(serving):
    mailbox = look(mailbox_at(serving, serving.protocol))
    serving.box.put(letter(1), at=timezone.now() - timedelta(seconds=90))
    look(mailbox)
    if serving.protocol == "imap":
        assert 89 < mailbox.lag_seconds < 100
    else:  # its Received header
        assert mailbox.newest_at.year == 2026 and mailbox.lag_seconds >= 0


def test_a_server_that_lies_about_a_size_is_cut_short(imap):
    imap.box.put(letter(1, body="x" * 50_000))
    imap.box.hooks["size"] = lambda uid: 100
    mailbox = look(mailbox_at(imap))
    assert "more than it said" in mailbox.error and not Inbound.objects.exists()


def test_a_paused_or_pushed_mailbox_is_left_alone(imap):
    mailbox_at(imap, is_active=False)
    mailbox_at(imap, protocol="push", address="other@helpdesk.example")
    assert fetch.fetch_due(timezone.now()) == 0


def test_who_lost_the_lease_writes_nothing(imap):
    imap.box.put(letter(1))
    mailbox = mailbox_at(imap)
    [first] = fetch.claim(timezone.now(), limit=5)
    assert fetch.claim(timezone.now(), limit=5) == []
    Mailbox.objects.filter(pk=mailbox.pk).update(next_fetch_at=timezone.now())  # changed by an admin
    fetch.tend(first)
    mailbox.refresh_from_db()
    assert (mailbox.cursor, mailbox.fetched_at) == ({}, None)
    look(mailbox)
    assert subjects() == ["Mail 1"]


def test_a_folder_of_its_own_is_looked_into(imap):
    imap.box.put(letter(1))
    look(mailbox_at(imap, folder="Support"))
    assert subjects() == ["Mail 1"]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_marked_before_it_is_committed(serving):
    for number in range(3):
        serving.box.put(letter(number))
    seen = []

    def marked(*which: object) -> None:  # on the server's thread, so on a connection of its own
        seen.append(Inbound.objects.count())
        connection.close()

    serving.box.hooks |= {"store": marked, "dele": marked}
    look(mailbox_at(serving, serving.protocol))
    assert seen == [3] if serving.protocol == "imap" else seen == [3, 3, 3]
