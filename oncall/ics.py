"""Shifts as a calendar file (iCalendar, RFC 5545): concrete events in UTC, so that no program has to know our zones."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

import icalendar

from accounts.models import User
from oncall.models import Rota
from oncall.rota import Shift

POLL = timedelta(hours=1)
BEFORE, AFTER = timedelta(weeks=2), timedelta(weeks=12)


class Duty(NamedTuple):
    """One shift of somebody's."""

    rota: Rota
    shift: Shift
    user: User


def written(*, name: str, duties: Iterable[Duty], own: bool, base_url: str) -> bytes:
    """The file. `own`: it is one person's, so events say for what; else they say who."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Helpdesk//On call//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", POLL, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for duty in duties:
        calendar.add_component(event(duty, own=own, base_url=base_url))
    return calendar.to_ical()


def event(duty: Duty, *, own: bool, base_url: str) -> icalendar.Event:
    """One shift. Its UID follows from rota, person and beginning, so that a program keeps it across polls."""
    row, (begin, end, _), user = duty
    address = f"{base_url}/oncall/{row.pk}/"
    made = icalendar.Event()
    made.add("uid", str(uuid5(NAMESPACE_URL, f"{address}{user.pk}/{begin.isoformat()}")))
    made.add("dtstamp", row.changed_at)
    made.add("dtstart", begin)
    made.add("dtend", end)
    made.add("summary", f"On call: {row}" if own else f"{user}: {row}")
    made.add("url", address)
    made.add("transp", "TRANSPARENT")
    return made


def window(now: datetime) -> tuple[datetime, datetime]:
    """What a feed tells, in whole days: so long it stays the same, as long as nobody changes the rota."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return today - BEFORE, today + AFTER
