"""Real mail servers for tests: Twisted's IMAP and POP3, in a thread of this process, and Dovecot where it is installed.

Both speak TLS with a certificate of an authority made for the run; Twisted's know XOAUTH2 with the token "fresh", too.
A `Letterbox` is what they serve: plain lists, or Dovecot's Maildir.
"""

import asyncio
import base64
import io
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import Any

from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet import reactor, ssl, threads
from twisted.internet.protocol import Factory
from twisted.mail import imap4, pop3
from zope.interface import implementer

USER, PASSWORD, TOKEN = "desk@helpdesk.example", "right-horse", "fresh"
FLAGS = ("\\Seen", "\\Deleted", "\\Flagged", "\\Answered", "\\Draft")


@dataclass
class Kept:
    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Letterbox:
    """Mail in memory. `hooks` run before a command is answered, on the server's thread; they may raise or end it."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []
        self.validity, self.next_uid = 7, 1
        self.listeners: list[Any] = []
        self.hooks: dict[str, Callable[..., Any]] = {}
        self.commands: list[str] = []

    def put(self, raw: bytes, *, seen: bool = False, at: datetime | None = None) -> int:
        """Deliver one; -> its UID."""
        return on_reactor(self._put, raw, seen, at)

    def _put(self, raw: bytes, seen: bool, at: datetime | None) -> int:
        kept = Kept(self.next_uid, raw, {"\\Seen"} if seen else set(), at or datetime.now(UTC))
        self.kept.append(kept)
        self.next_uid += 1
        for listener in self.listeners:
            listener.newMessages(len(self.kept), None)
        return kept.uid

    def renumber(self) -> None:
        """As after a restore of the server: other UIDs, another UIDVALIDITY."""
        self.validity += 1
        for number, kept in enumerate(self.kept):
            kept.uid = 100 + number
        self.next_uid = 100 + len(self.kept)

    @property
    def seen(self) -> list[int]:
        return [kept.uid for kept in self.kept if "\\Seen" in kept.flags]

    @property
    def raws(self) -> list[bytes]:
        return [kept.raw for kept in self.kept]

    def told(self, command: str, *args: Any) -> Any:
        self.commands.append(command)
        hook = self.hooks.get(command)
        return hook(*args) if hook else None


# -- IMAP ------------------------------------------------------------------------------------------------------------
@implementer(imap4.IMessage, imap4.IMessageFile)
class ImapMessage:
    def __init__(self, box: Letterbox, kept: Kept) -> None:
        self.box, self.kept = box, kept

    def getUID(self) -> int:
        return self.kept.uid

    def getFlags(self) -> list[str]:
        return sorted(self.kept.flags)

    def getInternalDate(self) -> bytes:
        return format_datetime(self.kept.at).encode()

    def getSize(self) -> int:
        return self.box.told("size", self.kept.uid) or len(self.kept.raw)

    def open(self) -> io.BytesIO:
        self.box.told("body", self.kept.uid)
        return io.BytesIO(self.kept.raw)

    getBodyFile = open

    def getHeaders(self, negate: bool, *names: str) -> dict[str, str]:
        head = self.kept.raw.partition(b"\r\n\r\n")[0].decode("latin-1")
        return dict(line.split(": ", 1) for line in head.split("\r\n") if ": " in line)

    def isMultipart(self) -> bool:
        return False


@implementer(imap4.IMailbox)
class ImapBox:
    def __init__(self, box: Letterbox) -> None:
        self.box = box

    def getFlags(self) -> list[str]:
        return list(FLAGS)

    def getHierarchicalDelimiter(self) -> str:
        return "/"

    def getUIDValidity(self) -> int:
        return self.box.validity

    def getUIDNext(self) -> int:
        return self.box.next_uid

    def getMessageCount(self) -> int:
        return len(self.box.kept)

    def getRecentCount(self) -> int:
        return 0

    def isWriteable(self) -> bool:
        return True

    def addListener(self, listener: Any) -> None:
        self.box.listeners.append(listener)

    def removeListener(self, listener: Any) -> None:
        if listener in self.box.listeners:
            self.box.listeners.remove(listener)

    def chosen(self, messages: Any, uid: bool) -> list[tuple[int, Kept]]:
        if uid and not messages.last:
            messages.last = self.box.next_uid - 1
        elif not uid and not messages.last:
            messages.last = len(self.box.kept)
        rows = enumerate(self.box.kept, 1)
        return [(number, kept) for number, kept in rows if (kept.uid if uid else number) in messages]

    def fetch(self, messages: Any, uid: bool) -> list[tuple[int, ImapMessage]]:
        self.box.told("fetch")
        return [(number, ImapMessage(self.box, kept)) for number, kept in self.chosen(messages, uid)]

    def store(self, messages: Any, flags: Any, mode: int, uid: bool) -> dict[int, list[str]]:
        self.box.told("store", [kept.uid for _, kept in self.chosen(messages, uid)])
        for _, kept in self.chosen(messages, uid):
            kept.flags = kept.flags | set(flags) if mode > 0 else set(flags) if mode == 0 else kept.flags - set(flags)
        return {number: sorted(kept.flags) for number, kept in self.chosen(messages, uid)}


class ImapServer(imap4.IMAP4Server):
    """Twisted's, with IDLE and XOAUTH2 told to clients; an empty mailbox can be searched."""

    box: Letterbox
    idles = True

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)
        super().connectionMade()

    def capabilities(self) -> dict[bytes, Any]:
        told = {**super().capabilities(), **({b"IDLE": None} if self.idles else {})}
        told.pop(b"LOGINDISABLED", None)  # on loopback
        return told

    def do_SEARCH(self, tag: bytes, charset: Any, query: Any, uid: bool = False) -> None:
        if self.mbox is not None and not self.mbox.getMessageCount():
            self.sendUntaggedResponse(b"SEARCH")
            self.sendPositiveResponse(tag, b"SEARCH completed")
            return
        super().do_SEARCH(tag, charset, query, uid)

    select_SEARCH = (do_SEARCH, *imap4.IMAP4Server.select_SEARCH[1:])

    def connectionLost(self, reason: Any) -> None:
        if self.mbox is not None:
            self.mbox.removeListener(self)
        super().connectionLost(reason)


