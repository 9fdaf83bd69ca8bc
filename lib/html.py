"""Text that strangers wrote, made fit for a page: escaped, with its addresses made into links, or shortened to a line.

Pure and linear in the length of the text, whatever it holds.
"""

import re
from html import escape, unescape

_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\\x00-\x1f\u202a-\u202e\u2066-\u2069]{1,2000}", re.IGNORECASE)
_UNSENDABLE = re.compile(r"[\x00\ud800-\udfff]")
_PARAGRAPHS = re.compile(r"\n[ \t]*\n[ \t\n]*")
_TRAILING = ".,:;!?…*_~|"
_REL = "noopener nofollow"

_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]*)>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--|-->")
_LINKED = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_LINE_MARK = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]|(?:>[ \t]?){1,20}|[-*+][ \t]|\d{1,9}[.)][ \t]|```\w*|~~~\w*)", re.MULTILINE
)
_INLINE_MARK = re.compile(r"\*{1,3}(?=\S)|(?<=\S)\*{1,3}|~~|`+|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)")


def tidy(text: str) -> str:
    """`text` with line feeds as its only line ends, and without what cannot be sent or stored: NUL, lone surrogates."""
    return _UNSENDABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def plain(text: str) -> str:
    """Plain text as HTML: escaped, blank lines part paragraphs, line ends stay, http(s) addresses become links."""
    blocks = [block for block in _PARAGRAPHS.split(tidy(text).strip("\n")) if block.strip()]
    return (
        "\n".join(f"<p>{_linked(block)}</p>" for block in blocks)
        .replace("\n", "<br>\n")
        .replace("</p><br>\n", "</p>\n")
    )


def reachable(html: str) -> str:
    """Sanitised HTML whose wide parts, which scroll on a phone, can be reached by the keyboard."""
    for wide in ("pre", "table"):
        html = html.replace(f"<{wide}>", f'<{wide} tabindex="0">')
    return html


def excerpt(source: str, length: int = 160) -> str:
    """The beginning of a Markdown or HTML text as one line of plain text of at most `length` characters, cut between
    words with an ellipsis. It is text, not HTML: escape it when showing it."""
    text = _AUTOLINK.sub(r"\1", source[: length * 20 + 2_000])
    text = _TAG.sub(" ", text)
    text = _LINKED.sub(r"\1", text)
    text = unescape(_INLINE_MARK.sub("", _LINE_MARK.sub("", text)))
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > length // 2 else cut).rstrip(" ,;:.–-") + "…"


def _linked(text: str) -> str:
    """Escaped text with links. A full stop or an unopened bracket after an address is no part of it."""
    written, last = [], 0
    for match in _ADDRESS.finditer(text):
        address = _without_tail(match[0])
        written.append(escape(text[last : match.start()]))
        written.append(f'<a href="{escape(address)}" rel="{_REL}">{escape(address)}</a>')
        last = match.start() + len(address)
    return "".join(written) + escape(text[last:])


def _without_tail(address: str) -> str:
    end = len(address)
    surplus = address.count(")") - address.count("(")
    while end > 8:
        if address[end - 1] == ")" and surplus > 0:
            surplus -= 1
        elif address[end - 1] not in _TRAILING + "]}":
            break
        end -= 1
    return address[:end]
