"""CPU time of the desk's processes, from /proc (Linux)."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def parents() -> dict[int, int]:
    """pid → parent of every process."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
    return found


def family(root: int) -> list[int]:
    """A process and all below it."""
    by_parent = parents()
    members = [root]
    for pid in members:
        members += [child for child, parent in by_parent.items() if parent == pid]
    return members


def used(roots: list[int]) -> float:
    """Seconds of CPU used so far by these processes, those below them, and their children that have ended."""
    total = 0
    for root in roots:
        for pid in family(root):
            try:
                fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            total += sum(int(value) for value in fields[11:15])
    return total / TICK
