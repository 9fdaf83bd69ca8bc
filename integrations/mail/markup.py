"""Foreign HTML as a stream of well-nested steps: every tag closed, at most so deep, only the tags a mail needs.

Real parsers take minutes over a hundred thousand nested tags. This one decides the nesting itself, in one pass, so that
the sanitiser behind it (`integrations.mail.display`) only ever sees small, well-formed trees.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from integrations.mail import limits
from lib import foreign

_TOKEN = re.compile(
    r"<!--(?:-?>|[^\x00]*?(?:--!?>|\Z))"  # a comment, or one never closed
    r"|<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:_-]{0,40})(?P<rest>(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*'|\"[^\"<>]*<[^\"<]*\"|'[^'<>]*<[^'<]*'|[\"'])*)>?"
    r"|<[!?/][^<>]*>?"
)
_ATTRIBUTE = re.compile(r"""([a-zA-Z][\w:-]{0,40})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_SWALLOWED = {"script", "style", "title", "iframe", "object", "svg", "math"}
_VOID = {"br", "hr", "img"}
_KNOWN_ATTRIBUTES = {"href", "src", "alt", "width", "height", "colspan", "rowspan"}
_RENAMED = {
    "h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6", "b": "strong", "i": "em", "strike": "s",
    "xmp": "pre", "listing": "pre", "dir": "ul", "menu": "ul", "tt": "code", "center": "div", "address": "div",
    "article": "div", "section": "div", "header": "div", "footer": "div", "main": "div",
}  # fmt: skip
BLOCKS = set("p div blockquote pre ul ol li dl dt dd table tr h3 h4 h5 h6 caption hr".split())
KEPT = foreign.TAGS
_FENCES = {"table", "ul", "ol", "dl", "blockquote", "div"}
_CLOSES = {
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "tr": {"tr", "caption"},
    "td": {"td", "th"},
    "th": {"td", "th"},
    "thead": {"thead", "tbody", "tfoot"},
    "tbody": {"thead", "tbody", "tfoot"},
    "tfoot": {"thead", "tbody", "tfoot"},
    "a": {"a"},
}


@dataclass(slots=True)
class Node:
    """One step of a document: `open`, `close` or `void` with its tag, or `text`."""

    kind: str
    tag: str = ""
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


def read(html: str) -> Iterator[Node]:
    """The steps of a document, well nested. Scripts, styles and comments are left out."""
    stack: list[str] = []
    swallowing = ""
    tags = at = 0
    for match in _TOKEN.finditer(html):
        if not swallowing and match.start() > at:
            yield Node("text", text=unescape(html[at : match.start()]))
        at = match.end()
        name = (match["name"] or "").lower()
        if swallowing or name in _SWALLOWED:
            ends = bool(match["close"]) or (match["rest"] or "").endswith("/")
            swallowing = "" if ends and name == (swallowing or name) else swallowing or name
            continue
        tags += 1
        name = _RENAMED.get(name, name)
        if name in KEPT and tags <= limits.TAGS:
            yield from _step(name, match, stack)
    if not swallowing and at < len(html):
        yield Node("text", text=unescape(html[at:]))
    yield from _close(stack, 0)


def texts(html: str) -> Iterator[tuple[int, str]]:
    """What is read in a document, piece by piece: (where the tag stands after which it was read, or the text itself,
    the text). Scripts, styles and comments are left out."""
    swallowing = ""
    at = began = 0
    for match in _TOKEN.finditer(html):
        text = "" if swallowing else unescape(html[at : match.start()])
        name = (match["name"] or "").lower()
        if not swallowing and name == "img":
            text += " " + _attributes(match["rest"]).get("alt", "")
        yield began, text
        began, at = match.start(), match.end()
        if swallowing or name in _SWALLOWED:
            ends = bool(match["close"]) or (match["rest"] or "").endswith("/")
            swallowing = "" if ends and name == (swallowing or name) else swallowing or name
    yield began, "" if swallowing else unescape(html[at:])


def _step(name: str, match: re.Match[str], stack: list[str]) -> Iterator[Node]:
    if name in _VOID:
        yield Node("void", name, attributes=_attributes(match["rest"]))
    elif match["close"]:
        if (place := _find(stack, {name}, fences=set() if name in _FENCES else {"table"})) is not None:
            yield from _close(stack, place)
    else:
        closed = _CLOSES.get(name, {"p"} if name in BLOCKS else set())
        if (place := _find(stack, closed, fences=_FENCES)) is not None:
            yield from _close(stack, place)
        if len(stack) < limits.NESTED_TAGS:
            stack.append(name)
            yield Node("open", name, attributes=_attributes(match["rest"]))


def _find(stack: list[str], names: set[str], *, fences: set[str]) -> int | None:
    """The innermost open tag of these names, not looking beyond a fence."""
    for place in range(len(stack) - 1, -1, -1):
        if stack[place] in names:
            return place
        if stack[place] in fences:
            return None
    return None


def _close(stack: list[str], place: int) -> Iterator[Node]:
    while len(stack) > place:
        yield Node("close", stack.pop())


def _attributes(written: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(written[:20_000]):
        name = match[1].lower()
        if name in _KNOWN_ATTRIBUTES and name not in found:
            found[name] = unescape(match[2] or match[3] or match[4] or "").strip()
    return found
