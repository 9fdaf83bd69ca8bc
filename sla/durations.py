"""Durations as people write them: 15m, 2h, 1h 30m, 2d (of 24 hours); and targets, which may be working days: 3wd."""

import re
from dataclasses import dataclass

UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
EIGHT_HOURS = 8 * 3600
HELP = "15m, 2h, 1h 30m, 3wd (working days: the same time, that many later), 3wd end (until the last one closes)"
_PART = re.compile(r"(\d{1,7}(?:\.\d{1,2})?)\s*(d|h|m|s)", re.ASCII)
_DAYS = re.compile(r"(\d{1,4})\s*wd(\s+end)?", re.ASCII)


@dataclass(frozen=True)
class Promise:
    """A target as given: seconds of working time, or working days and whether until the end of the last."""

    seconds: int | None = None
    days: int | None = None
    end_of_day: bool = False


def parse(text: str) -> int:
    """Seconds. Raises ValueError, with a sentence for whoever wrote it."""
    rest = text.strip().lower()
    parts = _PART.findall(rest)
    if not parts or _PART.sub("", rest).strip():
        raise ValueError("Write a duration such as 15m, 2h, 1h 30m or 2d.")
    return round(sum(float(number) * UNITS[unit] for number, unit in parts))


def parse_promise(text: str) -> Promise:
    """What `parse` reads, or whole working days alone. Raises ValueError likewise."""
    found = _DAYS.fullmatch(text.strip().lower())
    if found:
        return Promise(days=int(found[1]), end_of_day=bool(found[2]))
    if "wd" in text.lower():
        raise ValueError("Write whole working days alone: 3wd, or 3wd end.")
    try:
        return Promise(seconds=parse(text))
    except ValueError:
        raise ValueError(f"Write a duration such as {HELP}.") from None


def written(seconds: int, *, around_the_clock: bool) -> str:
    """What `parse` reads back: days only where the clock never stops."""
    if around_the_clock and seconds >= 2 * UNITS["d"] and seconds % UNITS["d"] == 0:
        return f"{seconds // UNITS['d']}d"
    parts = []
    for unit in ("h", "m", "s"):
        number, seconds = divmod(seconds, UNITS[unit])
        if number:
            parts.append(f"{number}{unit}")
    return " ".join(parts) or "0m"


def written_promise(promise: Promise, *, around_the_clock: bool) -> str:
    """What `parse_promise` reads back."""
    if promise.days:
        return f"{promise.days}wd{' end' if promise.end_of_day else ''}"
    return written(promise.seconds or 0, around_the_clock=around_the_clock)


def spoken(seconds: int, *, around_the_clock: bool) -> str:
    """For reading: "3 working days" (of eight hours), "2 days", "1h 30m"."""
    if not around_the_clock and seconds >= 2 * EIGHT_HOURS and seconds % EIGHT_HOURS == 0:
        return f"{seconds // EIGHT_HOURS} working days"
    text = written(seconds, around_the_clock=around_the_clock)
    return f"{text.removesuffix('d')} days" if text.endswith("d") else text
