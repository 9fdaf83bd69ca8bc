"""The headings of an article: levels that follow the page's title without a gap, and a table of contents."""

import re
from html import unescape
from typing import NamedTuple

from django.utils.text import slugify

from lib.html import reachable

_HEADING = re.compile(r"<h([3-6])>(.*?)</h\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
ENOUGH = 3  # headings that make a table of contents worth its place


class Heading(NamedTuple):
    id: str
    text: str
    level: int


def with_contents(html: str, *, top: int = 2) -> tuple[str, list[Heading]]:
    """Sanitised HTML (lib.markdown.render) with ids on its headings and levels from `top` down, and those headings.

    Writers begin with whatever level looks right; readers of a screen reader need each to follow from the last.
    """
    found: list[Heading] = []
    open_levels: list[int] = []  # as written, outermost first
    taken: set[str] = set()

    def renumber(match: re.Match[str]) -> str:
        written, inner = int(match[1]), match[2]
        while open_levels and open_levels[-1] >= written:
            open_levels.pop()
        open_levels.append(written)
        level = min(top + len(open_levels) - 1, 6)
        text = " ".join(unescape(_TAG.sub("", inner)).split())
        heading = Heading(_free(slugify(text)[:60] or "part", taken), text, level)
        found.append(heading)
        return f'<h{level} id="{heading.id}">{inner}</h{level}>'

    return _HEADING.sub(renumber, reachable(html)), found


def _free(name: str, taken: set[str]) -> str:
    """An id nobody else on the page has."""
    wanted, number = f"s-{name}", 1
    while wanted in taken:
        number += 1
        wanted = f"s-{name}-{number}"
    taken.add(wanted)
    return wanted
