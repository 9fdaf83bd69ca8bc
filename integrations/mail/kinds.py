"""What kind of mail it is besides its words: signed or encrypted, an invitation, something passed on."""

import re

from integrations.mail import headers, limits
from integrations.mail.addresses import read, split
from integrations.mail.letter import Address
from integrations.mail.mime import Part
from integrations.mail.quoting import is_forward_mark

_METHOD = re.compile(rb"(?:\A|\n)METHOD:[ \t]{0,9}([A-Za-z-]{1,30})")
_FROM_LINE = re.compile(r"[\s*>|]{0,20}\w[\w /]{1,20}\s?\*{0,2}\s?[:：]\*{0,2}\s{0,20}(.{1,500})")


def crypto(parts: list[Part], text: str) -> str:
    """How the mail is signed or encrypted, "" when it is not. Nothing is verified here."""
    signed = ""
    for part in parts:
        protocol = part.parameters.get("protocol", "").lower()
        if part.type == "multipart/encrypted":
            return "pgp-encrypted"
        if part.type in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
            kind = part.parameters.get("smime-type", "").lower()
            if "signed" not in kind and "certs" not in kind:
                return "smime-encrypted"
            signed = signed or "smime-signed"
        elif part.type == "multipart/signed":
            signed = signed or ("pgp-signed" if "pgp" in protocol else "smime-signed")
    if "-----BEGIN PGP MESSAGE-----" in text:
        return "pgp-encrypted"
    return signed or ("pgp-signed" if "-----BEGIN PGP SIGNED MESSAGE-----" in text else "")


def calendar_method(parts: list[Part]) -> str:
    """REQUEST, REPLY, CANCEL … of an invitation (RFC 5546), in capitals; "" without one."""
    for part in parts:
        if part.type in ("text/calendar", "application/ics") or part.filename.lower().endswith(".ics"):
            match = _METHOD.search(part.content[:65_536])
            return (match[1].decode() if match else part.parameters.get("method", "")).upper()[:30]
    return ""


def forwarded_from(forwarded: str, parts: list[Part]) -> Address | None:
    """Who wrote the mail that is passed on: from the lines above its text, or from the one mail attached."""
    lines = [line for line in forwarded.split("\n", 30)[:30] if line.strip()]
    lines = lines[1:] if lines and is_forward_mark(lines[0]) else lines
    for line in lines[:8]:
        match = _FROM_LINE.match(line[:600])
        found = (
            [one for one in split(match[1].replace("[mailto:", "<").replace("]", ">")) if one.domain] if match else []
        )
        if found:
            return found[0]
    attached = [part for part in parts if part.type == "message/rfc822"]
    if len(attached) == 1:
        inner, _ = headers.read(attached[0].content[: limits.HEADER_BYTES])
        authors = read(inner, "from")
        return authors[0] if authors and authors[0].domain else None
    return None
