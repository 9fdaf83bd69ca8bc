"""The world's mail between real programs: a server that takes by SMTP and puts into letterboxes, clients that read them
by IMAP and answer as mail programs do, and the desk's own worker in between."""

import imaplib
import smtplib
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr
from typing import Any

from django.utils import timezone

from deliveries.send import send_due
from integrations import inbound
from integrations.mail import fetch
from integrations.models import Inbound, Mailbox
from tests.mail.post import SERVER
from tests.mail.servers import PASSWORD, USER, Letterbox, Serving

ROUNDS = 200  # turns after which a loop has not died out


class Exchange:
    """SMTP in, letterboxes out. What comes for an address in `robots` is answered by it at once; `carried` counts."""

    def __init__(self) -> None:
        self.boxes: dict[str, Letterbox] = {}
        self.robots: dict[str, Callable[[EmailMessage, str], EmailMessage | None]] = {}
        self.carried: list[tuple[str, str]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        for recipient in envelope.rcpt_tos:
            self.carry(envelope.mail_from or "", recipient, bytes(envelope.content))
        return "250 OK"

    def carry(self, sender: str, recipient: str, raw: bytes) -> None:
        """Deliver one mail, with what a receiving server writes above it."""
        local, _, domain = recipient.lower().rpartition("@")
        address = f"{local.partition('+')[0]}@{domain}"
        self.carried.append((sender, recipient))
        if robot := self.robots.get(address):
            answer = robot(message_from_bytes(raw, policy=policy.default), sender)  # type: ignore[arg-type]
            if answer is not None:
                self.carry(address, parseaddr(str(answer["To"]))[1], answer.as_bytes(policy=policy.SMTP))
        elif box := self.boxes.get(address):
            above = (
                f"Return-Path: <{sender}>",
                f"Delivered-To: {recipient}",
                f"Authentication-Results: {SERVER}; dmarc=pass",
            )
            box.put("".join(f"{line}\r\n" for line in above).encode() + raw)


class Client:
    """A mail program: an account at a server, and how it answers."""

    def __init__(self, name: str, address: str, serving: Serving, smtp_port: int) -> None:
        self.name, self.address, self.serving, self.smtp_port = name, address, serving, smtp_port

    def inbox(self) -> list[EmailMessage]:
        """Everything in the inbox, oldest first."""
        with imaplib.IMAP4("localhost", self.serving.port, timeout=10) as imap:
            imap.login(USER, PASSWORD)
            imap.select("INBOX", readonly=True)
            numbers = imap.search(None, "ALL")[1][0].split()
            raws = [imap.fetch(number, "(RFC822)")[1][0] for number in numbers]
        return [message_from_bytes(raw[1], policy=policy.default) for raw in raws if isinstance(raw, tuple)]  # type: ignore[misc]

    def write(self, to: str, subject: str, words: str, **headers: str) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = f"{self.name} <{self.address}>", to, subject
        mail["Message-ID"] = make_msgid(domain=self.address.partition("@")[2])
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(words)
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=10) as smtp:
            smtp.send_message(mail, self.address, [parseaddr(to)[1]])
        return mail

    def answer(self, mail: EmailMessage, words: str) -> EmailMessage:
        """Reply-To, threading headers and everything quoted below, as mail programs do it."""
        body = mail.get_body(("plain",))
        quoted = "\n".join(f"> {line}" for line in (body.get_content() if body else "").splitlines())
        subject, known = str(mail["Subject"]), str(mail["Message-ID"])
        return self.write(
            str(mail["Reply-To"] or mail["From"]),
            subject if subject.startswith("Re: ") else f"Re: {subject}",
            f"{words}\n\nOn Mon, 2 Mar 2026 at 10:00, {mail['From']} wrote:\n{quoted}\n",
            In_Reply_To=known,
            References=f"{mail['References'] or ''} {known}".strip(),
        )


def work(mailbox: Mailbox) -> int:
    """The desk's worker until there is nothing left to do; -> how many turns it took."""
    for turn in range(ROUNDS):
        Mailbox.objects.filter(pk=mailbox.pk).update(next_fetch_at=timezone.now())
        fetch.fetch_due(timezone.now())
        taken = inbound.claim(timezone.now(), batch=50)
        for row in taken:
            inbound.interpret(row, now=timezone.now())
        if not send_due(timezone.now()) and not taken:
            assert not Inbound.objects.filter(state="failed").exists()
            return turn
    raise AssertionError(f"It went on for {ROUNDS} turns.")
