"""Working time: `between` and `add` agree with each other and with a stepper that looks at every minute."""

from datetime import UTC, date, datetime, timedelta
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla import hours
from sla.hours import Calendar, CalendarError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = {day: [["09:00", "12:00"], ["13:00", "17:30"]] for day in WEEKDAYS[:5]}
NIGHTS = {day: [["22:00", "06:00"]] for day in WEEKDAYS}


def calendar(tz: str = "UTC", hours: dict[str, Any] | None = None, **rest: Any) -> Calendar:
    return Calendar.from_dict({"tz": tz, "hours": OFFICE if hours is None else hours, **rest})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- what a person expects -----------------------------------------------------------------------------------------


def test_it_is_due_at_closing_time_when_the_target_ends_there() -> None:
    assert hours.add(calendar(), utc("2026-03-06T09:00"), 7.5 * 3600) == utc("2026-03-06T17:30")


def test_it_goes_on_at_the_next_opening_when_a_second_is_left() -> None:
    assert hours.add(calendar(), utc("2026-03-06T09:00"), 7.5 * 3600 + 1) == utc("2026-03-09T09:00:01")


def test_it_starts_counting_at_the_next_opening_when_begun_outside_hours() -> None:
    assert hours.add(calendar(), utc("2026-03-07T23:00"), 60) == utc("2026-03-09T09:01")


def test_it_leaves_the_instant_alone_for_a_target_of_nothing() -> None:
    assert hours.add(calendar(), utc("2026-03-07T23:00"), 0) == utc("2026-03-07T23:00")


def test_it_counts_back_to_the_latest_instant() -> None:
    assert hours.add(calendar(), utc("2026-03-09T09:00"), -3600) == utc("2026-03-06T16:30")
    assert hours.add(calendar(), utc("2026-03-06T18:00"), -7.5 * 3600) == utc("2026-03-06T09:00")


def test_it_counts_a_reversed_span_as_negative() -> None:
    assert hours.between(calendar(), utc("2026-03-09T10:00"), utc("2026-03-06T17:00")) == -5400


def test_it_runs_an_evening_shift_into_the_next_morning() -> None:
    night = calendar(hours={"fri": [["22:00", "06:00"]]})
    assert hours.between(night, utc("2026-03-06T00:00"), utc("2026-03-08T00:00")) == 8 * 3600
    assert hours.is_working(night, utc("2026-03-07T05:59:59")) and not hours.is_working(night, utc("2026-03-07T06:00"))


def test_it_takes_equal_ends_as_a_whole_day() -> None:
    assert (
        hours.between(calendar(hours={"mon": [["08:00", "08:00"]]}), utc("2026-03-01T00:00"), utc("2026-03-08T00:00"))
        == 86_400
    )


def test_it_takes_24_00_as_the_end_of_the_day() -> None:
    late = calendar(hours={"mon": [["20:00", "24:00"]]})
    assert hours.between(late, utc("2026-03-02T00:00"), utc("2026-03-03T12:00")) == 4 * 3600


def test_it_closes_the_date_of_a_holiday_with_the_tail_of_the_evening_before() -> None:
    night = calendar(hours=NIGHTS, holidays=["2026-05-01"])
    assert hours.between(night, utc("2026-04-30T20:00"), utc("2026-05-02T12:00")) == 2 * 3600 + 6 * 3600
    assert [hours.is_working(night, utc(f"2026-05-0{day}T03:00")) for day in (1, 2)] == [False, True]


def test_it_closes_a_date_overridden_with_nothing_like_a_holiday() -> None:
    night = calendar(hours=NIGHTS, overrides={"2026-05-01": []})
    assert hours.between(night, utc("2026-04-30T20:00"), utc("2026-05-02T12:00")) == 2 * 3600


def test_it_closes_a_yearly_holiday_every_year_and_a_leap_day_in_leap_years() -> None:
    closed = calendar(holidays_yearly=["12-25", "02-29"])
    for year in (2024, 2025, 2026):
        assert not hours.is_working(closed, datetime(year, 12, 25, 10, tzinfo=UTC))
    assert not hours.is_working(closed, utc("2024-02-29T10:00"))


def test_it_replaces_the_hours_of_a_date_by_its_override() -> None:
    half = calendar(
        overrides={"2026-12-24": [["09:00", "11:00"]], "2026-12-26": [["10:00", "10:30"]], "2026-12-28": []}
    )
    assert hours.between(half, utc("2026-12-24T00:00"), utc("2026-12-25T00:00")) == 2 * 3600
    assert hours.between(half, utc("2026-12-26T00:00"), utc("2026-12-27T00:00")) == 1800
    assert hours.between(half, utc("2026-12-28T00:00"), utc("2026-12-29T00:00")) == 0


