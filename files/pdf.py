"""The words of a PDF, read in a process of its own under limits that the system keeps (`python -m files.pdf`).

A PDF is a program for a page: one that never ends, eats the memory or crashes its reader ends that process, no other.
"""

import io
import json
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from pypdf import PdfReader

CPU_SECONDS = 8
WALL_SECONDS = 15.0
MEMORY = 768 * 1024 * 1024
PAGES = 50
CHARACTERS = 100_000
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Words:
    """What a PDF says. `pages`: of the whole file; `cut`: there is more than this; `trouble`: why there is nothing."""

    text: str = ""
    pages: int = 0
    cut: bool = False
    trouble: str = ""


def words_of(path: Path) -> Words:
    """The text of the first pages; never raises for what is in the file."""
    command = [sys.executable, "-m", "files.pdf", str(CPU_SECONDS), str(MEMORY)]
    try:
        with path.open("rb") as stream:
            done = subprocess.run(
                command, stdin=stream, cwd=ROOT, capture_output=True, timeout=WALL_SECONDS, check=False
            )
    except subprocess.TimeoutExpired:
        return Words(trouble="Reading it takes too long.")
    if done.returncode < 0:
        return Words(trouble="Reading it takes too long or too much memory.")
    if done.returncode:
        return Words(trouble="It cannot be read: damaged, or locked with a password.")
    return Words(**json.loads(done.stdout))


def main(seconds: int, memory: int) -> None:
    """Read the PDF on standard input and write its Words as JSON."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    reader = PdfReader(io.BytesIO(sys.stdin.buffer.read()))
    pages, text = len(reader.pages), ""
    for number in range(min(pages, PAGES)):
        text += ("\n\n" if text else "") + reader.pages[number].extract_text().strip()
        if len(text) > CHARACTERS:
            break
    text = text.replace("\0", "")
    found = Words(text=text[:CHARACTERS].strip(), pages=pages, cut=len(text) > CHARACTERS or pages > PAGES)
    json.dump(asdict(found), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
