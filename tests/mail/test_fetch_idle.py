"""Listening to a server that tells of new mail by itself: what it tells in the wrong moment is not lost."""

import socket
from collections.abc import Iterator
from threading import Thread
from time import monotonic

import pytest

from integrations.mail.imap import Imap
from integrations.models import Mailbox

SAID = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE\r\n",
    b"SELECT": b"* 3 EXISTS\r\n* OK [UIDVALIDITY 1] valid\r\n",
    b"UID": b"* SEARCH 1 2 3\r\n",
}


class Server:
    """Says `answer` to IDLE, and then nothing."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.answer = b""
        self.thread = Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        connected, _ = self.socket.accept()
        with connected, connected.makefile("rb") as lines:
            connected.sendall(b"* OK ready\r\n")
            idle = b""
            for line in lines:
                tag, _, rest = line.strip().partition(b" ")
                if tag == b"DONE":
                    connected.sendall(idle + b" OK done\r\n")
                elif rest == b"IDLE":
                    idle = tag
                    connected.sendall(self.answer.replace(b"TAG", tag))
                else:
                    connected.sendall(SAID.get(rest.split(b" ")[0].upper(), b"") + tag + b" OK done\r\n")


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.socket.close()
    made.thread.join(5)


def listening(server: Server) -> Imap:
    port = server.socket.getsockname()[1]
    mailbox = Mailbox(name="Box", address="desk@desk.example", host="127.0.0.1", port=port, security="none")
    mailbox.seal("secret")
    return Imap(mailbox)


@pytest.fixture(autouse=True)
def inside(settings) -> None:
    settings.INTERNAL_HOSTS = ["127.0.0.1"]


@pytest.mark.parametrize(
    "answer", [b"* 4 EXISTS\r\n+ idling\r\n", b"+ idling\r\n* 4 EXISTS\r\n"], ids=["before", "together"]
)
def test_what_is_told_while_listening_begins_is_heard_at_once(server, answer):
    server.answer = answer
    imap, began = listening(server), monotonic()
    imap.wait(20)
    assert monotonic() - began < 10
    imap.close()


def test_a_server_that_tells_nothing_is_listened_to_for_so_long(server):
    server.answer = b"+ idling\r\n"
    imap, began = listening(server), monotonic()
    imap.wait(0.3)
    assert 0.25 < monotonic() - began < 10
    imap.close()


def test_a_server_that_refuses_is_an_error_and_no_silence(server):
    server.answer = b"TAG NO not now\r\n"
    imap = listening(server)
    with pytest.raises(imap.box.client.error, match="refused"):
        imap.wait(20)
    imap.close()