def test_it_counts_each_moment_once_when_windows_overlap() -> None:
    doubled = calendar(hours={"mon": [["09:00", "12:00"], ["11:00", "13:00"]], "sun": [["22:00", "10:00"]]})
    assert hours.between(doubled, utc("2026-03-02T00:00"), utc("2026-03-03T00:00")) == 13 * 3600


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        ("2026-03-27T12:00", "2026-03-28T12:00", 8),
        ("2026-03-28T12:00", "2026-03-29T12:00", 7),
        ("2026-10-24T12:00", "2026-10-25T12:00", 9),
    ],
)
def test_it_counts_real_hours_over_a_change_of_the_clocks(begin: str, end: str, expected: int) -> None:
    night = calendar("Europe/London", {day: [["22:00", "06:00"]] for day in WEEKDAYS})
    assert hours.between(night, utc(begin), utc(end)) == expected * 3600


def test_it_asks_the_wall_clock_at_every_instant_inside_the_doubled_hour() -> None:
    early = calendar("Europe/Berlin", {"sun": [["02:30", "05:00"]]})
    assert hours.between(early, utc("2026-10-25T00:00"), utc("2026-10-25T12:00")) == 3 * 3600
    assert [hours.is_working(early, utc(f"2026-10-25T{t}")) for t in ("00:45", "01:15", "01:45")] == [True, False, True]


def test_it_skips_what_lies_in_the_lost_hour() -> None:
    lost = calendar("Europe/Berlin", {"sun": [["02:00", "03:00"]]})
    assert hours.between(lost, utc("2026-03-29T00:00"), utc("2026-03-29T12:00")) == 0


def test_it_survives_a_date_that_a_country_left_out() -> None:
    apia = calendar("Pacific/Apia", {day: [["00:00", "24:00"]] for day in WEEKDAYS})
    assert hours.between(apia, utc("2011-12-29T00:00"), utc("2012-01-01T00:00")) == 3 * 86_400


def test_it_works_round_the_clock() -> None:
    assert hours.add(Calendar.always(), utc("2026-12-31T23:30"), 3600) == utc("2027-01-01T00:30")
    assert hours.next_change(Calendar.always(), utc("2026-01-01T00:00")) is None


def test_it_keeps_fractions_of_a_second_until_the_sum() -> None:
    begin, end = utc("2026-03-06T10:00:00.400000"), utc("2026-03-06T10:00:02.300000")
    assert hours.elapsed(calendar(), begin, end) == timedelta(seconds=1.9)
    assert hours.between(calendar(), begin, end) == 1
    assert hours.add(calendar(), begin, 2) == utc("2026-03-06T10:00:02.400000")


@pytest.mark.parametrize(
    ("after", "change"),
    [
        ("2026-03-06T08:00", "2026-03-06T09:00"),
        ("2026-03-06T09:00", "2026-03-06T12:00"),
        ("2026-03-06T12:00", "2026-03-06T13:00"),
        ("2026-03-06T17:30", "2026-03-09T09:00"),
    ],
)
def test_it_knows_when_working_time_next_begins_or_ends(after: str, change: str) -> None:
    assert hours.next_change(calendar(), utc(after)) == utc(change)


def test_it_sees_no_change_where_one_day_runs_into_the_next_at_new_year() -> None:
    long = calendar(hours={"thu": [["08:00", "24:00"]], "fri": [["00:00", "02:00"]]})
    assert hours.next_change(long, utc("2026-12-31T09:00")) == utc("2027-01-01T02:00")
    ends = calendar(hours={"thu": [["08:00", "24:00"]]})
    assert hours.next_change(ends, utc("2026-12-31T09:00")) == utc("2027-01-01T00:00")


# --- never a hang, never a guess -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "empty",
    [
        {"tz": "UTC", "hours": {}},
        {"tz": "UTC", "hours": {}, "overrides": {"2026-01-01": []}},
        {"tz": "UTC", "hours": {"mon": []}, "holidays": ["2026-01-01"]},
    ],
)
def test_it_has_no_deadline_without_working_time(empty: dict[str, Any]) -> None:
    nothing = Calendar.from_dict(empty)
    assert (
        hours.add(nothing, utc("2026-01-01T00:00"), 60) is None
        and hours.add(nothing, utc("2026-01-01T00:00"), -60) is None
    )
    assert hours.between(nothing, utc("1950-01-01T00:00"), utc("2150-01-01T00:00")) == 0
    assert hours.next_change(nothing, utc("2026-01-01T00:00")) is None
    assert [field for field, _ in hours.problems(empty)] == ["hours"]


