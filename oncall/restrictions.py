"""When a layer counts, as people write it: a line for some days, "mon-fri 09:00-17:00, 20:00-22:00". Pure."""

import re

from oncall.rota import RotaError
from sla import hours
from sla.calendar_fields import WEEKDAYS

Hours = dict[str, list[list[str]]]
_LINE = re.compile(r"([a-z ,–-]+?)\s+(\d.*)", re.I)
_WINDOW = re.compile(r"(\d\d?:\d\d)\s*[-–]\s*(\d\d?:\d\d)")


def read(text: str, zone: str) -> Hours:
    """The windows of each weekday; {} for no restriction. Raises RotaError."""
    found: Hours = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        days = days_of(match[1]) if match else []
        if not match or not days:
            raise wrong(line)
        for part in match[2].split(","):
            window = _WINDOW.fullmatch(part.strip())
            if not window:
                raise wrong(line)
            for day in days:
                found.setdefault(day, []).append([end.zfill(5) for end in window.groups()])
    ordered = {day: sorted(found[day]) for day in WEEKDAYS if day in found}
    if ordered and (problems := hours.problems({"tz": zone, "hours": ordered})):
        raise RotaError(problems[0][1], field="hours")
    return ordered


def write(windows: Hours) -> str:
    """The text that `read` reads back: days with the same windows share a line."""
    lines: dict[str, list[str]] = {}
    for day in WEEKDAYS:
        if windows.get(day):
            lines.setdefault(", ".join("-".join(pair) for pair in windows[day]), []).append(day)
    return "\n".join(f"{', '.join(days) if len(days) < 7 else 'daily'} {text}" for text, days in lines.items())


def days_of(text: str) -> list[str]:
    """ "mon-fri", "sat, sun", "daily" as weekdays; [] when it is neither. "fri-mon" goes over the weekend."""
    days: list[str] = []
    for part in text.lower().replace("–", "-").split(","):
        ends = [end.strip()[:3] for end in part.split("-")]
        if part.strip() in ("daily", "every day"):
            days += WEEKDAYS
        elif len(ends) > 2 or any(end not in WEEKDAYS for end in ends):
            return []
        else:
            first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
            days += [WEEKDAYS[(first + n) % 7] for n in range((last - first) % 7 + 1)]
    return list(dict.fromkeys(days))


def wrong(line: str) -> RotaError:
    return RotaError(f"“{line.strip()[:60]}” is not like “mon-fri 09:00-17:00”.", field="hours")
