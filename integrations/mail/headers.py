"""Header lines read leniently.

The standard library's modern policy drops or refuses what real mail holds, and its older one is slow on hostile input.
This splitter loses nothing and takes time in proportion to what it reads.
"""

import re
from dataclasses import dataclass, field

from integrations.mail import charsets, limits
from integrations.mail.encoded import decode_words

_NAME = re.compile(rb"([!-9;-~]{1,200})([ \t]*):")
_BLANK = re.compile(rb"\n[ \t]*\r*\n")
_FOLD = re.compile(r"[ \t]*[\r\n]+[ \t]*")
_SPACES = re.compile(r"[\s\x00]+")


@dataclass(slots=True)
class Headers:
    """Raw values by lower-case name, in their order. `exact` holds the places of names written without stray blanks."""

    items: list[tuple[str, bytes]] = field(default_factory=list)
    loose: set[int] = field(default_factory=set)
    flaws: list[str] = field(default_factory=list)

    def raw(self, name: str) -> list[bytes]:
        """Every value of a header, topmost first."""
        return [value for known, value in self.items if known == name]

    def unicode(self, name: str) -> list[str]:
        """Every value as text, unfolded, encoded words as they stand."""
        return [unfold(value) for value in self.raw(name)]

    def text(self, name: str) -> str:
        """The first value on one line, with its encoded words decoded; "" when there is none."""
        for value in self.raw(name):
            return one_line(decode_words(unfold(value)))
        return ""


def unfold(value: bytes) -> str:
    """A raw value as one line of text. Raw 8-bit is UTF-8 where it can be, else guessed."""
    return _FOLD.sub(" ", charsets.decode(value)).strip()


def one_line(text: str) -> str:
    """Whatever line ends an encoded word smuggled in become blanks."""
    return _SPACES.sub(" ", text).strip()


def read(raw: bytes, start: int = 0, end: int | None = None) -> tuple[Headers, int]:
    """The headers that begin at `start`, and where the body begins."""
    end = len(raw) if end is None else end
    while start < end and raw[start] in b"\r\n":
        start += 1
    window = raw[start : min(end, start + limits.HEADER_BYTES)]
    headers = Headers()
    lines = window.split(b"\n", limits.HEADER_LINES)
    if len(lines) > limits.HEADER_LINES:
        headers.flaws.append(f"more than {limits.HEADER_LINES} header lines")
        lines.pop()
    at = _collect(headers, lines)
    if at is not None:
        return headers, min(end, start + at)
    if len(window) < limits.HEADER_BYTES and not headers.flaws:
        return headers, end
    if not headers.flaws:
        headers.flaws.append(f"more than {limits.HEADER_BYTES // 1024} KiB of headers")
    blank = _BLANK.search(raw, start, end)
    return headers, blank.end() if blank else end


def _collect(headers: Headers, lines: list[bytes]) -> int | None:
    """Fill `headers`; -> where the body begins, counted from the first line, or None when no line ends the headers."""
    at = 0
    pieces: list[bytes] = []
    for number, line in enumerate(lines):
        following = at + len(line) + 1
        match = _NAME.match(line)
        if match and not (number == 0 and line.startswith(b"From ")):
            _keep(headers, pieces)
            pieces = [match[1], match[2], line[match.end() :]]
        elif not line.strip(b" \t\r"):
            if not line.startswith((b" ", b"\t")) or number + 1 == len(lines) or not _goes_on(lines[number + 1]):
                _keep(headers, pieces)
                return following
        elif pieces and (line[:1] in (b" ", b"\t") or _goes_on_after(lines, number)):
            pieces.append(line)
        elif number or not (line.startswith((b"From ", b">From ")) or _goes_on_after(lines, number)):
            _keep(headers, pieces)
            return at
        at = following
    _keep(headers, pieces)
    return None


def _goes_on(line: bytes) -> bool:
    return bool(line[:1] in (b" ", b"\t") and line.strip()) or bool(_NAME.match(line))


def _goes_on_after(lines: list[bytes], number: int) -> bool:
    """A line that is no header, with a header after it, is a torn header rather than the body."""
    return any(_NAME.match(line) for line in lines[number + 1 : number + 2])


def _keep(headers: Headers, pieces: list[bytes]) -> None:
    if pieces:
        if pieces[1]:
            headers.loose.add(len(headers.items))
        headers.items.append((pieces[0].decode("ascii").lower(), b"\n".join(pieces[2:]).strip(b" \t\r\n")))
