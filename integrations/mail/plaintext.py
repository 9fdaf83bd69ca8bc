"""HTML as the plain text a person would read in it, quotes marked by ">" as in mail."""

import re

from integrations.mail import markup

_BLANKS = re.compile(r"[ \t\r\n\f\v\xa0]+")
_SPACED = {"p", "blockquote", "ul", "ol", "dl", "table", "pre", "h3", "h4", "h5", "h6"}


def from_html(html: str) -> str:
    """Text with line feeds; paragraphs apart by one blank line; at most as long as what was to be read."""
    page = _Page()
    for node in markup.read(html):
        page.take(node)
    page.end_line()
    return "\n".join(page.lines).strip("\n")


class _Page:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quotes = 0
        self.preformatted = 0
        self.lists: list[int] = []

    def take(self, node: markup.Node) -> None:
        if node.kind == "text":
            self.write(node.text)
        elif node.tag == "br":
            self.end_line(always=True)
        elif node.tag == "img":
            self.write(node.attributes.get("alt", ""))
        elif node.tag in ("td", "th"):
            self.write(" ")
        elif node.tag in markup.BLOCKS:
            self.end_line()
            if node.tag == "blockquote" and node.kind == "close":
                self.nest(node)  # the blank line after a quote is no part of it
                self.gap()
                return
            if node.tag in _SPACED and not (node.tag in ("ul", "ol") and len(self.lists) > 1):
                self.gap()
            self.nest(node)

    def nest(self, node: markup.Node) -> None:
        step = 1 if node.kind == "open" else -1
        if node.tag == "blockquote":
            self.quotes = max(0, self.quotes + step)
        elif node.tag == "pre":
            self.preformatted = max(0, self.preformatted + step)
        elif node.tag in ("ul", "ol"):
            self.lists.append(int(node.tag == "ol")) if step > 0 else self.lists[-1:] and self.lists.pop()
        elif node.tag == "li" and step > 0:
            self.line.append(self.bullet())
        elif node.tag == "hr":
            self.lines.append(self.prefix + "-----")

    def bullet(self) -> str:
        if not self.lists or not self.lists[-1]:
            return "- "
        self.lists[-1] += 1
        return f"{self.lists[-1] - 1}. "

    @property
    def prefix(self) -> str:
        return "> " * min(self.quotes, 20)

    def write(self, text: str) -> None:
        if not self.preformatted:
            self.line.append(_BLANKS.sub(" ", text))
            return
        first, *rest = text.replace("\r\n", "\n").split("\n")
        self.line.append(first)
        for line in rest:
            self.end_line(always=True)
            self.line.append(line)

    def end_line(self, *, always: bool = False) -> None:
        written = "".join(self.line)
        written = written.rstrip() if self.preformatted else re.sub(" {2,}", " ", written).strip()
        self.line = []
        if written:
            self.lines.append(self.prefix + written)
        elif always:
            self.gap(most=2)

    def gap(self, most: int = 1) -> None:
        """A blank line, unless there are enough already."""
        empty = self.prefix.rstrip()
        if self.lines and any(line != empty for line in self.lines[-most:]):
            self.lines.append(empty)
