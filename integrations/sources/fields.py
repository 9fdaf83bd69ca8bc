"""An object of a sender's body, asked by names that are matched however they are spelled. Pure.

Senders let people write their own templates, so `alert_id`, `alertId` and `ALERT_ID` are one name here. Whatever a body
holds, asking never raises.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from integrations import values
from integrations.reading import Reading

T = TypeVar("T")
_SPELLING = re.compile(r"[^a-z0-9]")
MAX_TAGS = 50


def plain(part: Mapping[str, Any]) -> dict[str, Any]:
    """An object's members by their names in lower case without punctuation; the first of two that become one wins."""
    named: dict[str, Any] = {}
    for name, value in part.items():
        named.setdefault(_SPELLING.sub("", str(name).lower()), value)
    return named


class Fields:
    """One object of a body; an empty one for anything that is no object."""

    def __init__(self, part: object) -> None:
        self.raw: Mapping[str, Any] = part if isinstance(part, Mapping) else {}
        self.named = plain(self.raw)

    def __bool__(self) -> bool:
        return bool(self.raw)

    def has(self, *names: str) -> bool:
        """Whether a member of any of these names is there, even an empty one."""
        return any(name in self.named for name in names)

    def says(self, name: str) -> bool:
        """Whether it is a text that is not blank, or a number; also a variable that the sender's template left."""
        found = self.get(name)
        return bool(found.strip("\0 \t\r\n")) if isinstance(found, str) else type(found) in (int, float)

    def get(self, name: str) -> Any:
        """The member as it came; None when there is none."""
        return self.named.get(name)

    def part(self, *path: str) -> "Fields":
        """The object at the end of a path of names."""
        found = self
        for name in path:
            found = Fields(found.get(name))
        return found

    def parts(self, name: str) -> list["Fields"]:
        """The objects of a list."""
        found = self.get(name)
        return [Fields(item) for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []

    def first(self, clean: Callable[[object], T], *names: str) -> T | None:
        """The first of these members that `clean` makes something of."""
        return next((found for name in names if name in self.named and (found := clean(self.named[name]))), None)

    def line(self, *names: str) -> str:
        """The first that says something, as one line."""
        return self.first(values.line, *names) or ""

    def text(self, *names: str) -> str:
        """The first that says something."""
        return self.first(values.text, *names) or ""

    def link(self, *names: str) -> str:
        """The first that is an http(s) address."""
        return self.first(values.link, *names) or ""

    def time(self, *names: str) -> datetime | None:
        """The first that is an instant after 1970 began: 0 is how senders write "not yet"."""
        return self.first(_instant, *names)

    def severity(self, *names: str) -> str | None:
        """The first that means a severity."""
        return self.first(values.severity, *names)

    def status(self, *names: str) -> str | None:
        """The first that means a status."""
        return self.first(values.status, *names)

    def key(self, prefix: str, *names: str) -> str:
        """The first that can be a key, with what it is the key of before it ("issue:17"); "" when none can."""
        found = self.first(values.key, *names)
        return values.key(prefix + found) if found else ""


def _instant(value: object) -> datetime | None:
    digits = isinstance(value, str) and value.isdecimal() and len(value) <= 13
    found = values.time(int(str(value)) if digits else value)
    return found if found and found.timestamp() > 0 else None


def tags(value: object) -> dict[str, str]:
    """Labels from an object, a list of "name:value" or pairs, or one such text with commas; words alone are together
    the label "tags"."""
    if isinstance(value, Mapping):
        return values.labels(value)
    items: list[Any] = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    named, words = {}, []
    for item in items[:MAX_TAGS]:
        if isinstance(item, list) and len(item) == 2:
            name, mark, rest = values.line(item[0]), ":", values.line(item[1])
        elif isinstance(item, Mapping):
            pair = Fields(item)
            name, mark, rest = pair.line("tag", "name", "key"), ":", pair.line("value")
        else:
            name, mark, rest = (part.strip() for part in values.line(item).partition(":"))
        if name and mark and rest:
            named[name] = rest
        elif name:
            words.append(name)
    return values.labels(named | ({"tags": ", ".join(words)} if words else {}))


def inner_json(text: object, limit: int = 500_000) -> object:
    """What JSON within a text holds; None when it is none, or too long."""
    if not isinstance(text, str) or len(text) > limit or not text.lstrip().startswith(("{", "[")):
        return None
    try:
        found: object = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return found


def reading(*, links: Mapping[str, str], **facts: Any) -> Reading:
    """A Reading whose `link` is the first of `links`; empty addresses are left out."""
    found = {name: address for name, address in links.items() if address}
    return Reading(link=next(iter(found.values()), ""), links=found, **facts)
