"""Encoded words (RFC 2047) as they are really written: split inside characters, with blanks and stray marks in them."""

import binascii
import re

from integrations.mail import charsets, transfer

# The text of a word may hold blanks and a few question marks: senders forget to encode them.
_WORD = re.compile(r"=\?([^?\s=]{1,60})\?([bBqQ])\?([^?]{0,5000}(?:\?(?!=)[^?]{0,500}){0,3}?)\?=")


def decode_words(text: str) -> str:
    """`text` with its encoded words decoded. Adjacent words of one charset are joined as bytes first: a character may
    be split between them."""
    if "=?" not in text:
        return text
    found: list[str] = []
    pending, charset, last = b"", "", 0
    for match in _WORD.finditer(text):
        between = text[last : match.start()]
        label = match[1].partition("*")[0]
        if between.strip() or label.lower() != charset.lower():
            found.append(charsets.decode(pending, charset) if pending else "")
            found.append(between if between.strip() or not last else "")
            pending = b""
        charset = label
        pending += _bytes(match[2], match[3])
        last = match.end()
    found.append(charsets.decode(pending, charset) if pending else "")
    return "".join(found) + text[last:]


def _bytes(kind: str, written: str) -> bytes:
    if kind in "bB":
        return transfer.base64(written.encode("ascii", "ignore"))
    return binascii.a2b_qp(written.encode("utf-8", "replace"), header=True)
