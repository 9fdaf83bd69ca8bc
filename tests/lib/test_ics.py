"""Calendar files: what happens on which day, and files written to break their reader."""

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from lib.ics import MAX_BYTES, Occurrence, Reading, UnreadableCalendar, read

BERLIN = ZoneInfo("Europe/Berlin")


def wrapped(*events: str) -> bytes:
    """A file of these events; each is written as lines of its own."""
    parts = [f"BEGIN:VEVENT\r\nUID:{n}\r\n{event}\r\nEND:VEVENT\r\n" for n, event in enumerate(events)]
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//demo//EN\r\n" + "".join(parts) + "END:VCALENDAR\r\n").encode()


def asked(raw: bytes) -> Reading:
    return read(raw, first=date(2026, 1, 1), last=date(2027, 12, 31), zone=BERLIN)


def days(*events: str) -> list[str]:
    return [str(one.begin) for one in asked(wrapped(*events)).occurrences]


DAY = "DTSTART;VALUE=DATE:20260501\r\nSUMMARY:Labour Day"


def test_it_reads_whole_days_in_the_order_of_time() -> None:
    found = asked(wrapped("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\nSUMMARY:Break", DAY))
    assert found.occurrences == [
        Occurrence("Labour Day", date(2026, 5, 1), date(2026, 5, 2)),
        Occurrence("Break", date(2026, 12, 24), date(2026, 12, 27)),
    ]


def test_it_reads_instants_in_the_zone_asked_for() -> None:
    new_york = "DTSTART;TZID=America/New_York:20261224T080000\r\nDTEND;TZID=America/New_York:20261224T120000"
    floating = "DTSTART:20261224T130000\r\nDTEND:20261224T180000"
    first, second = asked(wrapped(floating, new_york)).occurrences
    assert first.begin.astimezone(UTC) == datetime(2026, 12, 24, 12, tzinfo=UTC)
    assert (second.begin.hour, second.end.hour, second.begin.tzinfo) == (14, 18, BERLIN)


def test_it_works_out_series_with_their_changed_and_cancelled_days() -> None:
    assert days("DTSTART;VALUE=DATE:20251127\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH") == ["2026-11-26", "2027-11-25"]
    assert days(DAY + "\r\nRRULE:FREQ=MONTHLY;COUNT=3\r\nEXDATE;VALUE=DATE:20260601") == ["2026-05-01", "2026-07-01"]
    moved = (
        "BEGIN:VEVENT\r\nUID:0\r\nRECURRENCE-ID;VALUE=DATE:20260601\r\nDTSTART;VALUE=DATE:20260603\r\nEND:VEVENT\r\n"
    )
    raw = wrapped(DAY + "\r\nRRULE:FREQ=MONTHLY;COUNT=2").replace(b"END:VCALENDAR", moved.encode() + b"END:VCALENDAR")
    assert [str(one.begin) for one in asked(raw).occurrences] == ["2026-05-01", "2026-06-03"]
    assert days(DAY + "\r\nSTATUS:CANCELLED") == []


@pytest.mark.parametrize(
    ("rule", "yearly"),
    [
        ("FREQ=YEARLY", (5, 1)), ("FREQ=YEARLY;INTERVAL=1;BYMONTH=5;BYMONTHDAY=1", (5, 1)),
        ("FREQ=YEARLY;COUNT=2", None), ("FREQ=YEARLY;INTERVAL=2", None), ("FREQ=YEARLY;BYMONTH=5;BYDAY=1FR", None),
    ],
)  # fmt: skip
def test_it_knows_what_comes_back_every_year_for_ever(rule: str, yearly: tuple[int, int] | None) -> None:
    assert asked(wrapped(f"{DAY}\r\nRRULE:{rule}")).occurrences[0].yearly == yearly


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (DAY + "\r\nRRULE:FREQ=SECONDLY", "more than once a day"),
        (DAY + "\r\nRRULE:FREQ=DAILY;INTERVAL=0", "not understood"),
        (DAY + "\r\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "not understood"),
        (DAY + "\r\nRRULE:FREQ=DAILY;BYHOUR=1,2,3", "not understood"),
        ("DTSTART;VALUE=DATE:00010101\r\nRRULE:FREQ=DAILY", "out of reach"),
        ("DTSTART:20260501T100000Z\r\nDURATION:P900D", "longer than a month"),
        ("SUMMARY:Never", "cannot be read"),
        ("DTSTART;VALUE=DATE:20269999", "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_left_out_and_said(event: str, says: str) -> None:
    found = asked(wrapped(event, DAY))
    assert [one.title for one in found.occurrences] == ["Labour Day"]
    assert says in found.left_out[0]


@pytest.mark.parametrize(
    "raw",
    [b"", b"PK\x03\x04" + b"x" * 999, b"\x00\xff" * 999, b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 30_000,
     b"x" * (MAX_BYTES + 1), wrapped(*[DAY] * 2001)],
    ids=["empty", "zip", "noise", "unclosed", "large", "many"],
)  # fmt: skip
def test_what_is_no_calendar_file_is_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableCalendar):
        asked(raw)


@pytest.mark.parametrize(
    "raw",
    [
        wrapped(*[DAY + "\r\nRRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"] * 500),
        wrapped(*["DTSTART;VALUE=DATE:19000101\r\nRRULE:FREQ=DAILY"] * 1500),
        wrapped("DTSTART;VALUE=DATE:20260501\r\nSUMMARY:" + "x\r\n " * 120_000),
        wrapped(DAY + "\r\nRDATE;VALUE=DATE:" + ",".join(["20260502"] * 50_000)),
        wrapped("DTSTART;" + ";".join(f"X{n}=y" for n in range(40_000)) + ":20260501T100000Z"),
    ],
    ids=["days that never come", "a century of days", "folded", "dates", "parameters"],
)
def test_a_hostile_file_takes_a_few_seconds_at_most(raw: bytes) -> None:
    began = time.process_time()
    found = asked(raw)
    assert time.process_time() - began < 8
    assert len(found.occurrences) <= 1000
