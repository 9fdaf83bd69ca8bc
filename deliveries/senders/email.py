"""Mail by SMTP (settings.EMAIL_*): one connection for a batch, every wait bounded by settings.EMAIL_TIMEOUT."""

import contextlib
import re
import smtplib
import socket
import ssl
from email.utils import format_datetime, parseaddr
from threading import Timer

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import sanitize_address

from deliveries.models import Delivery, local_mailbox
from deliveries.references import return_path
from deliveries.senders import Outcome, Result, Unreachable

# "No such mailbox here" (RFC 5321 §4.2.3): trying again changes nothing. Any other refusal may be a passing one.
NO_SUCH_MAILBOX = {550, 551, 553}
URGENT = {
    "Importance": "high", "Priority": "urgent", "X-Priority": "1 (Highest)", "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "All",
}  # fmt: skip
URGENT_SECONDS = 5.0  # from the first step to the last answer: the lease of an urgent delivery is 8 s


def as_bytes(delivery: Delivery) -> bytes:
    """The message as it goes over the wire. Raises ValueError when a header cannot be written."""
    headers = {
        **(URGENT if delivery.urgent else {}),
        **delivery.headers,
        "Message-ID": delivery.message_id,
        "Date": format_datetime(delivery.created_at),
    }
    mail = EmailMultiAlternatives(
        delivery.subject, delivery.text, from_of(delivery), [delivery.address], headers=headers
    )
    if delivery.body_html:
        mail.attach_alternative(delivery.body_html, "text/html")
    return re.sub(rb"\r\n|\r|\n", b"\r\n", mail.message().as_bytes())


def from_of(delivery: Delivery) -> str:
    return delivery.sender or settings.DEFAULT_FROM_EMAIL


def envelope_sender(delivery: Delivery) -> str:
    """Where a bounce goes: to the delivery's own address at its mailbox, else to whoever is in From."""
    return return_path(delivery.returns_to, delivery.pk) if delivery.returns_to else from_of(delivery)


def said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {text}".replace("\0", "")[:1000]


class Sender:
    """Speaks SMTP step by step, because smtplib's own sendmail throws the provider's answer away and does not tell
    whether the message had already been handed over when the line broke."""

    def __init__(self) -> None:
        self.keeps = local_mailbox()
        self.smtp: smtplib.SMTP | None = None

    def open(self) -> None:
        """Connect, encrypt and sign in as the settings say. Raises Unreachable."""
        if self.smtp is not None:
            return
        try:
            self.smtp = self.connect()
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}: {error}") from error

    def wait(self) -> float:
        """Seconds that a step may take."""
        return settings.EMAIL_TIMEOUT

    def watch(self, smtp: smtplib.SMTP) -> None:
        """Told of a connection as soon as there is one."""

    def connect(self) -> smtplib.SMTP:
        address, context = (settings.EMAIL_HOST, settings.EMAIL_PORT), ssl.create_default_context()
        if settings.EMAIL_USE_SSL:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(*address, timeout=self.wait(), context=context)
        else:
            smtp = smtplib.SMTP(*address, timeout=self.wait())
        try:
            self.watch(smtp)
            smtp.ehlo_or_helo_if_needed()
            if settings.EMAIL_USE_TLS and not settings.EMAIL_USE_SSL:
                smtp.starttls(context=context)
                smtp.ehlo()
            if settings.EMAIL_HOST_USER:
                smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def send(self, delivery: Delivery) -> Outcome:
        """MAIL, RCPT, DATA. Once the text is under way, silence means that it may have arrived."""
        if self.smtp is None:
            raise Unreachable("not connected")
        try:
            raw = as_bytes(delivery)
            sender = parseaddr(sanitize_address(envelope_sender(delivery), "utf-8"))[1]
            recipient = parseaddr(sanitize_address(delivery.address, "utf-8"))[1]
        except (ValueError, UnicodeError) as error:
            return Outcome(Result.REFUSED, f"This message cannot be written: {error}")
        handed_over = False
        try:
            for code, words in (self.smtp.mail(sender), self.smtp.rcpt(recipient)):
                if code not in (250, 251):
                    self.smtp.rset()
                    return Outcome(Result.REFUSED if code in NO_SUCH_MAILBOX else Result.FAILED, said(code, words))
            handed_over = True
            code, words = self.smtp.data(raw)
        except smtplib.SMTPDataError as error:  # refused before the text was under way
            return Outcome(Result.FAILED, said(error.smtp_code, error.smtp_error))
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Outcome(Result.UNKNOWN if handed_over else Result.FAILED, f"{type(error).__name__}: {error}"[:1000])
        return Outcome(Result.SENT if code == 250 else Result.FAILED, said(code, words))

    def close(self) -> None:
        """QUIT, or just hang up."""
        smtp, self.smtp = self.smtp, None
        if smtp is None:
            return
        with contextlib.suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        smtp.close()


class UrgentSender(Sender):
    """One message over a connection of its own, which is cut off after URGENT_SECONDS, however slowly it drips."""

    def __init__(self) -> None:
        super().__init__()
        self.timer: Timer | None = None

    def wait(self) -> float:
        return min(settings.EMAIL_TIMEOUT, URGENT_SECONDS / 2)  # connecting may try two addresses

    def watch(self, smtp: smtplib.SMTP) -> None:
        def hang_up() -> None:
            with contextlib.suppress(OSError):
                if (connected := smtp.sock) is not None:  # not closed meanwhile
                    connected.shutdown(socket.SHUT_RDWR)

        self.timer = Timer(URGENT_SECONDS - self.wait(), hang_up)
        self.timer.daemon = True
        self.timer.start()

    def close(self) -> None:
        super().close()
        if self.timer is not None:
            self.timer.cancel()
