"""The kinds of channel that an admin sets up: each folder here that has a CHANNEL. A new folder is a new kind."""

import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from integrations import channels
from integrations.channels.description import Description
from integrations.models import ChannelKind


@dataclass(frozen=True)
class Kind:
    """A kind: its name in the database, its title for people, what is filled in for it, its folder."""

    name: str
    title: str
    description: Description
    folder: Path

    @property
    def doc(self) -> str:
        """How to set it up at the provider, in Markdown; each {path} of its callbacks stands for our address."""
        return (self.folder / "doc.md").read_text(encoding="utf-8")


@cache
def kinds() -> dict[str, Kind]:
    """By name, in the order of ChannelKind."""
    folders = {found.name for found in pkgutil.iter_modules(channels.__path__) if found.ispkg}
    return {
        name: Kind(name, str(title), described, Path(channels.__path__[0]) / name)
        for name, title in ChannelKind.choices
        if name in folders and (described := _described(name))
    }


def _described(name: str) -> Description | None:
    return getattr(import_module(f"{channels.__name__}.{name}"), "CHANNEL", None)
