"""`value; name=parameter` headers: continued and encoded names (RFC 2231), encoded words, raw 8-bit, missing quotes."""

import re
from urllib.parse import unquote_to_bytes

from integrations.mail import charsets, limits
from integrations.mail.encoded import decode_words

_TYPE = re.compile(r"[\w!#$&^.+-]{1,100}/[\w!#$&^.+*-]{1,150}", re.ASCII)
_PARAMETER = re.compile(
    r"""[;\s]*([^\s=;"]{1,100})\s{0,20}=\s{0,20}(?:"((?:[^"\\]|\\.)*)(?:"|$)|([^;"]*))""", re.DOTALL
)
_ESCAPED = re.compile(r"\\([\"\\])")
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?$")
_CHARSET = re.compile(r"([\w.:-]{0,40})'[\w-]{0,20}'")


def is_type(value: str) -> bool:
    return bool(_TYPE.fullmatch(value))


def nearest_type(value: str, default: str) -> str:
    """The type meant by a Content-Type that is not one: "text", "html", "pdf;" …"""
    if match := _TYPE.search(value):
        return match[0]
    for word, kind in (("html", "text/html"), ("text", "text/plain"), ("plain", "text/plain")):
        if value.startswith(word):
            return kind
    return "application/octet-stream" if value and default == "text/plain" and "/" in value else default


def read(header: str) -> tuple[str, dict[str, str]]:
    """The value in lower case, and its parameters by lower-case name, decoded."""
    header = header[: limits.PARAMETER_BYTES]
    value, _, rest = header.partition(";")
    if "=" in value and not value.lstrip().lower().startswith("=?"):
        first, _, more = value.strip().partition(" ")
        value, rest = (first, f"{more};{rest}") if "=" not in first else ("", header)
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    at = 0
    for _ in range(limits.PARAMETERS):
        match = _PARAMETER.match(rest, at)
        if match is None:
            following = rest.find(";", at)
            if following < 0:
                break
            at = following + 1
            continue
        at = match.end()
        written = _ESCAPED.sub(r"\1", match[2]) if match[2] is not None else match[3].strip()
        name = _SECTION.match(match[1].lower())
        if name:
            kept = sections.setdefault(name[1], {})
            kept.setdefault(int(name[2]) if name[2] else -1, (written, bool(name[3])))
    return value.strip().lower(), {name: _joined(pieces) for name, pieces in sections.items()}


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    """A parameter from its sections. One written whole in RFC 2231 wins over its plain twin."""
    if -1 in pieces and (len(pieces) == 1 or pieces[-1][1]):
        written, extended = pieces[-1]
        return _extended([(written, True)]) if extended else decode_words(written)
    ordered = [pieces[number] for number in sorted(pieces) if number >= 0]
    if any(extended for _, extended in ordered):
        return _extended(ordered)
    return decode_words("".join(written for written, _ in ordered))


def _extended(ordered: list[tuple[str, bool]]) -> str:
    first = ordered[0][0]
    match = _CHARSET.match(first)
    charset = match[1] if match else ""
    ordered = [(first[match.end() :] if match else first, ordered[0][1]), *ordered[1:]]
    data = b"".join(
        unquote_to_bytes(written) if extended else written.encode("utf-8", "replace") for written, extended in ordered
    )
    return charsets.decode(data, charset or "utf-8")
