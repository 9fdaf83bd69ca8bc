"""Mails in a few words, for the tests beside this file."""

from collections.abc import Sequence

from integrations.mail.letter import Letter
from integrations.mail.parse import parse

SERVER = "mx.desk.example"


def mail(body: str | bytes = "Hello\n", *headers: str, kind: str = "text/plain; charset=utf-8") -> bytes:
    """A mail from Cora with these further header lines."""
    senders = (
        [] if any(line.lower().startswith("from:") for line in headers) else ["From: Cora <cora@customer.example>"]
    )
    lines = [*senders, *headers, f"Content-Type: {kind}"]
    return "\n".join(lines).encode() + b"\n\n" + (body.encode() if isinstance(body, str) else body)


def parts(*each: str | bytes, kind: str = "multipart/mixed") -> bytes:
    """A mail of several parts, each with its own header lines."""
    joined = b"".join(b"--b\n" + (one.encode() if isinstance(one, str) else one) + b"\n" for one in each)
    return mail(joined + b"--b--\n", kind=f"{kind}; boundary=b")


def read(body: str | bytes = "Hello\n", *headers: str, kind: str = "text/plain; charset=utf-8") -> Letter:
    return parse(mail(body, *headers, kind=kind), trusted={SERVER})


def names(letter: Letter) -> Sequence[str]:
    return [attachment.name for attachment in letter.attachments]
