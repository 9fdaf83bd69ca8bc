"""Rotas: hand-overs by the wall clock, and the same answers as a stepper that looks at every quarter of an hour."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall import burden, rota
from oncall.rota import DAY, HOUR, Layer, Override, Rota, RotaError, Shift
from sla.hours import Calendar, is_working
from tests.adapters.rota import handoffs

ADA, BEN, CY, DEE = 1, 2, 3, 4
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "Africa/Casablanca")
OFFICE = Calendar.from_dict(
    {"tz": "Europe/Berlin", "hours": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
)
STEP = timedelta(minutes=15)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def daily(*people: int | None, first: str = "2026-03-02T09:00", **rest: object) -> Layer:
    return Layer(people=people, first=datetime.fromisoformat(first), **{"every": DAY, **rest})  # type: ignore[arg-type]


def berlin(*layers: Layer, overrides: tuple[Override, ...] = ()) -> Rota:
    return Rota(BERLIN, layers, overrides)


# --- what a person expects -----------------------------------------------------------------------------------------


def test_it_hands_over_at_the_same_wall_clock_time_when_the_clocks_change() -> None:
    spring = rota.shifts(berlin(daily(ADA, BEN)), utc("2026-03-28T08:00"), utc("2026-03-30T07:00"))
    assert spring == [
        Shift(utc("2026-03-28T08:00"), utc("2026-03-29T07:00"), ADA),  # 23 hours
        Shift(utc("2026-03-29T07:00"), utc("2026-03-30T07:00"), BEN),
    ]
    autumn = rota.shifts(berlin(daily(ADA, BEN)), utc("2026-10-24T07:00"), utc("2026-10-25T08:00"))
    assert [shift.end - shift.begin for shift in autumn] == [timedelta(hours=25)]


def test_it_moves_a_skipped_time_to_the_first_instant_after_the_gap() -> None:
    assert handoffs("Europe/Berlin", "02:30", "daily", "2026-03-28", 3) == [
        "2026-03-28T01:30:00+00:00", "2026-03-29T01:00:00+00:00", "2026-03-30T00:30:00+00:00",
    ]  # fmt: skip
    apia = handoffs("Pacific/Apia", "09:00", "daily", "2011-12-29", 3)  # which had no 30 December 2011
    assert apia == ["2011-12-29T19:00:00+00:00", "2011-12-30T10:00:00+00:00", "2011-12-30T19:00:00+00:00"]


def test_it_takes_the_first_of_a_doubled_time() -> None:
    assert handoffs("Europe/Berlin", "02:30", "daily", "2026-10-25", 1) == ["2026-10-25T00:30:00+00:00"]
    assert handoffs("Australia/Lord_Howe", "01:45", "1w", "2026-04-05", 1) == ["2026-04-04T14:45:00+00:00"]


def test_it_hands_over_by_the_hour_and_by_lengths_of_ones_own() -> None:
    assert handoffs("UTC", "08:00", "12h", "2026-03-02T08:00", 2) == [
        "2026-03-02T08:00:00+00:00", "2026-03-02T20:00:00+00:00",
    ]  # fmt: skip
    assert handoffs("America/New_York", "09:00", "weekly", "2026-03-02", 2)[1] == "2026-03-09T13:00:00+00:00"
    assert handoffs("UTC", "09:00", "daily", "2026-03-02T10:00", 1) == ["2026-03-03T09:00:00+00:00"]


def test_it_lets_a_later_layer_stand_above_an_earlier_one_within_its_hours() -> None:
    night_and_day = berlin(daily(ADA), daily(BEN, hours=OFFICE))
    assert rota.who(night_and_day, utc("2026-03-04T08:00")) == BEN
    assert rota.who(night_and_day, utc("2026-03-04T16:00")) == ADA
    assert rota.who(night_and_day, utc("2026-03-07T10:00")) == ADA  # a Saturday


def test_it_puts_the_newest_override_above_everything() -> None:
    begin, end = utc("2026-03-04T10:00"), utc("2026-03-04T12:00")
    over = berlin(daily(ADA), overrides=(Override(begin, end, BEN), Override(begin + HOUR, end, CY)))
    found = [shift.person for shift in rota.shifts(over, utc("2026-03-04T09:00"), utc("2026-03-04T13:00"))]
    assert found == [ADA, BEN, CY, ADA]
    assert rota.who(over, begin) == BEN and rota.who(over, end) == ADA


def test_it_shows_a_turn_that_nobody_takes_as_a_gap_and_keeps_the_others_turns() -> None:
    missing = berlin(daily(ADA, None, CY))
    begin, end = utc("2026-03-02T08:00"), utc("2026-03-05T08:00")
    assert [shift.person for shift in rota.shifts(missing, begin, end)] == [ADA, CY]
    assert rota.gaps(missing, begin, end) == [(utc("2026-03-03T08:00"), utc("2026-03-04T08:00"))]


def test_it_lets_the_layer_below_take_what_nobody_takes_above() -> None:
    assert rota.who(berlin(daily(DEE), daily(ADA, None)), utc("2026-03-03T10:00")) == DEE


def test_a_rota_with_nobody_is_one_gap() -> None:
    begin, end = utc("2026-03-02T08:00"), utc("2026-03-05T08:00")
    for empty in (berlin(), berlin(daily())):
        assert rota.who(empty, begin) is None and rota.gaps(empty, begin, end) == [(begin, end)]
        assert rota.next_hand_over(empty, begin) is None and rota.shifts(empty, begin, end) == []


def test_it_begins_with_its_first_hand_over_and_ends_with_its_last_day() -> None:
    short = berlin(daily(ADA, until=datetime(2026, 3, 4, 0, 0)))
    assert rota.shifts(short, utc("2026-01-01T00:00"), utc("2027-01-01T00:00")) == [
        Shift(utc("2026-03-02T08:00"), utc("2026-03-03T23:00"), ADA)
    ]


def test_it_says_who_is_next_and_from_when() -> None:
    weekly = berlin(daily(ADA, BEN, every=timedelta(weeks=1)))
    assert rota.next_hand_over(weekly, utc("2026-03-04T00:00")) == (utc("2026-03-09T08:00"), BEN)
    assert rota.next_hand_over(berlin(daily(ADA)), utc("2026-03-04T00:00")) is None
    ending = berlin(daily(ADA, until=datetime(2026, 8, 1)))
    assert rota.next_hand_over(ending, utc("2026-03-04T00:00")) == (utc("2026-07-31T22:00"), None)
    assert rota.next_hand_over(ending, utc("2026-02-01T00:00")) == (utc("2026-03-02T08:00"), ADA)


def test_it_counts_hours_nights_and_weekends() -> None:
    weekly = berlin(daily(ADA, BEN, every=timedelta(weeks=1)))
    found = burden.load(rota.shifts(weekly, utc("2026-03-02T08:00"), utc("2026-03-16T08:00")), BERLIN)
    assert (found[ADA].hours, found[ADA].nights, found[ADA].weekends) == (168, 7, 1)
    assert found[ADA] == found[BEN]


@pytest.mark.parametrize("every", [timedelta(0), -HOUR, timedelta(minutes=90), timedelta(days=367)])
def test_it_refuses_a_turn_without_a_length(every: timedelta) -> None:
    with pytest.raises(RotaError) as refused:
        daily(ADA, every=every)
    assert refused.value.field == "length"


def test_it_refuses_what_ends_before_it_begins_and_zones_nobody_knows() -> None:
    with pytest.raises(RotaError):
        Override(utc("2026-03-04T10:00"), utc("2026-03-04T10:00"), ADA)
    with pytest.raises(RotaError):
        daily(ADA, until=datetime(2026, 3, 2, 9))
    for name in ("Mars/Olympus", "", "../../etc/passwd", "Europe", None, 7):
        with pytest.raises(RotaError):
            rota.zone_named(name)


# --- against a stepper ---------------------------------------------------------------------------------------------


def stepped(made: Rota, begin: datetime, end: datetime) -> Iterator[tuple[datetime, int | None]]:
    """(instant, who) every quarter of an hour, from the latest time that the wall clock has shown so far."""
    moment, shown = begin - 3 * DAY, datetime.min
    while moment < end:
        shown = max(shown, moment.astimezone(made.zone).replace(tzinfo=None, fold=0))
        if moment >= begin:
            yield moment, on_call(made, moment, shown)
        moment += STEP


def on_call(made: Rota, moment: datetime, shown: datetime) -> int | None:
    for override in reversed(made.overrides):
        if override.begin <= moment < override.end and override.person is not None:
            return override.person
    for layer in reversed(made.layers):
        begun = shown >= layer.first and (layer.until is None or shown < layer.until)
        if not begun or not layer.people or (layer.hours and not is_working(layer.hours, moment)):
            continue
        person = layer.people[(shown - layer.first) // layer.every % len(layer.people)]
        if person is not None:
            return person
    return None


def hours_in(zone: str) -> Calendar:
    return Calendar.from_dict({"tz": zone, "hours": {"mon": [["22:00", "06:00"]], "sun": [["01:30", "03:30"]]}})


@st.composite
def rotas(draw: st.DrawFn) -> tuple[Rota, datetime, datetime]:
    """A rota, and some days around a change of the clocks."""
    zone = draw(st.sampled_from(ZONES))
    changes = (date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5),
               date(2026, 10, 4), date(2026, 2, 15), date(2026, 3, 22))  # fmt: skip
    day = datetime.combine(draw(st.sampled_from(changes)), datetime.min.time())
    quarter = st.integers(-4 * 24 * 4, 4 * 24 * 4).map(lambda n: n * STEP)
    layers = [
        Layer(
            people=tuple(draw(st.lists(st.sampled_from([ADA, BEN, CY, None]), max_size=4))),
            first=(first := day + draw(quarter)),
            every=draw(st.sampled_from([HOUR, 2 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY])),
            until=draw(st.none() | st.integers(1, 400).map(lambda n: first + n * STEP)),
            hours=draw(st.sampled_from([None, hours_in(zone)])),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    begin = day.replace(tzinfo=UTC) + draw(quarter)
    overrides = [
        Override(start, start + draw(st.integers(1, 200)) * STEP, draw(st.sampled_from([DEE, BEN])))
        for start in [begin + draw(quarter) for _ in range(draw(st.integers(0, 2)))]
    ]
    made = Rota(ZoneInfo(zone), tuple(layers), tuple(overrides))
    return made, begin, begin + draw(st.integers(1, 400)) * STEP


def test_a_layer_that_ended_within_a_turn_has_no_time_afterwards() -> None:
    first = datetime(2026, 3, 2, 9)
    ended = Layer(people=(ADA,), first=first, every=DAY, until=first + HOUR, hours=None)
    begin = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert rota.shifts(Rota(ZoneInfo("UTC"), (ended,)), begin, begin + HOUR) == []
    below = Layer(people=(BEN,), first=first, every=DAY, until=None, hours=None)
    assert rota.shifts(Rota(ZoneInfo("UTC"), (below, ended)), begin, begin + HOUR) == [Shift(begin, begin + HOUR, BEN)]


@settings(max_examples=150, deadline=None)
@given(rotas())
def test_it_agrees_with_a_stepper(given: tuple[Rota, datetime, datetime]) -> None:
    made, begin, end = given
    found = rota.shifts(made, begin, end)
    for moment, person in stepped(made, begin, end):
        assert rota.who(made, moment) == person, moment
        assert next((one.person for one in found if one.begin <= moment < one.end), None) == person, moment
    edges = [edge for shift in found for edge in (shift.begin, shift.end)]
    assert edges == sorted(edges) and all(begin <= edge <= end for edge in edges)
    assert all(a.end < b.begin or a.person != b.person for a, b in zip(found, found[1:], strict=False))
    left = rota.gaps(made, begin, end)
    assert sum((b - a for a, b in left), sum((s.end - s.begin for s in found), timedelta())) == end - begin
    assert sum((one.time for one in burden.load(found, made.zone).values()), timedelta()) == sum(
        (s.end - s.begin for s in found), timedelta()
    )


@settings(max_examples=40, deadline=None)
@given(rotas())
def test_it_finds_the_next_hand_over_where_the_stepper_sees_a_change(given: tuple[Rota, datetime, datetime]) -> None:
    made, begin, _ = given
    now = rota.who(made, begin)
    seen = next(((m, p) for m, p in stepped(made, begin, begin + 6 * DAY) if p != now), None)
    found = rota.next_hand_over(made, begin)
    if seen is None:
        assert found is None or found[0] >= begin + 6 * DAY - STEP
    else:
        assert found == seen
