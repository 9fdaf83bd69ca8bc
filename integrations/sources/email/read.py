"""Alerts by e-mail: for whatever can only send mail. One alert each.

The body is a mail as `parts.parts_of` takes it apart: an object with `subject`, `text`, `from`, and `html`, `date`,
`dmarc` where there is any of it.
"""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from integrations import values
from integrations.reading import Reading, Unreadable
from integrations.sources.email import keys, words
from integrations.sources.email.settings import settings_of
from integrations.sources.fields import Fields, reading

TITLE = "E-mail"
LINES = 60  # of the text that are searched for names
_LINK = re.compile(r"https?://[^\s<>\"'`\\\])}]+", re.IGNORECASE)
_HREF = re.compile(r"""href\s{0,5}=\s{0,5}["'](https?://[^"'<>\s]{1,2000})""", re.IGNORECASE)
_NAMED = re.compile(
    r"^[\s*>-]{0,9}(host(?:name)?|service|server|node|instance|device|site|component|alertname)\s{0,9}[:=]\s*(\S.{0,200})$",
    re.IGNORECASE,
)
_PREFIX = re.compile(r"^(?:\s*(?:re|aw|sv|wg|fwd?|tr|rv)(?:\[\d+\])?\s*:)+", re.IGNORECASE)


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one alert of a mail. `config`: see `settings.settings_of`. Raises Unreadable."""
    letter, settings = Fields(body), settings_of(config)
    text = values.text(letter.get("text"))
    subject = _PREFIX.sub("", values.line(letter.get("subject"), words.MAX_SUBJECT)).strip()
    if not subject and not text:
        raise Unreadable("There is neither a subject nor a text in it.")
    sender = letter.line("from")
    key, how = keys.key_of(sender, subject, text, settings)
    link = link_in(text, letter.text("html"))
    labels = {"alertname": keys.name_of(subject, settings)} | named_in(text)
    labels |= {"from": sender, "dmarc": letter.line("dmarc")}
    return [
        reading(
            key=key,
            status=words.status(subject, text, settings),
            severity=words.severity(subject, text, settings),
            title=values.line(subject.strip("*- ")) or values.line(text),
            links={"source": link},
            labels=values.labels(labels),
            description=text,
            source_time=letter.time("date"),
            raw={"key": how},
        )
    ]


def link_in(text: str, html: str) -> str:
    """The first address in the text, else in the HTML; "" without one."""
    for match in _LINK.finditer(text[:100_000]):
        if found := values.link(match[0].rstrip(".,;:!?…")):
            return found
    return next((found for match in _HREF.finditer(html) if (found := values.link(unescape(match[1])))), "")


def named_in(text: str) -> dict[str, str]:
    """Labels from lines such as "Host: web-01"; the first of each counts."""
    found: dict[str, str] = {}
    for line in text.split("\n", LINES)[:LINES]:
        if match := _NAMED.match(line[:300].rstrip()):
            found.setdefault(match[1].lower(), match[2].strip().strip("*"))
    return found
