"""A mailbox over IMAP: by UID, whatever has been read by people meanwhile; IDLE where the server offers it.

The cursor is {"uidvalidity", "uid"}: the last UID taken. The first look (and one after the server numbered anew) takes
what is unread up to "first_top", then everything above it.
"""

import imaplib
import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BufferedReader
from typing import Any, cast

from imap_tools import BaseMailBox

from integrations.mail import guard, oauth
from integrations.mail.guard import Step
from integrations.mail.server import BATCH, FAILURES, HEAD_BYTES, Item, at, port_of, secret_of
from integrations.models import Mailbox, Security, SignIn

_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]+)"')


class Client(imaplib.IMAP4):
    """Dials through the guard, and reads no literal longer than it must."""

    longest = 16 * 1024 * 1024  # bytes of one literal

    def __init__(self, mailbox: Mailbox) -> None:
        self.implicit = mailbox.security == Security.TLS
        self.plain = mailbox.security == Security.NONE
        with at(Step.CONNECT):
            super().__init__(mailbox.host, port_of(mailbox))

    def _create_socket(self, timeout: float | None) -> socket.socket:
        connected = guard.dial(self.host, self.port, plain=self.plain)
        return guard.wrap(connected, self.host) if self.implicit else connected

    def read(self, size: int) -> bytes:
        if size > self.longest:
            raise self.abort(f"it sends {size} bytes at once, more than it said")
        return super().read(size)

    def begin_idle(self) -> tuple[bytes, bool]:
        """Begin to listen; (the command's tag, whether the server has told of something already). What it tells before
        its "+", or together with it, lies in our buffer: whoever polls the socket would wait for it in vain."""
        tag, told = self._command("IDLE"), False
        while self._get_response() is not None:
            if self.tagged_commands[tag]:
                raise self.error(f"IDLE was refused: {self.tagged_commands.pop(tag)}")
            told = True
        return tag, told or self.has_buffered()

    def has_buffered(self) -> bool:
        """Whether there is something to be read without waiting."""
        before = self.sock.gettimeout()
        self.sock.settimeout(0)
        try:
            return bool(cast(BufferedReader, self.file).peek(1))
        except OSError:  # TLS, with nothing to be read
            return False
        finally:
            self.sock.settimeout(before)


class Connection(BaseMailBox):
    """imap-tools over our own client."""

    client: Client

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        client = Client(self.mailbox)
        if self.mailbox.security == Security.STARTTLS:
            with at(Step.TLS):
                client.starttls(guard.tls())
        return client


class Imap:
    """A `Server`."""

    def __init__(self, mailbox: Mailbox) -> None:
        """Connect, sign in and open the folder. Raises Trouble."""
        self.cursor: dict[str, Any] = dict(mailbox.cursor)
        self.box = Connection(mailbox)
        try:
            self.sign_in(mailbox)
            self.open(mailbox.folder or "INBOX")
        except BaseException:
            self.close()
            raise

    def sign_in(self, mailbox: Mailbox) -> None:
        secret, name = secret_of(mailbox), mailbox.username or mailbox.address
        with at(Step.SIGN_IN):
            if mailbox.sign_in != SignIn.PASSWORD:
                self.box.xoauth2(name, oauth.access_token(mailbox, secret), initial_folder=None)
            elif (name + secret).isascii():
                self.box.login(name, secret, initial_folder=None)
            else:
                self.box.login_utf8(name, secret, initial_folder=None)
            self.box.client._get_capabilities()  # many tell of IDLE only now

    def open(self, folder: str) -> None:
        with at(Step.FOLDER):
            told = self.box.folder.set(folder)
            validity = self.box.client.response("UIDVALIDITY")[1][0] or b"0"
        self.waits = "IDLE" in self.box.client.capabilities
        count = told[1][0].decode() if told[1] and isinstance(told[1][0], bytes) else "?"
        self.about = f"{count} mails in {folder}; " + ("tells of new mail by itself" if self.waits else "is polled")
        if self.cursor.get("uidvalidity") != int(validity):
            top = max(self.uids("UID *"), default=0) if count != "0" else 0
            self.cursor = {"uidvalidity": int(validity), "uid": 0, "first_top": top}

    def uids(self, criteria: str) -> list[int]:
        with at(Step.FETCH):
            return sorted(int(uid) for uid in self.box.uids(criteria, charset=None))

    def waiting(self) -> list[Item]:
        with at(Step.FETCH):
            self.box.client.noop()
        while found := self.above():
            if items := self.described(found):
                return items
            self.cursor["uid"] = found[-1]  # gone since
        return []

    def above(self) -> list[int]:
        """The next UIDs to look at. `n:*` always names the last mail, also when it is below n."""
        if "first_top" in self.cursor:
            since, top = self.cursor["uid"], self.cursor["first_top"]
            unread = self.uids(f"UNSEEN UID {since + 1}:{top}") if since < top else []
            if found := [uid for uid in unread if since < uid <= top]:
                return found[:BATCH]
            del self.cursor["first_top"]
            self.cursor["uid"] = max(since, top)
        since = self.cursor["uid"]
        return [uid for uid in self.uids(f"UID {since + 1}:*") if uid > since][:BATCH]

    def described(self, uids: Sequence[int]) -> list[Item]:
        with at(Step.FETCH):
            told = self.ask("FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE INTERNALDATE)")
        items: dict[int, Item] = {}
        for line in told:
            line = line[0] if isinstance(line, tuple) else line or b""
            uid, size, date = _UID.search(line), _SIZE.search(line), _DATE.search(line)
            if uid and size:
                items[int(uid[1])] = Item(uid[1].decode(), int(size[1]), date and instant(date[1].decode()))
        return [items[uid] for uid in uids if uid in items]

    def ask(self, command: str, *args: str) -> list[Any]:
        """A UID command's data. Raises imaplib's errors."""
        state, told = self.box.client.uid(command, *args)
        if state != "OK":
            raise imaplib.IMAP4.error(told[0] if told else state)
        return told

    def read(self, item: Item, *, limit: int) -> bytes | None:
        self.box.client.longest = limit
        told = self.ask("FETCH", item.key, "(BODY.PEEK[])")
        whole = [part[1] for part in told if isinstance(part, tuple) and b"BODY[]" in part[0]]
        if whole:
            return bytes(whole[0])
        return b"" if any(isinstance(part, bytes) and b"BODY[]" in part for part in told) else None

    def head(self, item: Item) -> bytes:
        told = self.ask("FETCH", item.key, f"(BODY.PEEK[HEADER]<0.{HEAD_BYTES}>)")
        return next((bytes(part[1])[:HEAD_BYTES] for part in told if isinstance(part, tuple)), b"")

    def mark(self, kept: Sequence[Item]) -> None:
        if kept:
            self.ask("STORE", ",".join(item.key for item in kept), "+FLAGS.SILENT", r"(\Seen)")

    def advance(self, over: Sequence[Item]) -> None:
        self.cursor["uid"] = max([self.cursor["uid"], *(int(item.key) for item in over)])

    def wait(self, seconds: float) -> None:
        tag, told = self.box.client.begin_idle()
        if not told:
            self.box.idle.poll(timeout=seconds)
        self.box.client.send(b"DONE\r\n")
        self.box.consume_until_tagged_response(tag)

    def close(self) -> None:
        with suppress(*FAILURES):
            self.box.client.logout()
        with suppress(*FAILURES):
            self.box.client.shutdown()


def instant(text: str) -> datetime | None:
    """An INTERNALDATE ("17-Jul-1996 02:44:25 -0700")."""
    try:
        read = parsedate_to_datetime(text.strip())
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
