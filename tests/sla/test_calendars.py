"""The calendars' editor: exceptions by name, previews, and holidays and files as proposals."""

import json
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lib.ics import Occurrence
from sla import hours
from sla.calendar_fields import read
from sla.models import Calendar
from sla.preview import days, week
from sla.proposals import Proposal, applied, left_of, propose
from sla.proposals import read as read_proposals

pytestmark = pytest.mark.django_db
NINE_TO_FIVE = {"tz": "UTC", "hours": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
                "holidays": [], "holidays_yearly": [], "overrides": {}}  # fmt: skip


@pytest.fixture
def manager(cast: SimpleNamespace, as_user: Any) -> Client:
    return as_user(cast.manager)


@pytest.fixture
def office(db: None) -> Calendar:
    return Calendar.objects.create(
        name="Office", zone="Europe/Berlin",
        hours={day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    )  # fmt: skip


def page(**changes: str) -> dict[str, str]:
    return {"name": "Berlin", "zone": "Europe/Berlin", "mon": "09:00-17:00", **changes}


def worked(definition: dict[str, Any], day: str) -> int:
    """Working hours of a date."""
    begin = datetime.fromisoformat(f"{day}T00:00+00:00")
    return hours.between(hours.Calendar.from_dict(definition), begin, begin.replace(hour=23, minute=59)) // 3600


def test_hours_of_every_year_hold_in_each_but_where_a_date_says_otherwise() -> None:
    eve = NINE_TO_FIVE | {"overrides": {"12-24": [["09:00", "12:00"]], "2027-12-24": [["09:00", "10:00"]]}}
    assert [worked(eve, f"{year}-12-24") for year in (2025, 2026, 2027, 2029)] == [3, 3, 1, 3]
    assert worked(eve | {"holidays": ["2026-12-24"]}, "2026-12-24") == 0
    assert hours.problems(eve | {"holidays": ["2026-12-24"]}) == []
    assert worked(NINE_TO_FIVE | {"overrides": {"02-29": []}}, "2028-02-29") == 0


@pytest.mark.parametrize(
    ("overrides", "yearly", "says"),
    [
        ({"13-24": [["09:00", "12:00"]]}, [], "is not a date"),
        ({"12-24": [["09:00", "12:00"]]}, ["12-24"], "also closed every year"),
        ({"12-24": [["9", "12"]]}, [], "is not a window"),
    ],
)
def test_hours_of_every_year_that_cannot_be_are_refused(overrides: Any, yearly: list[str], says: str) -> None:
    found = hours.problems(NINE_TO_FIVE | {"overrides": overrides, "holidays_yearly": yearly})
    assert [(field.split(".")[0], says in message) for field, message in found] == [("overrides", True)]


def test_exceptions_keep_their_names(manager: Client) -> None:
    lines = {
        "holidays": "2026-12-25 Christmas Day", "yearly": "01-01 New Year",
        "overrides": "12-24 09:00-12:00 Christmas Eve\n2026-12-28 closed Inventory\n"
        "2026-12-29 09:00 - 11:00, 13:00-14:00",
    }  # fmt: skip
    answer = manager.post("/settings/calendars/new", page(**lines), follow=True)
    berlin = Calendar.objects.get(name="Berlin")
    assert berlin.overrides == {
        "12-24": [["09:00", "12:00"]], "2026-12-28": [], "2026-12-29": [["09:00", "11:00"], ["13:00", "14:00"]],
    }  # fmt: skip
    assert berlin.holiday_names == {
        "2026-12-25": "Christmas Day", "01-01": "New Year", "12-24": "Christmas Eve", "2026-12-28": "Inventory",
    }  # fmt: skip
    for shown in ("01-01 New Year", "12-24 09:00-12:00 Christmas Eve", "2026-12-28 closed Inventory"):
        assert shown in answer.content.decode()


@pytest.mark.parametrize("text", ["2026-12-24 nine to five", "2026-12-24 09:00 Christmas", "12-24 Christmas Eve"])
def test_words_instead_of_hours_never_close_a_date(manager: Client, text: str) -> None:
    answer = manager.post("/settings/calendars/new", page(overrides=text))
    assert answer.status_code == 422
    assert "is not a window" in answer.context["form"].errors["overrides"][0]


def test_a_preview_saves_nothing_and_marks_what_would_change(manager: Client, office: Calendar) -> None:
    hours_now = dict.fromkeys(("mon", "tue", "wed", "thu"), "09:00-12:00, 13:00-17:00")
    edit = {"name": "Office", "zone": "Europe/Berlin", "fri": "09:00-12:00", **hours_now, "preview": "1"}
    answer = manager.post(f"/settings/calendars/{office.pk}/", edit)
    text = answer.content.decode()
    office.refresh_from_db()
    assert (answer.status_code, office.version, office.hours["fri"][1]) == (200, 1, ["13:00", "17:00"])
    assert "Next 30 days, as edited" in text
    changed = [day for day in answer.context["days"] if day.before]
    assert {day.date.weekday() for day in changed} == {4}
    assert "was 09:00–12:00, 13:00–17:00" in text


def test_a_new_calendar_can_be_previewed_before_it_exists(manager: Client) -> None:
    answer = manager.post("/settings/calendars/new", page(preview="1"))
    assert (len(answer.context["days"]), Calendar.objects.filter(name="Berlin").exists()) == (30, False)


def test_a_preview_of_what_cannot_be_says_so(manager: Client) -> None:
    answer = manager.post("/settings/calendars/new", page(mon="", preview="1"))
    assert (answer.status_code, answer.context["days"]) == (422, [])


def test_the_days_to_come_show_windows_past_midnight_and_until_24(office: Calendar) -> None:
    night = NINE_TO_FIVE | {"hours": {"mon": [["22:00", "06:00"]], "wed": [["18:00", "24:00"]]}}
    found = list(days(night, {}, date(2026, 3, 2), 4))
    assert [day.windows for day in found] == [("22:00–24:00",), ("00:00–06:00",), ("18:00–24:00",), ()]
    assert [(bar.x, bar.width) for bar in found[0].bars + found[1].bars] == [(264, 24), (0, 72)]
    assert [[(bar.x, bar.width) for bar in day] for day in week(read(night).hours)][:2] == [[(264, 24)], [(0, 72)]]


# -- proposals -----------------------------------------------------------------------------------------------------

FILE = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//demo//EN\r
BEGIN:VEVENT\r
UID:1\r
DTSTART;VALUE=DATE:20261225\r
RRULE:FREQ=YEARLY\r
SUMMARY:Christmas <b>Day</b>\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2\r
DTSTART;VALUE=DATE:%(soon)s\r
SUMMARY:Company outing\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:3\r
DTSTART;TZID=Europe/Berlin:%(soon)sT110000\r
DTEND;TZID=Europe/Berlin:%(soon)sT140000\r
RRULE:FREQ=WEEKLY;COUNT=2\r
SUMMARY:All hands\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:4\r
DTSTART;VALUE=DATE:20261225\r
RRULE:FREQ=SECONDLY\r
SUMMARY:Endless\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.fixture
def monday() -> str:
    """The next Monday, whenever this runs."""
    today = datetime.now().date()
    return date.fromordinal(today.toordinal() + 7 - today.weekday()).isoformat()


def uploaded(client: Client, calendar: Calendar, raw: bytes) -> Any:
    file = SimpleUploadedFile("team.ics", raw, "text/calendar")
    return client.post(f"/settings/calendars/{calendar.pk}/file", {"file": file})


def test_a_file_becomes_proposals_and_nothing_is_saved(manager: Client, office: Calendar, monday: str) -> None:
    answer = uploaded(manager, office, FILE % {b"soon": monday.replace("-", "").encode()})
    text = answer.content.decode()
    office.refresh_from_db()
    assert (office.version, office.holidays, office.yearly) == (1, [], [])
    assert [(one.kind, one.day, one.is_likely) for one, _ in answer.context["proposals"]][:2] == [
        ("yearly", "12-25", True), ("closed", monday, True),
    ]  # fmt: skip
    assert "Endless: it recurs more than once a day." in text
    assert "Christmas &lt;b&gt;Day&lt;/b&gt;" in text
    assert "Open 09:00–11:00, 14:00–17:00" in text


def test_what_is_ticked_is_saved_and_nothing_else(manager: Client, office: Calendar, monday: str) -> None:
    answer = uploaded(manager, office, FILE % {b"soon": monday.replace("-", "").encode()})
    yearly, *_, last = [one for one, _ in answer.context["proposals"]]
    manager.post(f"/settings/calendars/{office.pk}/proposals", {"proposal": [yearly.value, last.value]})
    office.refresh_from_db()
    assert (office.version, office.yearly, office.holidays) == (2, ["12-25"], [])
    assert office.overrides == {last.day: [["09:00", "11:00"], ["14:00", "17:00"]]}
    assert office.holiday_names == {"12-25": "Christmas <b>Day</b>", last.day: "All hands"}


@pytest.mark.parametrize(
    "value",
    ["", "x", "[]", "[1,2,3,4]", '["closed","soon","x",[]]', '["hours","2026-12-24","x",[["a","b"]]]', "[" * 9999],
)
def test_a_proposal_that_nobody_made_changes_nothing(manager: Client, office: Calendar, value: str) -> None:
    answer = manager.post(f"/settings/calendars/{office.pk}/proposals", {"proposal": value})
    office.refresh_from_db()
    assert (answer.status_code, office.version, office.holidays) == (302, 1, [])


@pytest.mark.parametrize(
    ("raw", "says"),
    [(b"PK\x03\x04", "not a calendar file"), (b"", "empty"), (b"x" * (512 * 1024 + 1), "larger than 512 KB")],
)
def test_a_file_that_cannot_be_is_refused_at_its_field(
    manager: Client, office: Calendar, raw: bytes, says: str
) -> None:
    answer = uploaded(manager, office, raw)
    assert answer.status_code == 422
    assert says in answer.context["file_form"].errors["file"][0]
    assert f'action="/settings/calendars/{office.pk}/"' in answer.content.decode()


def test_public_holidays_can_be_chosen_one_by_one(manager: Client, office: Calendar) -> None:
    asked = {"country": "DE", "region": "BY", "year": 2026, "look": "1"}
    answer = manager.post(f"/settings/calendars/{office.pk}/holidays", asked)
    office.refresh_from_db()
    assert office.holidays == []
    assert ("closed", "2026-12-25") in [(one.kind, one.day) for one, _ in answer.context["proposals"]]


def test_a_country_without_that_region_is_refused_at_its_field(manager: Client, office: Calendar) -> None:
    answer = manager.post(f"/settings/calendars/{office.pk}/holidays", {"country": "DE", "region": "XX", "year": 2026})
    assert answer.status_code == 422
    assert "Not a region of that country" in answer.context["holidays_form"].errors["region"][0]


def test_closing_a_date_takes_its_own_hours_away() -> None:
    before = NINE_TO_FIVE | {"overrides": {"2026-12-24": [["09:00", "12:00"]]}}
    definition, names = applied(before, {}, [Proposal("closed", "2026-12-24", "Eve")])
    assert (definition["overrides"], definition["holidays"], names) == ({}, ["2026-12-24"], {"2026-12-24": "Eve"})
    assert hours.problems(definition) == []


@pytest.mark.parametrize(
    ("begin", "end", "left"),
    [(0, 9, [(9, 17), (22, 30)]), (10, 12, [(9, 10), (12, 17), (22, 30)]), (8, 23, [(23, 30)]),
     (16, 26, [(9, 16), (26, 30)]), (0, 48, [])],
)  # fmt: skip
def test_an_hour_is_cut_out_of_windows(begin: int, end: int, left: list[tuple[int, int]]) -> None:
    assert list(left_of([(9, 17), (22, 30)], begin, end)) == left


def test_several_of_one_date_are_one_proposal() -> None:
    hour = [datetime(2026, 3, 2, number, tzinfo=UTC) for number in range(24)]
    both = [Occurrence("A", hour[9], hour[10]), Occurrence("B", hour[14], hour[20])]
    assert propose(NINE_TO_FIVE, both) == [Proposal("hours", "2026-03-02", "A, B", (("10:00", "14:00"),))]
    whole = Occurrence("Day", date(2026, 3, 2), date(2026, 3, 3))
    for order in ([*both, whole], [whole, *both]):
        assert propose(NINE_TO_FIVE, order) == [Proposal("closed", "2026-03-02", "Day")]


def test_a_proposal_survives_the_page() -> None:
    one = Proposal("hours", "2026-12-24", 'Eve "quoted" ü', (("09:00", "12:00"),))
    assert read_proposals([one.value]) == [one]
    assert json.loads(one.value)[0] == "hours"
