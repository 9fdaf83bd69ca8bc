"""`parse`: the bytes of a mail → `Letter`. Pure, bounded in time and memory, and it never refuses a mail.

Real mail breaks every rule of the format, so each step takes what it can get; what was left unread is named in
`Letter.flaws`.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from integrations.mail import (
    addresses,
    authentication,
    automatic,
    bodies,
    bounces,
    identifiers,
    kinds,
    limits,
    mime,
    quoting,
    tnef,
)
from integrations.mail.headers import Headers
from integrations.mail.letter import Address, Letter
from integrations.mail.mime import Part

__all__ = ["Letter", "parse"]

_DELIVERED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-rcpt-to")


def parse(raw: bytes, *, trusted: Collection[str] = ()) -> Letter:
    """What `raw` says. `trusted` are the authserv-ids (lower case) of our own receiving servers; without any, nothing
    about the sender's authentication is believed."""
    part, flaws = mime.read(raw)
    parts = mime.walk(part)
    body = bodies.gather(part)
    _unpack(body)
    letter = _envelope(part.headers, trusted)
    text = body.text
    bounce = bounces.read(part, parts, letter)
    told = quoting.split(text, subject=letter.subject)
    return replace(
        letter,
        text=text,
        reply_text=told.new,
        quoted_text=told.quoted,
        signature=told.signature,
        html=body.html,
        attachments=tuple(body.attachments),
        bounce=bounce,
        feedback=_is_feedback(parts),
        crypto=kinds.crypto(parts, text),
        calendar_method=kinds.calendar_method(parts),
        forwarded_from=None if bounce else kinds.forwarded_from(told.forwarded, parts),
        flaws=tuple(flaws + body.flaws),
    )


def _envelope(headers: Headers, trusted: Collection[str]) -> Letter:
    """What the mail's own headers say."""
    subject = headers.text("subject")[: limits.SUBJECT]
    authors = addresses.read(headers, "from")
    sender = addresses.read(headers, "sender")
    reply_to = addresses.read(headers, "reply-to")
    return_path = _return_path(headers)
    return Letter(
        author=_author(authors, sender, reply_to),
        authors=authors,
        sender=sender[0] if sender else None,
        reply_to=reply_to,
        to=addresses.read(headers, "to"),
        cc=addresses.read(headers, "cc"),
        delivered_to=_delivered_to(headers),
        return_path=return_path,
        subject=subject,
        date=_date(headers),
        message_id=identifiers.message_id(headers),
        in_reply_to=identifiers.read(headers, "in-reply-to"),
        references=identifiers.read(headers, "references"),
        automatic=automatic.signs(headers, authors, subject, return_path),
        authentication=authentication.verdict(headers, trusted),
        spoof=authentication.spoof_signs(authors, reply_to, headers),
        spam=automatic.is_spam(headers),
    )


def _author(authors: tuple[Address, ...], sender: tuple[Address, ...], reply_to: tuple[Address, ...]) -> Address:
    """Who the mail is from: the first From that is an address, or what else there is."""
    for address in (*authors, *sender, *reply_to):
        if address.domain:
            return address
    return next(iter((*authors, *sender)), Address())


def _return_path(headers: Headers) -> str | None:
    values = headers.unicode("return-path")
    if not values:
        return None
    found = addresses.split(values[0])
    return found[0].addr if found else ""


def _delivered_to(headers: Headers) -> tuple[Address, ...]:
    found = [address for name in _DELIVERED for address in addresses.read(headers, name)]
    return tuple({address.addr: address for address in found if address.domain}.values())


def _date(headers: Headers) -> datetime | None:
    """When the sender says they wrote it: shown, never trusted."""
    try:
        at = parsedate_to_datetime(headers.text("date")[:200])
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _is_feedback(parts: list[Part]) -> bool:
    return any(
        part.type == "message/feedback-report" or part.parameters.get("report-type", "").lower() == "feedback-report"
        for part in parts
    )


def _unpack(body: bodies.Body) -> None:
    """What Outlook packed into a winmail.dat joins the letter; the packet itself stays too."""
    for packet in [one for one in body.attachments if tnef.is_packed(one)][:3]:
        files, piece = tnef.unpack(packet)
        body.attachments += files[: limits.ATTACHMENTS - len(body.attachments)]
        if not body.text.strip():
            body.pieces.append(piece)
