"""What changed between two texts, line by line."""

from collections.abc import Iterator
from difflib import unified_diff
from typing import NamedTuple

MAX_LINES = 3_000  # of either text; comparing grows with the square of them


class Line(NamedTuple):
    """`sign`: "+" came, "-" went, " " stayed, "@" some lines are left out before it."""

    sign: str
    text: str

    @property
    def kind(self) -> str:
        return {"+": "added", "-": "removed", "@": "gap"}.get(self.sign, "same")


def compare(before: str, after: str, *, around: int = 3) -> list[Line] | None:
    """The lines that differ with `around` lines about them; [] when none does, None when the texts are too long."""
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) > MAX_LINES:
        return None
    return list(_lines(old, new, around))


def _lines(old: list[str], new: list[str], around: int) -> Iterator[Line]:
    for number, line in enumerate(unified_diff(old, new, n=around, lineterm="")):
        if number < 2:  # the names of the two files
            continue
        if line.startswith("@@"):
            if number > 2 or not line.startswith("@@ -1,"):
                yield Line("@", "")
        else:
            yield Line(line[0], line[1:])
