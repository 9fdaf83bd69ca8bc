"""Windows that come again: on days of the week, each or every so many weeks, by the wall clock of a zone. Pure.

A local time that the clocks skip becomes the first instant after the gap; of a doubled one the first counts.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lib.wallclock import instant

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
MOST_WEEKS = 4
LONGEST = timedelta(days=7)


@dataclass(frozen=True)
class Rule:
    """On `days` (1 is Monday) of every `weeks`-th week it begins at `time` ("HH:MM" in `zone`) and ends `minutes` later
    by the wall clock; on `until` ("YYYY-MM-DD", "" for never) for the last time."""

    zone: str
    time: str
    minutes: int
    weeks: int
    days: tuple[int, ...]
    until: str = ""

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self) | {"days": list(self.days)}


def rule_of(kept: Mapping[str, Any]) -> Rule:
    """What `kept` wrote."""
    return Rule(**{**kept, "days": tuple(kept["days"])})


def rule_from(
    begin: datetime, end: datetime, *, zone: str, weeks: int, days: tuple[int, ...], until: date | None
) -> Rule:  # fmt: skip
    """The rule of a window that begins and ends so for the first time."""
    first, last = (at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in (begin, end))
    minutes = int((last - first).total_seconds() // 60)
    return Rule(
        zone=zone, time=f"{first:%H:%M}", minutes=minutes, weeks=weeks, days=tuple(sorted(days)),
        until=until.isoformat() if until else "",
    )  # fmt: skip


def following(rule: Rule, *, begun: datetime, now: datetime) -> tuple[datetime, datetime] | None:
    """(begin, end) of the first window after the one that began at `begun` which is not over at `now`; None when there
    is none any more. The weeks are counted from that of `begun`."""
    zone, clock = ZoneInfo(rule.zone), time.fromisoformat(rule.time)
    first = begun.astimezone(zone).date()
    week = first - timedelta(days=first.weekday())
    day = max(first + DAY, now.astimezone(zone).date() - timedelta(minutes=rule.minutes) - DAY)
    last = date.fromisoformat(rule.until) if rule.until else date.max
    for _ in range((rule.weeks + 2) * 7 + rule.minutes // 1440):
        if day > last:
            return None
        if day.isoweekday() in rule.days and (day - week).days // 7 % rule.weeks == 0:
            wall = datetime.combine(day, clock)
            begin, end = (instant(zone, at) for at in (wall, wall + timedelta(minutes=rule.minutes)))
            if end > now and end > begin:
                return begin, end
        day += DAY
    return None


def words(rule: Rule) -> str:
    """The rule for people: "every 2 weeks on Mon, Thu at 22:00 (Europe/Berlin), until 2031-03-01"."""
    names = ", ".join(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day - 1] for day in rule.days)
    often = "every week" if rule.weeks == 1 else f"every {rule.weeks} weeks"
    return f"{often} on {names} at {rule.time} ({rule.zone})" + (f", until {rule.until}" if rule.until else "")
