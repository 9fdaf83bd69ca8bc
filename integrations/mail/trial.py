"""Reading a mail in a process of its own, under limits that the system keeps (`python -m integrations.mail.trial`).

The first attempt at a mail reads it in the worker, which is quick. Only where that failed, or never came back, the mail
is tried here first: what hangs, eats the memory or crashes then ends this process and no other.
"""

import resource
import subprocess
import sys
from pathlib import Path

from integrations.mail import display, words
from integrations.mail.parse import parse

CPU_SECONDS = 20
WALL_SECONDS = 40.0
MEMORY = 1536 * 1024 * 1024
ROOT = Path(__file__).resolve().parents[2]
TOO_LONG = "Reading it takes too long; it is kept as it came."
DIES = "Reading it fails, also in a process of its own; it is kept as it came."


def fault_of(raw: bytes) -> str:
    """Why this mail is better left alone, in words; "" when it can be read within the limits."""
    command = [sys.executable, "-m", "integrations.mail.trial", str(CPU_SECONDS), str(MEMORY)]
    try:
        done = subprocess.run(command, input=raw, cwd=ROOT, capture_output=True, timeout=WALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return TOO_LONG
    if done.returncode == 0:
        return ""
    if done.returncode < 0:
        return TOO_LONG
    last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return f"{DIES} ({last[:300]})" if last else DIES


def main(seconds: int, memory: int) -> None:
    """Read the mail on standard input as the desk would, in so much processor time and memory, and forget it."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    letter = parse(sys.stdin.buffer.read())
    words.page_of(letter, {})
    display.shown(letter.html)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
