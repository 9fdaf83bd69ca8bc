"""Mailboxes at real servers."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from integrations.models import Mailbox
from tests.mail.dovecot import PROGRAM, dovecot
from tests.mail.servers import PASSWORD, USER, Certificate, Letterbox, Serving, make_certificate, serve

TWISTED = ["imap", "pop3"]
EVERY = [*TWISTED, *(["imap dovecot", "pop3 dovecot"] if PROGRAM else [])]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def dovecots(certificate: Certificate) -> Iterator[dict[str, Serving]]:
    with dovecot(certificate) as serving:
        yield serving


@pytest.fixture
def inside(settings, monkeypatch, certificate) -> None:
    """The desk's operator lists this machine, and trusts the servers' authority."""
    settings.INTERNAL_HOSTS = ["127.0.0.0/8", "::1"]
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))


@pytest.fixture(params=TWISTED)
def serving(request, certificate, inside) -> Iterator[Serving]:
    """A server of our own for each protocol, and its letterbox in memory."""
    under_way = serve(request.param, Letterbox(), certificate)
    under_way.protocol = request.param
    yield under_way
    under_way.stop()


@pytest.fixture(params=EVERY)
def any_serving(request, certificate, inside) -> Iterator[Serving]:
    """… and Dovecot where it is installed."""
    protocol, _, dovecot_too = request.param.partition(" ")
    if dovecot_too:
        under_way = request.getfixturevalue("dovecots")[protocol]
    else:
        under_way = serve(protocol, Letterbox(), certificate)
    under_way.protocol = protocol
    yield under_way
    under_way.stop()


@pytest.fixture
def imap(certificate, inside) -> Iterator[Serving]:
    under_way = serve("imap", Letterbox(), certificate)
    yield under_way
    under_way.stop()


@pytest.fixture
def pop3(certificate, inside) -> Iterator[Serving]:
    under_way = serve("pop3", Letterbox(), certificate)
    yield under_way
    under_way.stop()


def mailbox_at(serving: Serving, protocol: str = "imap", **fields) -> Mailbox:
    """An active mailbox, due at once."""
    values = {
        "name": "Support", "address": USER, "protocol": protocol, "host": "localhost", "port": serving.port,
        "security": "none", "next_fetch_at": timezone.now(),
    }  # fmt: skip
    secret = fields.pop("secret", PASSWORD)
    mailbox = Mailbox(**(values | fields))
    mailbox.seal(secret)
    mailbox.save()
    return mailbox


def letter(number: int | str, *, body: str = "Hello") -> bytes:
    """A small mail with an id of its own."""
    return (
        f"Received: from mx.example by mail.example; Mon, 2 Mar 2026 09:00:00 +0000\r\n"
        f"From: Cora <cora@acme.example>\r\nTo: {USER}\r\nSubject: Mail {number}\r\n"
        f"Message-ID: <{number}@acme.example>\r\n\r\n{body}\r\n"
    ).encode()
