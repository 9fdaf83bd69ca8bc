"""What can go wrong on the way to a mailbox is said in words, and tried again, the later the longer it lasts."""

import ipaddress
import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.mail import fetch, guard
from integrations.mail.check import try_connection
from integrations.mail.guard import Step, why_not
from integrations.models import Mailbox
from tests.mail.conftest import letter, mailbox_at
from tests.mail.test_fetch import look, subjects

pytestmark = pytest.mark.django_db


def told(mailbox: Mailbox) -> tuple[str, str]:
    """(the step that failed, why)."""
    [failed] = [result for result in try_connection(mailbox) if result.state == "failed"]
    return failed.step, failed.words


def test_a_connection_that_works_says_each_step_and_takes_nothing(any_serving):
    any_serving.box.put(letter(1))
    mailbox = mailbox_at(any_serving, any_serving.protocol, port=any_serving.tls_port, security="tls")
    results = try_connection(mailbox)
    assert {result.state for result in results} == {"ok"} and "1 mails" in results[-1].words
    assert any_serving.box.raws == [letter(1)] and list(any_serving.box.seen) == []


def test_a_name_that_does_not_exist(imap):
    step, words = told(mailbox_at(imap, host="mail.nowhere.invalid"))
    assert step == Step.LOOKUP and "no host named mail.nowhere.invalid" in words


def test_a_port_where_nobody_listens(imap):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    step, words = told(mailbox_at(imap, port=port))
    assert step == Step.CONNECT and "connection refused" in words


def test_a_server_that_says_nothing(imap, monkeypatch):
    monkeypatch.setattr(guard, "READ_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        step, words = told(mailbox_at(imap, port=silent.getsockname()[1]))
        assert step == Step.CONNECT and "did not greet us" in words
        step, words = told(mailbox_at(imap, address="b@x.example", port=silent.getsockname()[1], security="tls"))
        assert step == Step.TLS and "no answer in time" in words


def test_a_certificate_that_nobody_vouches_for(serving, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    for security, port in (("tls", serving.tls_port), ("starttls", serving.port)):
        mailbox = mailbox_at(serving, serving.protocol, address=f"{security}@x.example", port=port, security=security)
        step, words = told(mailbox)
        assert step == Step.TLS and "certificate" in words.lower(), words


def test_a_certificate_of_another_name(serving):
    step, words = told(mailbox_at(serving, serving.protocol, host="127.0.0.1", port=serving.tls_port, security="tls"))
    assert step == Step.TLS and "certificate" in words


def test_tls_at_a_port_that_does_not_speak_it(serving):
    step, words = told(mailbox_at(serving, serving.protocol, security="tls"))
    assert step == Step.TLS and "does not speak TLS" in words


def test_a_wrong_password(any_serving):
    step, words = told(mailbox_at(any_serving, any_serving.protocol, secret="wrong"))
    assert step == Step.SIGN_IN and "refused the sign-in" in words and "wrong" not in words


def test_a_password_in_another_alphabet_reaches_the_server(serving):
    step, words = told(mailbox_at(serving, serving.protocol, secret="pässwörd"))
    assert step == Step.SIGN_IN and "refused the sign-in" in words


def test_a_folder_that_is_not_there(imap):
    step, words = told(mailbox_at(imap, folder="Süpport/Missing"))
    assert step == Step.FOLDER and "cannot be opened" in words


def test_a_secret_sealed_with_a_lost_key(imap, settings):
    mailbox = mailbox_at(imap)
    settings.SECRET_KEY = "another key of at least thirty-two characters"
    assert "Enter it again" in told(mailbox)[1]


def test_it_waits_longer_the_longer_it_fails_and_forgets_once_it_works(imap):
    mailbox = look(mailbox_at(imap, secret="wrong"))
    assert mailbox.error.startswith("Sign-in:") and mailbox.next_fetch_at - timezone.now() > timedelta(minutes=1)
    since = timezone.now() - timedelta(hours=3)
    Mailbox.objects.filter(pk=mailbox.pk).update(failing_since=since)
    look(mailbox)
    assert mailbox.failing_since == since and mailbox.next_fetch_at - timezone.now() > timedelta(minutes=9)
    mailbox.seal("right-horse")
    mailbox.save()
    imap.box.put(letter(1))
    look(mailbox)
    assert (mailbox.error, mailbox.failing_since) == ("", None) and mailbox.fetched_at and subjects() == ["Mail 1"]


def test_one_mailbox_that_fails_does_not_stop_another(imap):
    mailbox_at(imap, address="broken@x.example", username="", secret="wrong")
    imap.box.put(letter(1))
    mailbox_at(imap)
    assert fetch.fetch_due(timezone.now()) == 2 and subjects() == ["Mail 1"]


NEVER = ["169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "240.0.0.1", "255.255.255.255",
         "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::ffff:169.254.169.254"]  # fmt: skip
INSIDE = ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.9.9", "100.64.0.1", "::1", "fd00::1", "fec0::1",
          "64:ff9b::a01:203", "2002:a01:203::1", "::ffff:10.1.2.3", "64:ff9b:1::7f00:1"]  # fmt: skip


@pytest.mark.parametrize("address", NEVER)
def test_it_never_dials(address, settings):
    settings.INTERNAL_HOSTS = ["0.0.0.0/0", "::/0", "mail.example"]
    assert "never" in why_not("mail.example", address)


@pytest.mark.parametrize("address", INSIDE)
def test_it_dials_inside_only_what_the_operator_lists(address, settings):
    settings.INTERNAL_HOSTS = []
    assert "INTERNAL_HOSTS" in why_not("mail.example", address)
    settings.INTERNAL_HOSTS = ["Mail.Example"]
    assert why_not("mail.example", address) == "" and why_not("other.example", address)
    settings.INTERNAL_HOSTS = [str(guard.unwrapped(ipaddress.ip_address(address)))]
    assert why_not("mail.example", address) == ""


def test_it_dials_the_public_internet():
    assert [why_not("mail.example", address) for address in ("93.184.216.34", "2606:2800:220:1::1")] == ["", ""]


def test_without_tls_it_speaks_to_this_machine_only(imap, settings, monkeypatch):
    settings.INTERNAL_HOSTS = ["192.168.7.7"]
    step, words = told(mailbox_at(imap, host="192.168.7.7"))
    assert step == Step.CONNECT and "through TLS only" in words
