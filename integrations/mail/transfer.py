"""Transfer encodings undone, however badly they were done. Nothing here raises."""

import binascii
import re

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOISE = bytes(set(range(256)) - set(_ALPHABET))
_UU_BEGIN = re.compile(rb"(?:\A|\n)begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n")
_UU_END = re.compile(rb"\n(?:end|====)[ \t]*(?=\r?\n|\Z)")


def decode(body: bytes, encoding: str) -> bytes:
    """The bytes behind a Content-Transfer-Encoding. An unknown one is taken as none."""
    name = encoding.strip("\"' \t;").lower().replace(" ", "")
    if name.startswith("base64"):
        return base64(body)
    if name.startswith("quoted-printable"):
        return binascii.a2b_qp(body)
    if name.startswith(("x-uu", "uu")):
        blocks, _ = unpack_uu(body + b"\nend\n")
        return blocks[0][1] if blocks else body
    return body


def base64(body: bytes) -> bytes:
    """Base64 with whatever is not its alphabet left out; pieces that were padded each on their own are read each."""
    head, padded, tail = body.partition(b"=")
    if padded and tail.strip(b"= \t\r\n"):
        pieces = re.split(rb"=+", body, maxsplit=10_000)
    else:
        pieces = [head]
    return b"".join(_base64(piece.translate(None, _NOISE)) for piece in pieces)


def _base64(letters: bytes) -> bytes:
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def unpack_uu(body: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The uuencoded files within a text as (name, content), and the text without them."""
    files: list[tuple[bytes, bytes]] = []
    kept: list[bytes] = []
    at = 0
    for _ in range(50):
        begin = _UU_BEGIN.search(body, at)
        end = _UU_END.search(body, begin.end() - 1) if begin else None
        if begin is None or end is None:
            break
        content = _uu(body[begin.end() : end.start()])
        if content is None:
            kept.append(body[at : begin.end()])
            at = begin.end()
            continue
        kept.append(body[at : begin.start() + 1])
        files.append((begin[1], content))
        at = end.end()
    return files, b"".join(kept) + body[at:]


def _uu(block: bytes) -> bytes | None:
    """A uuencoded block; None when it is none."""
    written = []
    for line in block.splitlines():
        if not line.strip():
            continue
        try:
            written.append(binascii.a2b_uu(line))
        except binascii.Error:
            length = (((line[0] - 32) & 63) * 4 + 5) // 3  # some encoders write wrong trailing characters
            try:
                written.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                return None
    return b"".join(written)
