"""Reports that mail did not arrive: for whom, with what status, and which mail came back.

Reports by the standard (RFC 3464) are read here; those that every mail system words its own way by flufl.bounce.
"""

import email
import logging
import re
from email.message import Message

from flufl.bounce import all_failures

from integrations.mail import headers, identifiers, limits, wording
from integrations.mail.addresses import split
from integrations.mail.headers import Headers
from integrations.mail.letter import Bounce, Letter
from integrations.mail.mime import Part

_SYSTEM = re.compile(
    r"(?:mailer[-_.]?daemon|postmaster|mail[-_.]?daemon|mail[-_.]?delivery|mdaemon|double-bounce|bounces?|smtp|majordomo"
    r"|administrator|root|system)(?:[-+_.=][^@]{0,200})?(?:@|$)",
    re.IGNORECASE,
)
_NAMED = re.compile(r"mail(?:er)?[ -]*(?:daemon|delivery|administrator|router)|postmaster|mail delivery", re.IGNORECASE)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.-])([45])[0-5]\d(?=[ -]\D)")
_ID_LINE = re.compile(rb"(?:\A|\n)[> \t]{0,9}Message-ID:[ \t]{0,9}\r?\n?[ \t]{0,9}(<[^<>\r\n]{1,2000}>)", re.IGNORECASE)
_RETURNED = {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}
_BROKEN = (LookupError, ValueError, TypeError, AttributeError, RecursionError, AssertionError)

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # its tracebacks over odd mail tell nobody anything


def read(part: Part, parts: list[Part], letter: Letter) -> Bounce | None:
    """The report a mail is; None when it is an ordinary one."""
    status_parts = [one for one in parts if one.type in ("message/delivery-status", "message/global-delivery-status")]
    groups = [group for one in status_parts for group in _groups(one.content)]
    announced = "x-failed-recipients" in {name for name, _ in part.headers.items}
    if not (groups or announced or _seems_system(part, letter) or wording.UNDELIVERED.search(letter.subject[:300])):
        return None
    failed = [group for group in groups if group.text("action").lower() not in ("delivered", "relayed", "expanded")]
    if groups and not failed and not announced:
        return None
    recipients = [*_announced(part.headers), *_by_wording(part), *(_recipient(group) for group in failed)]
    recipients = list(dict.fromkeys(one.lower() for one in recipients if "@" in one))
    titled = bool(wording.UNDELIVERED.search(letter.subject[:300]))
    came_back = any(one.type in _RETURNED for one in parts)
    if not (failed or recipients or (titled and (came_back or _seems_system(part, letter)))):
        return None
    text = b"\n".join(one.content[:20_000] for one in parts if one.type.startswith("text/"))[:60_000]
    status, diagnostic = _status(failed, text.decode("utf-8", "replace"))
    action = {group.text("action").lower() for group in failed}
    return Bounce(
        recipients=tuple(recipients[: limits.ADDRESSES]),
        status=status,
        permanent=status.startswith("5") or (not status and "delayed" not in action),
        diagnostic=diagnostic[:500],
        returned_ids=_returned(parts, text),
    )


def _seems_system(part: Part, letter: Letter) -> bool:
    if part.type == "multipart/report" or letter.return_path == "" or not letter.authors:
        return True
    return any(_SYSTEM.match(author.addr) or _NAMED.search(author.name[:200]) for author in letter.authors[:3])


def _groups(content: bytes) -> list[Headers]:
    """The per-recipient groups of a delivery report."""
    blocks = re.split(rb"\n[ \t]*\r?\n", content[: limits.BOUNCE_BYTES])
    groups = [headers.read(block.strip() + b"\n")[0] for block in blocks[: limits.ADDRESSES]]
    return [group for group in groups if group.raw("final-recipient") or group.raw("original-recipient")]


def _recipient(group: Headers) -> str:
    for name in ("original-recipient", "final-recipient"):
        found = split(group.text(name).rpartition(";")[2])
        if found and found[0].domain:
            return found[0].addr
    return ""


def _announced(of: Headers) -> list[str]:
    return [address.addr for value in of.unicode("x-failed-recipients") for address in split(value)]


def _by_wording(part: Part) -> list[str]:
    """What flufl.bounce makes of it. It trusts its input: deep trees are kept from it, and its errors mean nothing."""
    raw = part.raw[: limits.BOUNCE_BYTES]
    if raw.count(b"multipart/") + raw.count(b"message/") > 40:
        return []
    message: Message = email.message_from_bytes(raw)
    for header in ("From", "Subject", "Content-Type"):
        if header in message:
            value = str(message[header])
            del message[header]
            message[header] = value
    try:
        temporary, permanent = all_failures(message)
    except _BROKEN:
        return []
    found = [address.decode("utf-8", "replace") for address in sorted(temporary | permanent)]
    return [one.strip("<>\"' ") for one in found]


def _status(groups: list[Headers], text: str) -> tuple[str, str]:
    """An enhanced status code, from the report or else the prose, and what the other server said."""
    for group in groups:
        if match := _STATUS.search(group.text("status")):
            diagnostic = group.text("diagnostic-code")
            precise = _STATUS.search(diagnostic)
            return (precise[1] if match[1].endswith(".0.0") and precise else match[1]), diagnostic
    if match := _STATUS.search(text):
        return match[1], text[match.start() : match.start() + 300].partition("\n")[0]
    if match := _REPLY_CODE.search(text):
        return f"{match[1]}.0.0", text[match.start() : match.start() + 300].partition("\n")[0]
    return "", ""


def _returned(parts: list[Part], text: bytes) -> tuple[str, ...]:
    """The ids of what came back: attached, as headers only, or quoted in the prose."""
    found: list[str] = []
    for part in parts:
        if part.type in _RETURNED:
            inner, _ = headers.read(part.content[: limits.HEADER_BYTES])
            found += [identifiers.message_id(inner)]
    found += [one for match in _ID_LINE.findall(text) for one in identifiers.several(match.decode("utf-8", "replace"))]
    return tuple(dict.fromkeys(one for one in found if one))[:20]
