"""Markdown to HTML that is safe on our pages, whoever wrote it.

Raw HTML is shown as text. Two nets: the parser makes only what the sanitiser's allow-list holds anyway. What is too
long or too tangled to be parsed in time is shown as plain text: nothing is lost, nothing hangs.
"""

import re
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from lib.html import excerpt, plain, tidy

__all__ = ["SANITISER_VERSION", "excerpt", "plain", "render"]

# Goes up whenever the same text would be rendered otherwise; cached HTML of an older version is rendered anew.
SANITISER_VERSION = 2
MAX_CHARACTERS = 100_000
MAX_LINES = 10_000
MAX_MARKS = 5_000  # characters with a meaning in Markdown, in the whole text
MAX_MARKS_IN_BLOCK = 1_000  # and between two blank lines: the parser's worst cases grow with the square of these
MAX_ADDRESSES_IN_WORD = 10  # run together without a blank

_TAGS = set("p br hr h3 h4 h5 h6 strong em s code pre blockquote ul ol li a img table thead tbody tr th td".split())
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title", "loading"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto", "tel"}
_HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
_OUR_FILE = re.compile(r"/files/[\w.,~%/-]+", re.ASCII)
_MARKS = re.compile(r"[\[\]<>*_~`|!]")
_DEEP_QUOTE = re.compile(r"(?:[ \t]{0,3}(?:[-*+]|\d{1,9}[.)])?[ \t]{0,3}>){21}")
_BLANK = re.compile(r"\n[ \t>]*\n")

_parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": 30})
_parser.enable(["table", "strikethrough", "linkify"])
if _parser.linkify is not None:
    _parser.linkify.set({"fuzzy_link": False, "fuzzy_ip": False})  # "settings.py" is a file, not an address in Paraguay


def render(text: str) -> str:
    """Sanitised HTML of Markdown: headings from h3 down, links that pass nothing on, pictures only from our own files.
    Idempotent in what it allows: cleaning its result again changes nothing."""
    text = tidy(text)
    if _too_tangled(text):
        return plain(text)
    tokens = _parser.parse(text)
    for token in tokens:
        token.tag = _HEADINGS.get(token.tag, token.tag)
        if token.children:
            token.children = _only_our_pictures(token.children)
    return clean(_parser.renderer.render(tokens, _parser.options, {}))


def clean(html: str) -> str:
    """`html` reduced to the allow-list. For HTML that a parser of ours made: it sets no limit of its own."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener nofollow",
        strip_comments=True,
    )


def _too_tangled(text: str) -> bool:
    if len(text) > MAX_CHARACTERS or text.count("\n") > MAX_LINES or len(_MARKS.findall(text)) > MAX_MARKS:
        return True
    if any(len(_MARKS.findall(block)) > MAX_MARKS_IN_BLOCK for block in _BLANK.split(text)):
        return True
    if any(_DEEP_QUOTE.match(line) for line in text.split("\n")):
        return True
    return any(word.count(":") > MAX_ADDRESSES_IN_WORD for word in text.split() if len(word) > 1_000)


def _only_our_pictures(children: Sequence[Token]) -> list[Token]:
    """Pictures from elsewhere would tell their host who reads what, and when: they become links."""
    found: list[Token] = []
    in_link = 0
    for token in children:
        in_link += (token.type == "link_open") - (token.type == "link_close")
        if token.type != "image":
            found.append(token)
        elif _is_our_file(str(token.attrs.get("src", ""))):
            token.attrSet("loading", "lazy")
            found.append(token)
        else:
            found += _link_to(token, in_link > 0)
    return found


def _is_our_file(address: str) -> bool:
    return bool(_OUR_FILE.fullmatch(address)) and ".." not in address and "%2e" not in address.lower()


def _link_to(picture: Token, in_link: bool) -> list[Token]:
    address = str(picture.attrs.get("src", ""))
    words = Token("text", "", 0, content=picture.content or address)
    if in_link:
        return [words]
    return [Token("link_open", "a", 1, attrs={"href": address}), words, Token("link_close", "a", -1)]