class XOAuth2:
    """Credentials: `user=…\\1auth=Bearer …\\1\\1`."""

    def __init__(self) -> None:
        self.username = self.password = b""

    def getChallenge(self) -> bytes:
        return b""

    def setResponse(self, response: bytes) -> None:
        said = dict(part.partition(b"=")[::2] for part in response.split(b"\1") if part)
        self.username = said.get(b"user", b"")
        self.password = said.get(b"auth", b"").removeprefix(b"Bearer ")

    def moreChallenges(self) -> bool:
        return False

    def checkPassword(self, password: bytes) -> bool:
        return self.password == TOKEN.encode()


# -- POP3 ------------------------------------------------------------------------------------------------------------
@implementer(pop3.IMailbox)
class Pop3Box:
    """One session: what is deleted goes when the client says good-bye."""

    def __init__(self, box: Letterbox) -> None:
        self.box, self.rows = box, list(box.kept)
        self.dropped: set[int] = set()

    def listMessages(self, index: int | None = None) -> Any:
        sizes = [0 if kept.uid in self.dropped else len(kept.raw) for kept in self.rows]
        return sizes if index is None else sizes[index]

    def getMessage(self, index: int) -> io.BytesIO:
        self.box.told("body", self.rows[index].uid)
        return io.BytesIO(self.rows[index].raw.replace(b"\r\n", b"\n"))  # Twisted writes line ends anew

    def getUidl(self, index: int) -> bytes:
        return f"{self.box.validity}.{self.rows[index].uid}".encode()

    def deleteMessage(self, index: int) -> None:
        self.box.told("dele", self.rows[index].uid)
        self.dropped.add(self.rows[index].uid)

    def undeleteMessages(self) -> None:
        self.dropped.clear()

    def sync(self) -> None:
        self.box.told("quit")
        self.box.kept = [kept for kept in self.box.kept if kept.uid not in self.dropped]


class Pop3Server(pop3.POP3):
    """Twisted's, with STLS, and XOAUTH2 as Microsoft has it."""

    context: Any = None
    box: Letterbox

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)
        super().connectionMade()

    def listCapabilities(self) -> list[bytes]:
        return [*super().listCapabilities(), b"STLS", b"SASL XOAUTH2"]

    def processCommand(self, command: bytes, *args: bytes) -> Any:
        if command.upper() == b"STLS" and self.context:
            self.successResponse(b"Begin TLS")
            self.transport.startTLS(self.context)
            return None
        return super().processCommand(command, *args)

    def do_AUTH(self, args: bytes | None = None) -> Any:
        if args != b"XOAUTH2":
            return super().do_AUTH(args)
        self._auth = XOAuth2()
        self.sendLine(b"+ ")
        self.state = "AUTH"
        return None

    def state_AUTH(self, line: bytes) -> None:
        self.state = "COMMAND"
        self._auth.setResponse(base64.b64decode(line))
        coming = self.portal.login(self._auth, None, pop3.IMailbox)
        coming.addCallbacks(self._cbMailbox, self._ebMailbox, callbackArgs=(self._auth.username,))


