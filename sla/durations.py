"""Durations as people write them: 15m, 2h, 1h 30m, 2d (of 24 hours), 3wd (working days of eight hours)."""

import re

UNITS = {"wd": 8 * 3600, "d": 86_400, "h": 3600, "m": 60, "s": 1}
HELP = "15m, 2h, 1h 30m, 3wd (working days of eight hours)"
_PART = re.compile(r"(\d{1,7}(?:\.\d{1,2})?)\s*(wd|d|h|m|s)", re.ASCII)


def parse(text: str) -> int:
    """Seconds. Raises ValueError, with a sentence for whoever wrote it."""
    rest = text.strip().lower()
    parts = _PART.findall(rest)
    if not parts or _PART.sub("", rest).strip():
        raise ValueError(f"Write a duration such as {HELP}.")
    return round(sum(float(number) * UNITS[unit] for number, unit in parts))


def written(seconds: int, *, around_the_clock: bool) -> str:
    """What `parse` reads back: days where the clock never stops, working days of eight hours elsewhere."""
    whole = [("d", 86_400)] if around_the_clock else [("wd", 8 * 3600)]
    if seconds >= 2 * whole[0][1] and seconds % whole[0][1] == 0:
        return f"{seconds // whole[0][1]}{whole[0][0]}"
    parts = []
    for unit in ("h", "m", "s"):
        number, seconds = divmod(seconds, UNITS[unit])
        if number:
            parts.append(f"{number}{unit}")
    return " ".join(parts) or "0m"


def spoken(seconds: int, *, around_the_clock: bool) -> str:
    """For reading: "3 working days", "2 days", "1h 30m"."""
    text = written(seconds, around_the_clock=around_the_clock)
    for unit, word in (("wd", "working days"), ("d", "days")):
        if text.endswith(unit):
            return f"{text.removesuffix(unit)} {word}"
    return text
