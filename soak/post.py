"""People who mail the desk: their letters wait at a real IMAP server, and some answer what the desk wrote to them."""

import random
import tempfile
import threading
from pathlib import Path

from django.utils import timezone

from integrations.models import Mailbox
from soak.provider import Provider
from tests.mail.servers import PASSWORD, USER, Letterbox, make_certificate, serve

SERVER = "mx.desk.example"
PEOPLE = 10


class Post:
    """The desk's mailbox at its server. `sent` holds the subject or the words of every mail put there, once each."""

    def __init__(self, provider: Provider, *, seed: int) -> None:
        self.provider, self.random = provider, random.Random(seed)
        certificate = make_certificate(Path(tempfile.mkdtemp(prefix="soak-certificate-")))
        self.serving = serve("imap", Letterbox(), certificate)
        self.opened: list[str] = []
        self.answered: dict[str, int] = {}  # words → the ticket answered
        mailbox = Mailbox(
            name="Soak", address=USER, protocol="imap", host="localhost", port=self.serving.port, security="none",
            authserv_id=SERVER, next_fetch_at=timezone.now(),
        )  # fmt: skip
        mailbox.seal(PASSWORD)
        mailbox.save()

    def mail(self, number: int) -> None:
        """A new request, or an answer to a letter of the desk's if there is one."""
        person = f"m{number % PEOPLE}@people.example"
        letter = self.provider.newest.get(person) if self.random.random() < 0.5 else None
        if letter is None:
            subject, words, lines = f"Soak mail {number}", "It does not work.", []
            self.opened.append(subject)
        else:
            subject, words, lines = "Re: it", f"Soak mail answer {number}", [f"In-Reply-To: {letter.reference}"]
            self.answered[words] = letter.ticket
        head = [
            f"Authentication-Results: {SERVER}; dmarc=pass header.from=people.example", f"From: {person}",
            f"To: {USER}", f"Subject: {subject}", f"Message-ID: <soak{number}@people.example>", *lines,
        ]  # fmt: skip
        self.serving.box.put(("\r\n".join(head) + f"\r\n\r\n{words}\r\n").encode())

    def start(self, pause: float, enough: threading.Event) -> threading.Thread:
        """A mail every `pause` seconds until told that it is enough."""

        def again() -> None:
            number = 0
            while not enough.wait(pause):
                self.mail(number)
                number += 1

        thread = threading.Thread(target=again, daemon=True)
        thread.start()
        return thread