# -- both ------------------------------------------------------------------------------------------------------------
@implementer(IRealm, ICredentialsChecker)
class Door:
    """Who may come in, to what."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, box: Letterbox) -> None:
        self.box = box

    def requestAvatarId(self, credentials: Any) -> bytes:
        name, given = credentials.username, credentials.password
        name = name if isinstance(name, bytes) else name.encode()
        given = given if isinstance(given, bytes) else given.encode()
        good = TOKEN.encode() if isinstance(credentials, XOAuth2) else PASSWORD.encode()
        if name != USER.encode() or given != good:
            raise UnauthorizedLogin
        return name

    def requestAvatar(self, avatar: bytes, mind: Any, *wanted: Any) -> Any:
        if imap4.IAccount in wanted:
            account = imap4.MemoryAccountWithoutNamespaces(USER)
            account.mailboxes["INBOX"] = ImapBox(self.box)
            account.mailboxes["SUPPORT"] = ImapBox(self.box)
            return imap4.IAccount, account, lambda: None
        return pop3.IMailbox, Pop3Box(self.box), lambda: None


@cache
def running() -> None:
    """The reactor, once, in a thread that ends with the process."""
    ready = Event()
    reactor.callWhenRunning(ready.set)  # type: ignore[attr-defined]
    Thread(target=reactor.run, kwargs={"installSignalHandlers": False}, daemon=True, name="reactor").start()  # type: ignore[attr-defined]
    assert ready.wait(10)


def on_reactor(function: Callable[..., Any], *args: Any) -> Any:
    """Call it on the server's thread."""
    running()
    return threads.blockingCallFromThread(reactor, function, *args)


@dataclass
class Serving:
    """A server under way."""

    port: int
    tls_port: int
    box: Any
    stop: Callable[[], None]
    protocol: str = ""


def serve(protocol: str, box: Letterbox, certificate: "Certificate", *, idles: bool = True) -> Serving:
    """Twisted's server for `imap` or `pop3` on two ports: plain (with STARTTLS), and TLS from the start."""
    context = ssl.DefaultOpenSSLContextFactory(str(certificate.key), str(certificate.chain))
    door = Door(box)

    class Servers(Factory):
        noisy = False

        def buildProtocol(self, address: Any) -> Any:
            made: Any
            if protocol == "imap":
                made = ImapServer(chal={b"XOAUTH2": XOAuth2, b"PLAIN": imap4.PLAINCredentials}, contextFactory=context)
                made.idles = idles
                made.canStartTLS = True
            else:
                made = Pop3Server()
                made.context = context
            made.box = box
            made.portal = Portal(door, [door])
            # One checker for both kinds of credentials.
            made.portal.login = lambda who, mind, *wanted: threads.defer.maybeDeferred(
                lambda: door.requestAvatar(door.requestAvatarId(who), mind, *wanted)
            )
            return made

    def listen() -> tuple[Any, Any]:
        return (
            reactor.listenTCP(0, Servers(), interface="127.0.0.1"),  # type: ignore[attr-defined]
            reactor.listenSSL(0, Servers(), context, interface="127.0.0.1"),  # type: ignore[attr-defined]
        )

    plain, tls = on_reactor(listen)

    def stop() -> None:
        for port in (plain, tls):
            on_reactor(port.stopListening)

    return Serving(plain.getHost().port, tls.getHost().port, box, stop, protocol)


# -- certificates ----------------------------------------------------------------------------------------------------
@dataclass
class Certificate:
    """`authority` is what a client must trust."""

    authority: Path
    chain: Path
    key: Path


def make_certificate(place: Path) -> Certificate:
    """For "localhost", signed by an authority of its own."""
    place.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def sign(name: str, whose: Any, authority: bool) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        return (
            x509.CertificateBuilder()
            .subject_name(subject).issuer_name(issuer).public_key(whose.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(root_key, hashes.SHA256())
        )  # fmt: skip

    made = Certificate(place / "authority.pem", place / "chain.pem", place / "key.pem")
    made.authority.write_bytes(sign("Test authority", root_key, True).public_bytes(serialization.Encoding.PEM))
    made.chain.write_bytes(sign("localhost", key, False).public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


# -- SMTP ------------------------------------------------------------------------------------------------------------
class Sink:
    """Takes every mail; `taken` holds (from, to, bytes)."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append((envelope.mail_from, list(envelope.rcpt_tos), bytes(envelope.content)))
        await asyncio.sleep(0)
        return "250 OK"


@contextmanager
def smtp_sink(handler: Any | None = None) -> Iterator[tuple[Any, int]]:
    """A real SMTP server on loopback; yields (its handler, its port)."""
    handler = handler or Sink()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler, port
    finally:
        controller.stop()
