"""When a drill before a shift is sent. Pure.

Drills are for the day: between 9 and 20 o'clock of the person's own clock. One that would fall into the night is sent
the evening before it. Where that is over already (a shift that somebody took over just now), it is sent at once by
day, else at nine, if the shift has not begun by then.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.rota import instant

DAY_BEGINS, DAY_ENDS = time(9), time(20)
EVENING = time(19, 30)  # not the last minute of the day: a worker that is late must not wake anybody
EARLIEST = timedelta(hours=24)  # that much before the hour asked for, at most


def is_day(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether the person's clock shows a time at which drills are sent."""
    return DAY_BEGINS <= moment.astimezone(zone).time() < DAY_ENDS


def send_at(begin: datetime, *, hours: int, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When to send the drill of a shift that begins at `begin`, `hours` before it: `now` or later. None: there is no
    such time any more."""
    wanted = by_day(begin - timedelta(hours=hours), zone)
    if wanted > now:
        return wanted
    if is_day(now, zone):
        return now if now < begin else None
    local = now.astimezone(zone)
    morning = local.date() + timedelta(days=1 if local.time() >= DAY_ENDS else 0)
    found = instant(zone, datetime.combine(morning, DAY_BEGINS))
    return found if found < begin else None


def by_day(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment itself, or the evening before it."""
    local = moment.astimezone(zone)
    if is_day(moment, zone):
        return moment
    evening = local.date() - timedelta(days=1 if local.time() < DAY_BEGINS else 0)
    return instant(zone, datetime.combine(evening, EVENING))
