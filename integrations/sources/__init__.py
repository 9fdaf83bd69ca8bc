"""The kinds of monitoring source, one folder each: read.py (TITLE and a pure `read`), doc.md, payloads/*.json.

A new folder is a new kind; nothing else names it.
"""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from integrations.reading import Reading

Read = Callable[[object, Mapping[str, str], Mapping[str, Any] | None], list[Reading]]


@dataclass(frozen=True)
class Kind:
    """A kind of source: its name in the database, its title for people, its reader and its folder."""

    name: str
    title: str
    read: Read
    folder: Path

    @property
    def doc(self) -> str:
        """How to set up the sender, in Markdown; {url} stands for the address to post to."""
        return (self.folder / "doc.md").read_text(encoding="utf-8")

    @property
    def payloads(self) -> dict[str, bytes]:
        """Example bodies by name; every kind has `firing` and `resolved`, of the same alert."""
        return {path.stem: path.read_bytes() for path in sorted((self.folder / "payloads").glob("*.json"))}


def _kind(name: str) -> Kind:
    module = import_module(f"{__name__}.{name}.read")
    return Kind(name=name, title=module.TITLE, read=module.read, folder=Path(__path__[0]) / name)


KINDS: dict[str, Kind] = {found.name: _kind(found.name) for found in pkgutil.iter_modules(__path__) if found.ispkg}