def test_it_gives_up_on_a_calendar_that_runs_out() -> None:
    once = calendar(hours={}, overrides={"2026-06-01": [["09:00", "10:00"]]})
    assert hours.add(once, utc("2026-01-01T00:00"), 3600) == utc("2026-06-01T10:00")
    assert hours.add(once, utc("2026-01-01T00:00"), 3601) is None


def test_it_answers_for_impossible_years_and_amounts() -> None:
    edge = datetime.max.replace(tzinfo=UTC)
    assert hours.between(calendar(), edge, edge) == 0 and hours.add(calendar(), edge, 60) is None
    assert hours.add(calendar(), datetime.min.replace(tzinfo=UTC), -60) is None
    assert hours.add(calendar(), utc("2026-01-01T00:00"), 10**15) is None


def test_it_refuses_an_instant_without_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        hours.between(calendar(), datetime(2026, 1, 1), datetime(2026, 1, 2))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"tz": "Europe/Atlantis"}, "tz"),
        ({"tz": "../../etc/passwd"}, "tz"),
        ({"tz": "Europe"}, "tz"),
        ({"tz": 7}, "tz"),
        ({"tz": ["UTC"]}, "tz"),
        ({"tz": ""}, "tz"),
        ({"hours": {"mon": [["9", "17:00"]]}}, "hours.mon"),
        ({"hours": {"mon": [["09:00"]]}}, "hours.mon"),
        ({"hours": {"mon": "09:00"}}, "hours.mon"),
        ({"hours": {"mon": [["24:00", "10:00"]]}}, "hours.mon"),
        ({"hours": {"mon": [["09:00", "25:00"]]}}, "hours.mon"),
        ({"hours": {"mon": [7]}}, "hours.mon"),
        ({"hours": {"monday": []}}, "hours"),
        ({"hours": [1]}, "hours"),
        ({"holidays": ["2026-02-30"]}, "holidays"),
        ({"holidays": "2026-02-03"}, "holidays"),
        ({"holidays": [3]}, "holidays"),
        ({"holidays_yearly": ["13-01"]}, "holidays_yearly"),
        ({"holidays_yearly": ["2026-01-01"]}, "holidays_yearly"),
        ({"overrides": {"soon": []}}, "overrides"),
        ({"overrides": {"2026-01-01": [["x", "y"]]}}, "overrides.2026-01-01"),
        ({"overrides": [1]}, "overrides"),
        ({"hour": {}}, "hour"),
    ],
)
def test_it_names_what_is_wrong_with_a_calendar(wrong: dict[str, Any], field: str) -> None:
    raw = {"tz": "UTC", "hours": OFFICE, **wrong}
    assert [name for name, _ in hours.problems(raw)] == [field]
    with pytest.raises(CalendarError) as refusal:
        Calendar.from_dict(raw)
    assert refusal.value.problems[0][0] == field


@pytest.mark.parametrize("thing", [None, 7, "x", [], [["mon"]]])
def test_it_names_a_calendar_that_is_none(thing: object) -> None:
    assert [name for name, _ in hours.problems(thing)] == ["hours"]


def test_it_warns_of_windows_that_overlap_and_of_hours_on_a_holiday() -> None:
    raw = {
        "hours": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]},
        "holidays": ["2026-12-24"],
        "overrides": {"2026-12-24": [["09:00", "11:00"]]},
    }
    assert [name for name, _ in hours.problems(raw)] == ["hours.mon", "overrides"]


def test_it_writes_a_calendar_as_it_was_read() -> None:
    raw = {
        "tz": "Europe/Berlin",
        "hours": {"mon": [["09:00", "24:00"]], "tue": [["22:00", "06:00"], ["08:00:30", "09:00"]]},
        "holidays": ["2026-01-01"],
        "holidays_yearly": ["12-25"],
        "overrides": {"2026-12-24": [["09:00", "12:00"]]},
    }
    once = Calendar.from_dict(raw)
    assert Calendar.from_dict(once.to_dict()) == once and once.holidays == {date(2026, 1, 1)}
    assert Calendar.from_dict(Calendar.always().to_dict()) == Calendar.always()


