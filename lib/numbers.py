"""Whole numbers as strangers write them in addresses and forms."""

DIGITS = 18  # what fits a key's column; a longer one, int() may even refuse to read


def read_number(text: str) -> int | None:
    """The row's key, version or count that `text` is, digits of ASCII only; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else None
