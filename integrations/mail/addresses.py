"""Address headers read leniently, in one pass: quotes left open, commas in names, groups, comments, encoded names.

Names are decoded after the header was taken apart, so that an encoded name can never bring an address of its own.
"""

import re
from dataclasses import replace

from integrations.mail import limits
from integrations.mail.encoded import decode_words
from integrations.mail.headers import Headers, one_line
from integrations.mail.letter import Address

_TOKEN = re.compile(r'"(?:[^"\\]|\\.){0,200}"|<[^<>]{0,1000}>|[,;:()<>"\\]|[^,;:()<>"\\]+', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)")
_COMMENT = re.compile(r"\([^()]*\)")
_BARE = re.compile(r"[^\s@<>,;:\"']{1,200}@[^\s@<>,;:\"']{1,253}")
_LOOKS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
_PIECES = 20  # between commas that a name may have
_AT_END = ".,;:'\"`)]}>"


def read(headers: Headers, name: str) -> tuple[Address, ...]:
    """Every address in every header of that name."""
    found: list[Address] = []
    for value in headers.unicode(name):
        found += split(value)
    return tuple(found[: limits.ADDRESSES])


def split(value: str) -> list[Address]:
    """The addresses of one header value, at most `limits.ADDRESSES`."""
    found: list[Address] = []
    name: list[str] = []
    comment: list[str] = []
    angle: str | None = None
    depth = 0
    for match in _TOKEN.finditer(value[: limits.ADDRESS_CHARACTERS]):
        bit = match[0]
        if bit in "()":
            depth = min(depth + 1, 20) if bit == "(" else max(depth - 1, 0)
        elif depth:
            comment.append(bit)
        elif bit[0] == "<" and len(bit) > 1:
            angle = bit if angle is None or "@" not in angle else angle
        elif bit in ",;" or (bit == ":" and angle is None and "@" not in "".join(name)):
            if bit == ":":
                name = [] if name[-1:] != ["mailto"] else name[:-1]  # the name of a group
            elif _ends(name, angle, comment, found):
                name, comment, angle = [], [], None
            else:
                name.append(bit)
        else:
            name.append(bit)
        if len(found) >= limits.ADDRESSES:
            return found
    _ends(name, angle, comment, found, last=True)
    return found


def _ends(name: list[str], angle: str | None, comment: list[str], found: list[Address], *, last: bool = False) -> bool:
    """Close an address at a comma, if there is one to close: "Doe, Jane <jane@…>" has a comma in its name."""
    words = "".join(name).strip()
    if angle is None and not words and not comment:
        return True
    quoted = bool(name) and words.startswith('"') and words.endswith('"')
    last = last or len(name) > _PIECES
    if angle is None and not last and (quoted or not _LOOKS.search(words)) and words:
        return False
    written = _address(_named(name), angle, "".join(comment))
    if written.addr or written.name:
        found.append(written)
    return True


def _named(name: list[str]) -> str:
    pieces = [_ESCAPED.sub(r"\1", bit[1:-1]) if len(bit) > 1 and bit[0] == '"' else bit for bit in name]
    return "".join(piece for piece in pieces if piece != '"').strip()


def _address(name: str, angle: str | None, comment: str) -> Address:
    if angle is not None:
        addr = _COMMENT.sub("", angle).strip("<> \t")
        if "@" not in addr and (match := _BARE.search(name)) and not addr:
            return tidy(Address(name.replace(match[0], ""), match[0]))
        return tidy(Address(name or comment, addr))
    words = name.split()
    for word in words:
        if "@" in word:
            rest = " ".join(other for other in words if other is not word)
            return tidy(Address(rest or comment, word))
    return tidy(Address(comment, name) if len(words) == 1 else Address(name or comment))


def tidy(address: Address) -> Address:
    """An address as we keep it: the name decoded, on one line; no `mailto:`, no blanks, the domain in lower case."""
    addr = decode_words(address.addr) if "=?" in address.addr else address.addr
    addr = re.sub(r"\s+", "", addr).removeprefix("mailto:").lstrip("<'\"").rstrip(_AT_END)
    local, at, domain = addr.rpartition("@")
    name = one_line(decode_words(address.name)).strip("'\" ") or ""
    return replace(address, name=name[:500], addr=(local + at + domain.lower())[:500])
