"""A letter's HTML as our pages show it. Raw is kept; this is made for each showing, or cached by `foreign.VERSION`."""

import re
from collections.abc import Mapping
from html import escape
from urllib.parse import unquote

from integrations.mail import markup, plaintext
from integrations.mail.charsets import clean
from lib import foreign

MAX_ENTITIES = 60_000  # the sanitiser's time grows with their square

_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s<>\"'`\\\x00-\x1f\u202a-\u202e\u2066-\u2069]{1,4000}", re.IGNORECASE)
_CONTENT_ID = re.compile(r"cid:([^\s<>\"'`]{1,500}|<[^\s<>\"'`]{1,500}>)", re.IGNORECASE)
_SPAN = re.compile(r"[1-9]\d?")
_TINY = {"0", "1", "2", "0px", "1px", "2px"}


def shown(html: str, images: Mapping[str, str] | None = None) -> str:
    """Sanitised HTML: no scripts, styles, classes or ids from outside. Pictures are those that came with the mail:
    `images` has their addresses by content id, others keep their `cid:`. Remote pictures, which would tell their host
    who reads what and when, become links. Takes time in proportion to its length."""
    written: list[str] = []
    links = 0
    for node in markup.read(clean(html)):
        if node.kind == "text":
            written.append(escape(node.text, quote=False))
        elif node.tag == "img":
            written.append(_picture(node.attributes, images or {}, in_link=links > 0))
        elif node.kind == "close":
            links -= node.tag == "a"
            written.append(f"</{node.tag}>")
        else:
            links += node.tag == "a"
            written.append(f"<{node.tag}{_written(node)}>")
    page = "".join(written)
    if page.count("&") > MAX_ENTITIES:
        return f"<pre>{escape(plaintext.from_html(html), quote=False)}</pre>"
    return foreign.clean(page)


def _written(node: markup.Node) -> str:
    """The attributes that stay, written out."""
    found = ""
    if node.tag == "a" and _LINK.fullmatch(node.attributes.get("href", "")):
        found = f' href="{escape(node.attributes["href"])}"'
    if node.tag in ("td", "th"):
        for name in ("colspan", "rowspan"):
            if _SPAN.fullmatch(node.attributes.get(name, "")):
                found += f' {name}="{node.attributes[name]}"'
    return found


def _picture(attributes: dict[str, str], images: Mapping[str, str], *, in_link: bool) -> str:
    source = attributes.get("src", "")
    words = " ".join(re.sub(r"[<>\"'`=]+", " ", attributes.get("alt", "")).split())[:500]
    if match := _CONTENT_ID.fullmatch(unquote(source)):
        content_id = match[1].strip("<>")
        address = images.get(content_id, f"cid:{content_id}")
        return f'<img src="{escape(address)}" alt="{escape(words)}">'
    if attributes.get("width") in _TINY or attributes.get("height") in _TINY:
        return ""
    if in_link or not _LINK.fullmatch(source) or source[:4].lower() != "http":
        return escape(words)
    return f'<a href="{escape(source)}">{escape(words) or "[image]"}</a>'
