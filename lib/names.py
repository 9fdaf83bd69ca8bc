"""Names of files, as senders give them and as they can be kept, shown and saved anywhere."""

import re
import unicodedata

MAX_BYTES = 200  # file systems stop at 255; leave room for what a browser appends

_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


def clean_file_name(name: str) -> str:
    """The name without folders, control and direction characters and what a file system refuses. Its ending is kept
    when it must be cut; "file" when nothing is left."""
    last = name[-4_000:].replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    seen = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", last))
    shown = " ".join(_FORBIDDEN.sub("_", seen).split()).strip(". ")
    if _RESERVED.fullmatch(shown):
        shown = "_" + shown
    stem, dot, ending = shown.rpartition(".")
    if not dot or len(ending.encode()) > 20:
        stem, dot, ending = shown, "", ""
    room = MAX_BYTES - len((dot + ending).encode())
    return (stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + ending) or "file"
