"""Which parts of a mail are its body and which are attachments."""

import re
from dataclasses import dataclass, field
from html import escape

from integrations.mail import charsets, limits, plaintext, transfer
from integrations.mail.letter import Attachment
from integrations.mail.mime import Part

_BAD_IN_NAMES = re.compile(r"[\x00-\x1f\x7f<>:\"|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")
_UPWARDS = re.compile(r"(?:\.{1,3}/)+|\A/+")
_EXTENSIONS = {
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "text/rfc822-headers": ".txt",
    "text/calendar": ".ics",
    "text/html": ".html",
    "text/plain": ".txt",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
    "application/ms-tnef": ".dat",
    "application/pgp-signature": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
}
_SHOWN = {"text/plain", "text/html", "text/enriched", "text/richtext", "text/x-amp-html", "text"}
_TAG_BRACKETS = re.compile(r"</?[a-zA-Z-]{1,40}>")


@dataclass(slots=True)
class Piece:
    """One stretch of the body, in either or both of its forms."""

    text: str | None = None
    html: str | None = None


@dataclass(slots=True)
class Body:
    """What was gathered from the parts, in order."""

    pieces: list[Piece] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Every piece as text; HTML stands in where there is no text."""
        return "\n\n".join(filter(None, (_as_text(piece) for piece in self.pieces)))

    @property
    def html(self) -> str:
        """Every piece as HTML, raw; "" when no piece brought any."""
        if not any((piece.html or "").strip() for piece in self.pieces):
            return ""
        return "\n".join(piece.html if piece.html is not None else _as_html(piece.text or "") for piece in self.pieces)


def gather(part: Part) -> Body:
    """The body and attachments of a mail."""
    body = Body()
    _take(part, body, top=True)
    if len(body.attachments) > limits.ATTACHMENTS:
        body.flaws.append(f"more than {limits.ATTACHMENTS} attachments")
        del body.attachments[limits.ATTACHMENTS :]
    return body


def name(written: str, kind: str, number: int) -> str:
    """A file name that is a name only: no path, no tricks of direction; a plain one when the sender gave none."""
    clean = _BAD_IN_NAMES.sub("", charsets.clean(written).replace("\n", " ")).strip().rpartition("\\")[2]
    clean = re.sub(r"\s+", " ", _UPWARDS.sub("", clean).replace("/", "_")).strip(" ")
    if not clean.strip(". "):
        return f"attachment-{number}{_EXTENSIONS.get(kind, '')}"
    stem, dot, extension = clean.rpartition(".")
    return clean if len(clean) <= 200 else f"{stem[: 190 - len(extension[:20])]}{dot}{extension[:20]}"


def _take(part: Part, body: Body, *, top: bool = False) -> None:
    if part.children and part.type == "multipart/alternative":
        _choose(part, body)
    elif part.children:
        for child in part.children:
            _take(child, body)
    elif _is_body(part, top=top):
        _read_text(part, body)
    else:
        _attach(part, body)


def _choose(part: Part, body: Body) -> None:
    """Of alternatives the last text and the last HTML; whatever is neither is attached."""
    inner = Body()
    for child in part.children:
        _take(child, inner)
    texts = [piece.text for piece in inner.pieces if piece.text is not None and piece.html is None]
    pages = [piece for piece in inner.pieces if piece.html is not None]
    text = next((one for one in texts if one.strip()), None)
    if len(part.children) > len(texts) + len(pages) and len(texts) > 1:
        text = "\n\n".join(texts)
    body.pieces.append(Piece(text, pages[-1].html if pages else None))
    body.attachments += inner.attachments
    body.flaws += inner.flaws


def _is_body(part: Part, *, top: bool) -> bool:
    if part.disposition.startswith("attachment"):
        return False
    if part.type not in _SHOWN:
        return top and part.type.startswith("text/") and not part.filename and part.type != "text/calendar"
    return not part.filename or top


def _read_text(part: Part, body: Body) -> None:
    content = part.content
    if part.type != "text/html" and b"begin" in content:
        files, content = transfer.unpack_uu(content)
        for label, data in files:
            _add(body, charsets.decode(label), "application/octet-stream", data)
    text = charsets.decode(content[: limits.TEXT * 4], part.parameters.get("charset", ""))
    if len(text) > limits.TEXT or len(content) > limits.TEXT * 4:
        body.flaws.append(f"a text longer than {limits.TEXT:,} characters")
        _add(body, part.filename, part.type, content)
        text = text[: limits.TEXT]
    if part.type in ("text/html", "text/x-amp-html"):
        if part.type == "text/html":
            body.pieces.append(Piece(html=text))
        return
    if part.type in ("text/enriched", "text/richtext"):
        text = _TAG_BRACKETS.sub("", text)
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    body.pieces.append(Piece(text=text))


def unflow(text: str, *, delete_space: bool = False) -> str:
    """format=flowed (RFC 3676) as lines of one paragraph each; quotes and signature marks stay lines of their own."""
    paragraphs: list[list[str]] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        bare = line[depth:].removeprefix(" ")
        flowed = bare.endswith(" ") and bare != "-- "
        shown = bare[:-1] if flowed and delete_space else bare
        if open_depth == depth and bare != "-- ":
            paragraphs[-1].append(shown)
        else:
            paragraphs.append([">" * depth + (" " if depth else "") + shown])
        open_depth = depth if flowed else -1
    return "\n".join("".join(pieces) for pieces in paragraphs)


def _attach(part: Part, body: Body) -> None:
    content = part.content
    inline = part.disposition.startswith("inline") or (
        bool(part.content_id) and not part.disposition and part.type.startswith("image/")
    )
    _add(body, part.filename, part.type, content, inline=inline, content_id=part.content_id)


def _add(body: Body, written: str, kind: str, content: bytes, *, inline: bool = False, content_id: str = "") -> None:
    if len(body.attachments) <= limits.ATTACHMENTS:
        label = name(written, kind, len(body.attachments) + 1)
        body.attachments.append(Attachment(label, kind[:200], content, inline, content_id))


def _as_text(piece: Piece) -> str:
    if piece.text is not None and piece.text.strip():
        return piece.text.strip("\n")
    return plaintext.from_html(piece.html) if piece.html else ""


def _as_html(text: str) -> str:
    return f"<pre>{escape(text)}</pre>" if text.strip() else ""
