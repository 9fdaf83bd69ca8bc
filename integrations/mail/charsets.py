"""Bytes to text, whatever charset they claim and whatever they really are.

Senders name the smaller charset and use the larger one, so each name stands for its superset.
"""

import codecs
import re

from charset_normalizer import from_bytes

from lib.html import tidy

SAMPLE = 8_192  # bytes looked at when a charset has to be guessed

_SUPERSETS = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "iso-8859-8-i": "iso8859_8",
    "iso-8859-8-e": "iso8859_8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "x-gbk": "gb18030",
    "gb-2312-80": "gb18030",
    "ks-c-5601": "cp949",
    "ks-c-5601-1987": "cp949",
    "ks-c-5601-1989": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "x-windows-949": "cp949",
    "shift-jis": "cp932",
    "shift-jisx0213": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms-kanji": "cp932",
    "big5": "cp950",
    "x-big5": "cp950",
    "big5-hkscs": "big5hkscs",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-1": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "x-euc-jp": "euc_jp",
    "utf8": "utf-8",
    "utf-8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-user-defined": "cp1252",
}
_UNKNOWN = {"", "default", "unknown", "unknown-8bit", "x-unknown", "none", "null", "iso", "binary", "8bit", "charset"}
_NOT_TEXT = {"punycode", "idna", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"}
_GUESSES = ["cp1251", "koi8_r", "cp1250", "cp1253", "cp1255", "cp1256", "gb18030", "big5", "cp932", "euc_jp", "cp949"]
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0e-\x1f\x7f]")
_JIS = re.compile(rb"\x1b\$[@B]([\x21-\x7e]{2,20000})")


def decode(data: bytes, charset: str = "") -> str:
    """`data` as clean text: line feeds only, no NUL, no lone surrogates, no control characters. Never raises."""
    return clean(_decoded(data, _codec(charset)))


def clean(text: str) -> str:
    """What every page, row and mail can hold; a form feed is a line end."""
    return _CONTROL.sub("", tidy(text).replace("\x0c", "\n"))


def _codec(charset: str) -> str:
    """The codec for a charset as mails name it; "" when there is none."""
    label = charset.strip("\"' \t\r\n;").lower().replace("_", "-").replace(" ", "-")[:60]
    if label in _UNKNOWN or label in _NOT_TEXT:
        return ""
    if label in _SUPERSETS:
        return _SUPERSETS[label]
    for candidate in (label, label.removeprefix("x-"), label.replace("windows-", "cp"), label.removeprefix("charset=")):
        try:
            found = codecs.lookup(candidate)
            b"".decode(found.name)
        except (LookupError, ValueError, TypeError):
            continue
        return _SUPERSETS.get(found.name.replace("_", "-"), found.name)
    return ""


def _decoded(data: bytes, codec: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and not codec.startswith("utf-16"):
        codec = "utf-16"
    if codec in ("", "cp1252", "utf-8"):
        # Valid UTF-8 is no accident: it wins over a claim of Latin-1.
        if (text := _strict(data, "utf-8-sig")) is not None and b"\x1b$" not in data:
            return text
        if b"\x1b$" in data and b"\x1b(" in data:
            return _japanese(data)
    if codec.startswith("iso2022_jp"):
        return _japanese(data)
    if codec in ("", "utf-8"):
        codec = _guess(data) if codec == "" or not _mostly_utf8(data) else "utf-8"
    if (text := _strict(data, codec)) is not None:
        return text
    if (text := _strict(data, "utf-8-sig")) is not None:
        return text
    try:
        return data.decode(codec, "replace")
    except (UnicodeError, LookupError, ValueError):
        return data.decode("cp1252", "replace")


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None


def _mostly_utf8(data: bytes) -> bool:
    """A damaged UTF-8 text rather than another charset under a false name."""
    text = data[:SAMPLE].decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(character > "\x7f" for character in text) - broken
    return broken <= whole


def _guess(data: bytes) -> str:
    """Few bytes beyond ASCII mean a western text; otherwise ask the statistics, for a sample only."""
    sample = data[:SAMPLE]
    high = sum(byte > 0x7F for byte in sample)
    if high * 8 < len(sample) or len(sample) < 16 or b"\x00" in sample:
        return "cp1252"
    best = from_bytes(sample, cp_isolation=_GUESSES, preemptive_behaviour=False).best()
    return best.encoding if best is not None else "cp1252"


def _japanese(data: bytes) -> str:
    """ISO-2022-JP with what Windows adds to it: its extra rows exist in cp932 only."""
    for codec in ("iso2022_jp_ext", "iso2022_jp_3"):
        if (text := _strict(data, codec)) is not None:
            return text
    shifted = _JIS.sub(lambda match: _shift_jis(match[1]), data)
    return re.sub(rb"\x1b[($][@-Z]", b"", shifted).decode("cp932", "replace")


def _shift_jis(pairs: bytes) -> bytes:
    written = bytearray()
    for row, cell in zip(pairs[::2], pairs[1::2], strict=False):
        written.append((row + 1) // 2 + (0x70 if row < 0x5F else 0xB0))
        written.append(cell + ((0x1F if cell < 0x60 else 0x20) if row % 2 else 0x7E))
    return bytes(written)
