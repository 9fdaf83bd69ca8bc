"""When stages are reached and how long working days are: properties, against going step by step."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sla import clocks, hours, spans, stages, workdays
from sla.hours import Calendar
from sla.models import Clock, State
from sla.rulebook import Mark, Terms

DESK = Calendar.from_dict(
    {
        "tz": "Europe/Berlin",
        "hours": {
            "mon": [["10:30", "19:00"]],
            **dict.fromkeys(("tue", "wed", "thu", "fri"), [["08:30", "12:00"], ["13:00", "19:00"]]),
        },
        "holidays": ["2026-05-01"],
        "holidays_yearly": ["12-25"],
    }
)
ALWAYS = Calendar.always()
starts = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)).map(lambda at: at.replace(tzinfo=UTC, microsecond=0))
calendars = st.sampled_from([DESK, ALWAYS])
marks = st.builds(
    Mark,
    pk=st.integers(1, 9),
    percent=st.one_of(st.none(), st.integers(1, 300)),
    offset=st.integers(-90_000, 90_000),
    every=st.sampled_from([0, 60, 3600]),
    times=st.integers(0, 5),
).map(lambda mark: mark if mark.every else replace(mark, times=0))


def running(terms: Terms, start: datetime) -> Clock:
    clock = Clock(pk=1, state=State.RUNNING, started_at=start, target=terms.target, fired={})
    clock.spans = [spans.begin(spans.RUNNING, at=start, cause="Opened")]
    clocks.plan(clock, terms)
    return clock


def terms_with(calendar: Calendar, target: int, *stages_given: Mark) -> Terms:
    by_key = {one.pk: one for one in stages_given}
    return Terms(target, calendar, 1, 1, stages=tuple(by_key.values()))


@given(calendars, starts, st.integers(60, 400_000), st.lists(marks, min_size=1, max_size=4))
@settings(max_examples=80, deadline=None)
def test_a_worker_that_looks_at_each_instant_fires_every_repetition_once_and_then_nothing(
    calendar, start, target, some
):
    terms = terms_with(calendar, target, *some)
    clock, found = running(terms, start), []
    clock.breached_at = start  # only stages, here
    clocks.plan(clock, terms)
    for _ in range(60):
        if clock.fires_at is None:
            break
        now = clock.fires_at
        due = list(stages.reached(clock, terms, now=now))
        assert due, "it is due at fires_at"
        found += [(one.stage.pk, one.repetition) for one in due]
        clocks.plan(clock, terms)
        assert clock.fires_at is None or clock.fires_at > now
    assert clock.fires_at is None
    assert len(found) == len(set(found))
    assert {pk for pk, _ in found} == {mark.pk for mark in terms.stages}
    for mark in terms.stages:
        assert max(n for pk, n in found if pk == mark.pk) == mark.times


@given(
    calendars, starts, st.integers(60, 400_000), st.lists(marks, min_size=1, max_size=4), st.integers(0, 60 * 86_400)
)
@settings(max_examples=80, deadline=None)
def test_a_late_worker_fires_what_an_early_one_would_have_but_each_stage_once(calendar, start, target, some, later):
    terms = terms_with(calendar, target, *some)
    late, now = running(terms, start), start + timedelta(seconds=later)
    due = list(stages.reached(late, terms, now=now))
    used = hours.elapsed(calendar, start, now).total_seconds()
    wanted = {
        mark.pk: max(n for n in range(mark.times + 1) if stages.needed(mark, target, n) <= used)
        for mark in terms.stages
        if stages.needed(mark, target, 0) <= used
    }
    assert {one.stage.pk: one.repetition for one in due} == wanted
    assert [one.since for one in due] == sorted(one.since for one in due)
    assert all(start <= one.since <= one.at <= now for one in due)


def by_steps(calendar: Calendar, start: datetime, days: int, end_of_day: bool) -> float:
    """Working time up to the same local time, or the close, of the nth working day: day by day, minute by minute."""
    zone = start.astimezone(workdays.ZoneInfo(calendar.tz)).tzinfo
    day = start.astimezone(zone).replace(hour=0, minute=0, second=0)

    def opens(at):
        return calendar.table.opens_on(at.date())

    at_opening = not opens(day)
    while not opens(day):
        day += timedelta(days=1)
    left = days
    while left:
        day += timedelta(days=1)
        left -= opens(day)
    clock = start.astimezone(zone)
    end = day + timedelta(days=1) if end_of_day else day
    if not end_of_day and not at_opening:
        end = day.replace(hour=clock.hour, minute=clock.minute, second=clock.second)
    end, at, seconds = end.astimezone(UTC), start, 0
    while at < end:
        step = min(60, (end - at).total_seconds(), 60 - at.second)
        seconds += step if hours.is_working(calendar, at) else 0
        at += timedelta(seconds=step)
    return seconds


@given(starts, st.integers(1, 6), st.booleans())
@settings(max_examples=40, deadline=None)
def test_working_days_are_what_counting_day_by_day_gives(start, days, end_of_day):
    found = workdays.seconds_of(DESK, start, days, end_of_day=end_of_day)
    assert found == by_steps(DESK, start, days, end_of_day)


@given(starts, st.integers(1, 30), st.booleans())
@settings(max_examples=100, deadline=None)
def test_more_working_days_are_never_less(start, days, end_of_day):
    one, two = (workdays.seconds_of(DESK, start, n, end_of_day=end_of_day) for n in (days, days + 1))
    assert one is not None and two is not None and 0 < one < two


def test_a_calendar_without_hours_has_no_working_days():
    empty = Calendar.from_dict({"tz": "UTC", "hours": {"mon": []}, "overrides": {"2026-03-04": [["09:00", "10:00"]]}})
    assert workdays.seconds_of(Calendar("UTC", ((),) * 7), datetime(2026, 3, 2, tzinfo=UTC), 3) is None
    assert workdays.seconds_of(empty, datetime(2026, 3, 2, tzinfo=UTC), 3) is None