# --- properties ----------------------------------------------------------------------------------------------------

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Africa/Casablanca",
)
clock_times = st.builds(lambda h, m: f"{h:02}:{m:02}", st.integers(0, 23), st.sampled_from((0, 15, 30, 59)))
windows = st.lists(st.tuples(clock_times, st.one_of(clock_times, st.just("24:00"))).map(list), max_size=3)
dates = st.dates(date(2018, 1, 1), date(2019, 12, 31)).map(date.isoformat)
calendars = st.fixed_dictionaries(
    {
        "tz": st.sampled_from(ZONES),
        "hours": st.dictionaries(st.sampled_from(WEEKDAYS), windows, max_size=7),
        "holidays": st.lists(dates, max_size=6),
        "holidays_yearly": st.lists(dates.map(lambda day: day[5:]), max_size=4),
        "overrides": st.dictionaries(dates, windows, max_size=4),
    }
)
# Around changes of the clocks in both hemispheres, new year and ordinary weeks.
instants = st.builds(
    lambda day, minute: day + timedelta(minutes=minute),
    st.sampled_from(
        [
            utc(day)
            for day in (
                "2018-03-24",
                "2018-10-27",
                "2018-03-10",
                "2018-11-03",
                "2018-12-30",
                "2018-02-17",
                "2018-06-16",
                "2018-04-01",
                "2018-09-29",
            )
        ]
    ),
    st.integers(0, 4 * 1440),
)


def looks_working(raw: dict[str, Any], at: datetime) -> bool:
    """The specification read aloud for one instant."""
    local = at.astimezone(ZoneInfo(raw["tz"]))
    today, yesterday = local.date(), local.date() - timedelta(days=1)

    def closed(day: date) -> bool:
        return (
            day.isoformat() in raw["holidays"]
            or day.isoformat()[5:] in raw["holidays_yearly"]
            or raw["overrides"].get(day.isoformat()) == []
        )

    def own(day: date) -> list[list[str]]:
        return raw["overrides"].get(day.isoformat(), raw["hours"].get(WEEKDAYS[day.weekday()], []))

    if closed(today):
        return False
    now = f"{local:%H:%M}"
    tail = any(stop <= start and now < stop for start, stop in own(yesterday))
    return tail or any(start <= now < stop if stop > start else now >= start for start, stop in own(today))


@settings(max_examples=80, deadline=None)
@given(calendars, instants, st.integers(0, 3000))
def test_it_agrees_with_a_stepper_that_looks_at_every_minute(
    raw: dict[str, Any], begin: datetime, minutes: int
) -> None:
    cal = Calendar.from_dict(raw)
    looked = [looks_working(raw, begin + timedelta(minutes=n)) for n in range(minutes)]
    assert hours.between(cal, begin, begin + timedelta(minutes=minutes)) == 60 * sum(looked)
    assert hours.is_working(cal, begin) == looks_working(raw, begin)
    if (change := hours.next_change(cal, begin)) and change < begin + timedelta(minutes=minutes):
        assert change == begin + timedelta(minutes=looked.index(not looked[0]))


@settings(max_examples=300, deadline=None)
@given(calendars, instants, st.integers(1, 200 * 3600))
def test_it_finds_the_earliest_instant_by_which_so_much_has_passed(
    raw: dict[str, Any], begin: datetime, seconds: int
) -> None:
    cal = Calendar.from_dict(raw)
    due = hours.add(cal, begin, seconds)
    if due is None:
        assert hours.between(cal, begin, begin + timedelta(days=3650)) < seconds
        return
    assert hours.between(cal, begin, due) == seconds
    assert hours.between(cal, begin, due - timedelta(seconds=1)) == seconds - 1
    back = hours.add(cal, due, -seconds)
    assert back is not None and back >= begin and hours.between(cal, back, due) == seconds


@settings(max_examples=300, deadline=None)
@given(calendars, st.tuples(instants, instants, instants).map(sorted))
def test_it_adds_up_and_never_runs_backwards(raw: dict[str, Any], three: list[datetime]) -> None:
    cal, (first, middle, last) = Calendar.from_dict(raw), three
    worked = hours.between(cal, first, last)
    assert hours.between(cal, first, middle) + hours.between(cal, middle, last) == worked
    assert 0 <= hours.between(cal, first, middle) <= worked <= (last - first).total_seconds()
    assert hours.between(cal, last, first) == -worked
    if worked:
        due = hours.add(cal, first, worked)
        assert due is not None and due <= last


# --- speed ---------------------------------------------------------------------------------------------------------


def test_it_answers_fast_whatever_the_span() -> None:
    office = calendar("Europe/Berlin", holidays=["2024-12-25", "2025-01-01"])
    begin, later = utc("2020-01-01T00:00"), utc("2025-01-01T00:00")
    asked = process_time()
    hours.between(office, begin, later)  # makes six years of tables
    assert process_time() - asked < 0.5
    asked = process_time()
    for _ in range(1000):
        hours.add(office, begin, 2000 * 3600)
        hours.between(office, begin, later)
    assert process_time() - asked < 0.5
