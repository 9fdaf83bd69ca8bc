"""A source that should speak every so many minutes and does not is an alert itself, once, until it speaks again."""

from datetime import datetime, timedelta

from integrations import reading as readings
from integrations.episodes.work import open_or_join
from integrations.models import Inbound, Source
from integrations.reading import Reading
from lib.sweeps import each_alone

BATCH = 100
KEY = "desk:silent-source"
AGAIN = timedelta(seconds=5)  # how soon a silent source is looked at again


def look_due(now: datetime) -> int:
    """Look at the sources whose time it is; answers how many began or ceased to be silent. A source that fails is
    logged and looked at again. No row is written when a body comes in: the newest one is asked for here."""

    def one(pk: int) -> bool:
        rows = Source.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        source = rows.filter(pk=pk, silent_at__lte=now).first()
        return source is not None and look(source, now)

    due = Source.objects.filter(silent_at__lte=now).values_list("pk", flat=True)
    return each_alone(list(due[:BATCH]), one, "looking at source %s failed")


def look(source: Source, now: datetime) -> bool:
    """Whether it began or ceased to be silent; sets when it is looked at next."""
    assert source.silent_at is not None
    was, minutes = source.is_silent, source.expected_minutes
    next_at = None
    if minutes is None:
        source.is_silent = False
    elif not source.is_active:
        next_at = now + timedelta(minutes=minutes)
    else:
        heard, within = last_heard(source), timedelta(minutes=minutes)
        speaks = heard is not None and heard + within > now
        source.is_silent = not speaks
        next_at = heard + within if heard and speaks else now + AGAIN
    Source.objects.filter(pk=source.pk).update(is_silent=source.is_silent, silent_at=next_at)
    if source.is_silent == was:
        return False
    open_or_join(source=source, reading=news_of(source), at=now, alone=True)
    return True


def last_heard(source: Source) -> datetime | None:
    """When its sender last sent anything; the desk's own test alerts do not count."""
    rows = Inbound.objects.filter(source=source, is_test=False).order_by("-id")
    return rows.values_list("received_at", flat=True).first()


def news_of(source: Source) -> Reading:
    return Reading(
        key=KEY,
        status=readings.FIRING if source.is_silent else readings.RESOLVED,
        title=f"{source.name} is silent",
        description=f"Nothing came from {source.name} for {source.expected_minutes} minutes. It should have: look "
        "whether it runs, and whether it can reach the desk.",
    )
