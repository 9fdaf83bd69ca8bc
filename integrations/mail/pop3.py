"""A mailbox over POP3: what was committed here is deleted there.

The cursor is {"taken", "left"}: unique ids of mails that are ours but not yet deleted at the server, and of those that
stay there because they are too large.
"""

import base64
import poplib
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

from integrations.mail import guard, oauth
from integrations.mail.guard import Step
from integrations.mail.server import BATCH, FAILURES, HEAD_BYTES, Item, at, port_of, secret_of
from integrations.models import Mailbox, Security, SignIn

LINE = 1024 * 1024
SESSION = 1000  # mails deleted at one good-bye


class Client(poplib.POP3):
    """Dials through the guard; takes lines as long as real mail has them, to the byte."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.security = mailbox.security
        with at(Step.CONNECT):
            super().__init__(mailbox.host, port_of(mailbox))

    def _create_socket(self, timeout: float | None) -> Any:
        connected = guard.dial(self.host, self.port, plain=self.security == Security.NONE)
        return guard.wrap(connected, self.host) if self.security == Security.TLS else connected

    def body(self, command: str, *, limit: int) -> bytes:
        """The lines that follow an answer, as they are. Raises poplib.error_proto, also beyond `limit` bytes."""
        self._shortcmd(command)  # type: ignore[attr-defined]
        read: list[bytes] = []
        size, fresh = 0, True
        while True:
            line = self.file.readline(LINE)
            if not line:
                raise poplib.error_proto("-ERR EOF")
            if fresh and line.startswith(b"."):
                if line.rstrip(b"\r\n") == b".":
                    return b"".join(read)
                line = line[1:]
            fresh = line.endswith(b"\n")
            size += len(line)
            if size > limit:
                raise poplib.error_proto("it sends more than it said")
            read.append(line)


class Pop3:
    """A `Server`."""

    waits = False

    def __init__(self, mailbox: Mailbox) -> None:
        """Connect and sign in. Raises Trouble."""
        self.cursor: dict[str, Any] = {"taken": [], "left": [], **mailbox.cursor}
        self.client = Client(mailbox)
        try:
            if mailbox.security == Security.STARTTLS:
                with at(Step.TLS):
                    self.client.stls(guard.tls())
            self.sign_in(mailbox)
            with at(Step.FETCH):
                self.numbers = self.unique_ids()
        except BaseException:
            self.close()
            raise
        self.about = f"{len(self.numbers)} mails; is polled"
        self.tidy()

    def sign_in(self, mailbox: Mailbox) -> None:
        secret, name = secret_of(mailbox), mailbox.username or mailbox.address
        with at(Step.SIGN_IN):
            if any(end in secret + name for end in "\r\n\0"):
                raise ValueError("name and password cannot hold line breaks")
            if mailbox.sign_in == SignIn.PASSWORD:
                self.client.user(name)
                self.client.pass_(secret)
                return
            token = oauth.access_token(mailbox, secret)
            words = f"user={name}\1auth=Bearer {token}\1\1".encode()
            self.client._shortcmd("AUTH XOAUTH2")  # type: ignore[attr-defined]
            self.client._shortcmd(base64.b64encode(words).decode())  # type: ignore[attr-defined]

    def unique_ids(self) -> dict[str, str]:
        """Number by unique id; servers without UIDL have each mail once."""
        try:
            pairs = [line.split(maxsplit=1) for line in self.client.uidl()[1]]
        except poplib.error_proto:
            pairs = [[line.split()[0], b" " + line.split()[0]] for line in self.client.list()[1]]
        return {pair[1].decode("utf-8", "replace"): pair[0].decode() for pair in pairs if len(pair) == 2}

    def tidy(self) -> None:
        """Delete what we took in a session that ended too early; forget what is gone, and mere numbers."""
        for name in ("taken", "left"):
            self.cursor[name] = [uid for uid in self.cursor[name] if uid in self.numbers and uid[:1] != " "]
        with at(Step.FETCH):
            for uid in self.cursor["taken"]:
                self.client.dele(self.numbers[uid])

    def waiting(self) -> list[Item]:
        if len(self.cursor["taken"]) >= SESSION:
            return []
        with at(Step.FETCH):
            sizes = dict(line.split()[:2] for line in self.client.list()[1])
        settled = {*self.cursor["taken"], *self.cursor["left"]}
        fresh = [uid for uid in self.numbers if uid not in settled][:BATCH]
        return [Item(uid, int(sizes.get(self.numbers[uid].encode(), 0))) for uid in fresh]

    def read(self, item: Item, *, limit: int) -> bytes | None:
        return self.client.body(f"RETR {self.numbers[item.key]}", limit=limit)

    def head(self, item: Item) -> bytes:
        return self.client.body(f"TOP {self.numbers[item.key]} 0", limit=LINE)[:HEAD_BYTES]

    def mark(self, kept: Sequence[Item]) -> None:
        """Marked for deletion, which the server does when we say good-bye; until then `taken` remembers them."""
        self.cursor["taken"] = [*self.cursor["taken"], *(item.key for item in kept)]
        for item in kept:
            self.client.dele(self.numbers[item.key])

    def advance(self, over: Sequence[Item]) -> None:
        taken = set(self.cursor["taken"])
        self.cursor["left"] = [*self.cursor["left"], *(item.key for item in over if item.key not in taken)]

    def wait(self, seconds: float) -> NoReturn:
        raise NotImplementedError("POP3 is polled.")

    def close(self) -> None:
        with suppress(*FAILURES):
            self.client.quit()
            return
        with suppress(*FAILURES):
            self.client.close()
