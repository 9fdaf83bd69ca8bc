"""The language of letters: Markdown with `{{ variables }}` from a closed list. No attributes, no calls, no conditions.

One rule replaces conditions: a paragraph in which a variable is empty is left out. Values never become Markdown: text
is escaped, an address may stand in a link, a block (somebody's message, a table) stands alone in its paragraph.
"""

import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from lib.html import tidy
from lib.markdown import render as markdown

LONGEST = 20_000  # characters of a template
_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_BLANK = re.compile(r"\n[ \t]*\n[ \t\n]*")
_NONCE = secrets.token_hex(6)  # so that no template can hold a place-holder of its own
_PLACE = re.compile(rf"(?:https://)?v{_NONCE}n(\d+)v(?:\.invalid)?")
_TAG = re.compile(r"<[^>]*>")
_LINK = re.compile(r"\[([^\[\]]*)\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)
_STRONG = re.compile(r"\*\*([^*\n]+)\*\*")
_BUTTONS = re.compile(r"<p>((?:<a [^>]*>[^<]*</a>(?:\s|·|<br ?/?>)*)+)</p>")
_LEVELS = {"h3": "h1", "h4": "h2", "h5": "h3"}  # lib.markdown starts at h3, as a part of a page


class Wrong(ValueError):
    """A template that cannot be used; says why, and what to write instead."""


@dataclass(frozen=True)
class Block:
    """A value with paragraphs of its own; `html` is safe."""

    text: str
    html: str


Value = str | Block


@dataclass(frozen=True)
class Paragraph:
    """`text` and `html` alternate between what stands there and names of variables."""

    text: tuple[str, ...]
    html: tuple[str, ...]
    names: frozenset[str]


@dataclass(frozen=True)
class Template:
    paragraphs: tuple[Paragraph, ...]

    def fill(self, values: Mapping[str, Value]) -> tuple[str, str]:
        """(text, HTML) with these values; every variable of the template has one."""
        kept = [one for one in self.paragraphs if all(_text(values[name]) for name in one.names)]
        return (
            "\n\n".join(_fill_text(one.text, values) for one in kept),
            "\n".join(_fill_html(one.html, values) for one in kept),
        )


@lru_cache(maxsize=512)
def compile_body(source: str, texts: frozenset[str], addresses: frozenset[str], blocks: frozenset[str]) -> Template:
    """The template of a letter's body. Raises Wrong."""
    source = _checked(source)
    kinds = {**dict.fromkeys(texts, "text"), **dict.fromkeys(addresses, "address"), **dict.fromkeys(blocks, "block")}
    return Template(tuple(_paragraph(part, kinds) for part in _BLANK.split(source.strip()) if part.strip()))


def compile_subject(source: str, allowed: Collection[str]) -> str:
    """A subject that can be filled. Raises Wrong."""
    source = _checked(source)
    _names(source, allowed)
    return source


def fill_subject(source: str, values: Mapping[str, Value], allowed: Collection[str]) -> str:
    """One line with these values. Raises Wrong."""
    filled = _VARIABLE.sub(lambda match: _text(values[match[1]]), compile_subject(source, allowed))
    return " ".join(filled.split())


def _checked(source: str) -> str:
    source = tidy(source)
    if len(source) > LONGEST:
        raise Wrong(f"This is longer than {LONGEST} characters.")
    without = _VARIABLE.sub("", source)
    if "{{" in without or "}}" in without or "{%" in without:
        raise Wrong("A variable is written {{ like.this }}, on one line; there is nothing else in braces.")
    return source


def _names(source: str, allowed: Collection[str]) -> list[str]:
    names = _VARIABLE.findall(source)
    for name in names:
        if name not in allowed:
            raise Wrong(f"There is no {{{{ {name[:60]} }}}} in this letter. There are: {', '.join(sorted(allowed))}.")
    return names


def _paragraph(source: str, kinds: Mapping[str, str]) -> Paragraph:
    names = _names(source, kinds)
    order = list(dict.fromkeys(names))

    def place(match: re.Match[str]) -> str:
        name = f"v{_NONCE}n{order.index(match[1])}v"
        return f"https://{name}.invalid" if kinds[match[1]] == "address" else name

    held = _VARIABLE.sub(place, source)
    html = markdown(held).strip()
    for level, ours in _LEVELS.items():
        html = html.replace(f"<{level}>", f"<{ours}>").replace(f"</{level}>", f"</{ours}>")
    html = _BUTTONS.sub(lambda match: match[0].replace("<a ", '<a class="go" '), html)
    for tag in _TAG.findall(html):
        for number in _PLACE.findall(tag):
            if kinds[order[int(number)]] != "address":
                raise Wrong(f"{{{{ {order[int(number)]} }}}} cannot stand in a link: it is no address.")
    for number, name in enumerate(order):
        if kinds[name] == "block":
            held_by, alone = f"v{_NONCE}n{number}v", f"<p>v{_NONCE}n{number}v</p>"
            if html.count(held_by) != html.count(alone):
                raise Wrong(f"{{{{ {name} }}}} holds whole paragraphs: give it one of its own.")
            html = html.replace(alone, held_by)
    words = _STRONG.sub(r"\1", _HEADING.sub("", _LINK.sub(r"\1: \2", held)))
    return Paragraph(_split(words, order), _split(html, order), frozenset(order))


def _split(text: str, order: list[str]) -> tuple[str, ...]:
    parts = _PLACE.split(text)
    return tuple(order[int(part)] if at % 2 else part for at, part in enumerate(parts))


def _fill_html(parts: tuple[str, ...], values: Mapping[str, Value]) -> str:
    return "".join(_html(values[part]) if at % 2 else part for at, part in enumerate(parts))


def _fill_text(parts: tuple[str, ...], values: Mapping[str, Value]) -> str:
    found = ""
    for at, part in enumerate(parts):
        if at % 2:
            line = found.rpartition("\n")[2]
            margin = line if line.strip() == ">" else ""  # a quotation's every line is marked
            found += _text(values[part]).replace("\n", f"\n{margin}")
        else:
            found += part
    return found


def _text(value: Value) -> str:
    return value.text if isinstance(value, Block) else value


def _html(value: Value) -> str:
    return value.html if isinstance(value, Block) else escape(value)
