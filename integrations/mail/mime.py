"""A mail's parts, found by their boundaries in one copy of the bytes, within limits of depth and number."""

import re
from dataclasses import dataclass, field

from integrations.mail import headers as header_lines
from integrations.mail import limits, parameters, transfer
from integrations.mail.headers import Headers

_FIRST_DELIMITER = re.compile(rb"(?:\A|\n)--([!-~][ -~]{0,200}?)[ \t]*\r?\n")
_FALSE_HITS = 20_000


@dataclass(slots=True)
class Part:
    """One entity: `raw[start:end]` is its body, still encoded. `type` is "type/subtype" in lower case."""

    raw: bytes = field(repr=False)
    start: int
    end: int
    headers: Headers
    type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    filename: str = ""
    children: list["Part"] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        return self.raw[self.start : self.end]

    @property
    def content(self) -> bytes:
        """The body with its transfer encoding undone."""
        return transfer.decode(self.body, self.headers.text("content-transfer-encoding"))

    @property
    def content_id(self) -> str:
        return self.headers.text("content-id").strip("<> \t")[:500]


@dataclass(slots=True)
class _Reading:
    raw: bytes
    parts: int = 0
    flaws: list[str] = field(default_factory=list)

    def flaw(self, reason: str) -> None:
        if reason not in self.flaws:
            self.flaws.append(reason)


def read(raw: bytes) -> tuple[Part, list[str]]:
    """The whole mail as a tree of parts, and what was left unread, in words."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    reading = _Reading(raw)
    return _part(reading, 0, len(raw), 0, "text/plain"), reading.flaws


def walk(part: Part) -> list[Part]:
    """A part and all beneath it, in the order of the mail."""
    found = [part]
    for child in part.children:
        found += walk(child)
    return found


def _part(reading: _Reading, start: int, end: int, depth: int, default: str) -> Part:
    reading.parts += 1
    headers, begin = header_lines.read(reading.raw, start, end)
    for reason in headers.flaws:
        reading.flaw(reason)
    part = Part(reading.raw, begin, end, headers)
    _describe(part, default)
    if part.type.startswith("multipart/"):
        _split(reading, part, depth)
        if not part.children:
            part.type = "text/plain"
    return part


def _describe(part: Part, default: str) -> None:
    kinds = [parameters.read(value) for value in part.headers.unicode("content-type")]
    value, named = next((kind for kind in kinds if parameters.is_type(kind[0])), kinds[0] if kinds else ("", {}))
    part.type = value if parameters.is_type(value) else parameters.nearest_type(value, default)
    part.parameters = named
    disposition = part.headers.unicode("content-disposition")
    kind, more = parameters.read(disposition[0]) if disposition else ("", {})
    part.disposition = kind
    part.filename = more.get("filename") or named.get("name") or more.get("name") or named.get("filename") or ""


def _split(reading: _Reading, part: Part, depth: int) -> None:
    if depth >= limits.DEPTH:
        reading.flaw(f"parts nested deeper than {limits.DEPTH}")
        return
    boundary = part.parameters.get("boundary", "").encode("utf-8", "replace").rstrip()
    spans = _spans(reading.raw, part.start, part.end, boundary) if boundary else []
    if not spans and (guess := _FIRST_DELIMITER.search(reading.raw, part.start, min(part.end, part.start + 65_536))):
        spans = _spans(reading.raw, part.start, part.end, guess[1].rstrip())
    default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
    for start, end in spans:
        if reading.parts >= limits.PARTS:
            reading.flaw(f"more than {limits.PARTS} parts")
            return
        part.children.append(_part(reading, start, end, depth + 1, default))


def _spans(raw: bytes, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
    """Where the parts between delimiter lines begin and end. A last part without a closing delimiter counts."""
    mark = b"--" + boundary
    spans: list[tuple[int, int]] = []
    opened: int | None = None
    at, misses = start, 0
    while len(spans) <= limits.PARTS and misses < _FALSE_HITS:
        hit = raw.find(mark, at, end)
        if hit < 0:
            break
        at = hit + len(mark)
        if hit > start and raw[hit - 1] not in b"\r\n":
            misses += 1
            continue
        rest = raw[at : min(end, at + 200)].partition(b"\n")[0].rstrip()
        if rest not in (b"", b"--"):
            misses += 1
            continue
        line_end = raw.find(b"\n", at, end)
        line_end = end if line_end < 0 else line_end + 1
        if opened is not None:
            spans.append((opened, _before_line(raw, opened, hit)))
        opened, at = line_end, line_end
        if rest == b"--":
            opened = None
            break
    if opened is not None and opened < end:
        spans.append((opened, end))
    return spans


def _before_line(raw: bytes, start: int, hit: int) -> int:
    """The line end before a delimiter belongs to the delimiter."""
    if raw[hit - 2 : hit] == b"\r\n":
        return max(start, hit - 2)
    return max(start, hit - 1)
