"""winmail.dat, as Outlook sends it: files and text within."""

import logging
import struct

from tnefparse import TNEF

from integrations.mail import charsets, limits
from integrations.mail.bodies import Piece, name
from integrations.mail.letter import Attachment

_TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}
_MARK = b"\x78\x9f\x3e\x22"
_MOST_WORK = 10_000_000_000  # bytes: the reader copies what is left for each of its objects
_BROKEN = (
    NameError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    struct.error,
    AssertionError,
)

logging.getLogger("tnefparse").setLevel(logging.CRITICAL)


def is_packed(attachment: Attachment) -> bool:
    return attachment.content.startswith(_MARK) and (
        attachment.content_type in _TYPES or attachment.name.lower() == "winmail.dat"
    )


def unpack(attachment: Attachment) -> tuple[list[Attachment], Piece]:
    """The files within, and the body. The reader trusts what it reads: what is broken unpacks to nothing."""
    if attachment.size > limits.PACKED_BYTES or _objects(attachment.content) * attachment.size > _MOST_WORK:
        return [], Piece()
    try:
        packed = TNEF(attachment.content, do_checksum=False)
        files = [(str(one.long_filename() or one.name), bytes(one.data)) for one in packed.attachments]
        html, text = packed.htmlbody, packed.body
    except _BROKEN:
        return [], Piece()
    unpacked = [
        Attachment(name(label, "", number), "application/octet-stream", data, packed_in=attachment.name)
        for number, (label, data) in enumerate(files[: limits.ATTACHMENTS], start=1)
    ]
    return unpacked, Piece(_text(text), _text(html))


def _objects(packed: bytes) -> int:
    """How many objects (MS-OXTNEF: level, name, length, data, checksum) follow one another in a packet."""
    at, number = 6, 0
    while at + 9 < len(packed) and number < 100_000:
        at += 11 + int.from_bytes(packed[at + 5 : at + 9], "little")
        number += 1
    return number


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        value = charsets.decode(value)
    return charsets.clean(value)[: limits.TEXT] if isinstance(value, str) and value.strip("\x00 ") else None
