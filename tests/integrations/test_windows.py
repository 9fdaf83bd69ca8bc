"""Silences that change, and windows that come again."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEntry
from integrations.episodes import silences, windows
from integrations.episodes.recurrence import Rule, following, rule_from, rule_of, words
from integrations.episodes.work import open_or_join, release_due
from integrations.models import Alert, Silence, Source
from integrations.reading import Reading
from tests.make import T0, later
from tickets.errors import Refused
from tickets.models import Ticket

BERLIN = ZoneInfo("Europe/Berlin")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def series(begin, end, **rule):
    rule = rule_from(begin, end, **({"zone": "Europe/Berlin", "weeks": 1, "until": None} | rule))
    while True:
        yield begin
        found = following(rule, begun=begin, now=begin)
        if found is None:
            return
        begin, end = found


def local(instants):
    return [one.astimezone(BERLIN).strftime("%m-%d %H:%M") for one in instants]


def some(many, count):
    return [one for one, _ in zip(many, range(count), strict=False)]


def test_it_comes_each_week_on_its_days_at_the_same_time_of_the_clock():
    found = some(series(at("2026-10-21 22:00"), at("2026-10-21 23:00"), days=(3, 7)), 5)
    assert local(found) == ["10-21 22:00", "10-25 22:00", "10-28 22:00", "11-01 22:00", "11-04 22:00"]
    assert found[1] - found[0] == timedelta(days=4, hours=1)  # the clocks went back


def test_it_comes_every_so_many_weeks_until_its_last_day():
    found = series(at("2026-03-02 06:00"), at("2026-03-02 08:00"), days=(1, 2), weeks=2, until=date(2026, 3, 17))
    assert local(found) == ["03-02 06:00", "03-03 06:00", "03-16 06:00", "03-17 06:00"]


def test_a_skipped_time_begins_after_the_gap_and_the_next_is_on_time_again():
    found = some(series(at("2026-03-22 02:30"), at("2026-03-22 04:30"), days=(7,)), 3)
    assert local(found) == ["03-22 02:30", "03-29 03:00", "04-05 02:30"]


def test_what_was_missed_is_passed_by_and_what_is_under_way_is_not():
    rule = rule_from(
        at("2026-03-02 22:00"), at("2026-03-03 02:00"), zone="Europe/Berlin", weeks=2, days=(1,), until=None
    )
    begun = at("2026-03-02 22:00")
    begin, end = following(rule, begun=begun, now=at("2028-03-14 01:00"))
    assert local([begin, end]) == ["03-13 22:00", "03-14 02:00"] and (begin - begun).days % 14 == 0


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
    st.integers(1, 4),
    st.sets(st.integers(1, 7), min_size=1),
    st.integers(0, 60 * 24 * 900),
    st.integers(1, 7 * 1440),
    st.integers(0, 60 * 24 * 900),
)
def test_it_always_comes_again_within_its_weeks_and_never_in_the_past(zone, weeks, days, start, length, passed):
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=start)
    rule = rule_from(begin, begin + timedelta(minutes=length), zone=zone, weeks=weeks, days=tuple(days), until=None)
    now = begin + timedelta(minutes=passed)
    found = following(rule_of(rule.kept()), begun=begin, now=now)
    assert found is not None and found[0] > begin - timedelta(hours=2) and found[1] > now
    assert found[0] <= now + timedelta(weeks=weeks + 1, days=1) and words(rule)
    assert found[0].astimezone(ZoneInfo(zone)).isoweekday() in days


@pytest.fixture
def source(db, shop):
    source = Source(name="Prometheus", kind="alertmanager", site=shop)
    source.new_token()
    source.save()
    return source


@pytest.fixture
def fire(source):
    def fire(key="k1", when=T0, host="web-1"):
        return open_or_join(source=source, reading=Reading(key=key, title="Disk full", labels={"host": host}), at=when)

    return fire


@pytest.fixture
def silence(cast, source):
    """Of the agent's, for an hour from T0 on."""
    row = Silence(reason="Known", source=source, starts_at=T0, ends_at=later(hours=1))
    return silences.make(silence=row, at=T0, actor=cast.agent)


def changed(silence, **facts):
    """The silence as it would be."""
    names = (*windows.WHAT, "starts_at", "ends_at", "repeats")
    return Silence(**{name: getattr(silence, name) for name in names} | facts)


def test_a_shorter_silence_lets_act_earlier_what_fires(cast, fire, silence):
    fire()
    windows.change(
        silence=silence, to=changed(silence, ends_at=later(minutes=20)), at=later(minutes=5), actor=cast.agent
    )
    release_due(later(minutes=5))
    assert Alert.objects.get().acts_at == later(minutes=20) and not Ticket.objects.exists()
    release_due(later(minutes=20))
    assert Ticket.objects.get().opened_at == later(minutes=20)


def test_what_it_no_longer_covers_opens_at_once_and_the_rest_stays_held(cast, fire, silence):
    fire("a")
    fire("b", host="db-1")
    to = changed(silence, labels={"host": "db-*"}, ends_at=later(hours=3))
    windows.change(silence=silence, to=to, at=later(minutes=5), actor=cast.manager)
    release_due(later(minutes=5))
    assert Ticket.objects.get().opened_at == later(minutes=5)
    assert Alert.objects.get(key="b").acts_at == later(hours=3)
    entry = AuditEntry.objects.get(action="silence changed")
    assert "labels" in str(entry.data) and "starts_at" not in str(entry.data)


@pytest.mark.parametrize(("who", "may"), [("agent", True), ("other_agent", False), ("manager", True), ("admin", True)])
def test_its_maker_and_managers_change_it(cast, as_user, silence, who, may):
    Silence.objects.update(starts_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=1))
    client, url = as_user(getattr(cast, who)), f"/settings/silences/{silence.pk}"
    assert ((f"{url}/edit" in client.get(url).content.decode()), client.get(f"{url}/edit").status_code == 200) == (
        may,
        may,
    )
    form = {"kind": "silence", "reason": "Better known", "name": "Disk*", "starts_at": "2026-01-01T00:00"}
    client.post(f"{url}/edit", form | {"ends_at": "2036-01-01T00:00"})
    silence.refresh_from_db()
    assert (silence.reason == "Better known", silence.created_by == cast.agent) == (may, True)


def test_what_is_over_stays_as_it_was(cast, silence):
    with pytest.raises(Refused, match="It is over"):
        windows.change(silence=silence, to=changed(silence), at=later(hours=2), actor=cast.agent)
    with pytest.raises(Refused, match="over already"):
        to = changed(silence, ends_at=later(minutes=1))
        windows.change(silence=silence, to=to, at=later(minutes=2), actor=cast.agent)


def test_who_sees_less_than_its_maker_answers_for_what_they_change(cast, shop, security, source, fire):
    source.team = security
    source.save()
    row = Silence(reason="All", site=shop, starts_at=T0, ends_at=later(hours=1))
    row = silences.make(silence=row, at=T0, actor=cast.admin)
    windows.change(silence=row, to=changed(row, ends_at=later(hours=9)), at=later(minutes=1), actor=cast.manager)
    row.refresh_from_db()
    assert row.created_by == cast.manager and fire()[1] is not None


@pytest.mark.django_db(transaction=True)
def test_a_change_and_an_alert_at_once_leave_nothing_held_that_is_not_covered(cast, source, fire):
    for turn in range(8):
        row = Silence(reason="Known", name="Disk*", starts_at=T0, ends_at=later(hours=1))
        row = silences.make(silence=row, at=T0, actor=cast.agent)
        ready = Barrier(2)

        def narrow(row=row, ready=ready):
            ready.wait()
            windows.change(silence=row, to=changed(row, name="Else"), at=later(minutes=1), actor=cast.agent)
            connection.close()

        def come(turn=turn, ready=ready):
            ready.wait()
            with transaction.atomic():
                fire(f"k{turn}", later(minutes=1))
            connection.close()

        threads = [Thread(target=narrow), Thread(target=come)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        release_due(later(minutes=1))
        assert Alert.objects.get(key=f"k{turn}").ticket is not None
        Silence.objects.all().delete()


WEEKLY = {"zone": "Europe/Berlin", "weeks": 1, "days": (1,), "until": None}


@pytest.fixture
def weekly(cast, source):
    """Mondays from T0's hour on for an hour."""
    rule = rule_from(T0, later(hours=1), **WEEKLY | {"days": (T0.astimezone(BERLIN).isoweekday(),)})
    row = Silence(reason="Patch night", source=source, starts_at=T0, ends_at=later(hours=1), repeats=rule.kept())
    return silences.make(silence=row, at=later(days=-1), actor=cast.agent)


def test_a_window_makes_the_next_one_when_it_begins_and_no_more(weekly, cast, fire):
    assert windows.recur_due(later(minutes=-1)) == 0
    assert [windows.recur_due(later(minutes=1)) for _ in range(3)] == [1, 0, 0]
    old, new = Silence.objects.order_by("starts_at")
    assert (new.starts_at, new.ends_at, new.reason, new.created_by) == (
        later(days=7), later(days=7, hours=1), "Patch night", cast.agent,
    )  # fmt: skip
    assert (old.recurs_at, new.recurs_at) == (None, later(days=7))
    assert fire(when=later(days=7, minutes=5))[1] is None and fire("k2", later(days=6))[1] is not None


def test_ending_one_leaves_the_series_and_stopping_ends_it(weekly, cast):
    silences.end(silence=weekly, at=later(minutes=-30), actor=cast.agent)
    windows.recur_due(later(minutes=1))
    newest = Silence.objects.order_by("starts_at").last()
    assert newest.starts_at == later(days=7)
    assert windows.stop_repeating(silence=newest, at=later(days=1), actor=cast.agent)
    assert windows.recur_due(later(days=30)) == 0 and Silence.objects.count() == 2


def test_after_a_long_stop_only_what_is_not_over_is_made(weekly):
    windows.recur_due(later(days=30))
    assert [row.starts_at for row in Silence.objects.order_by("starts_at")] == [T0, later(days=35, hours=-1)]


def test_a_series_ends_on_its_last_day(weekly):
    Silence.objects.update(repeats=weekly.repeats | {"until": later(days=8).date().isoformat()})
    for day in range(30):
        windows.recur_due(later(days=day))
    assert Silence.objects.count() == 2 and not Silence.objects.filter(recurs_at__isnull=False).exists()


def test_an_older_one_of_a_series_changes_by_itself(weekly, cast, as_user):
    windows.recur_due(later(minutes=1))
    weekly.refresh_from_db()
    to = changed(weekly, ends_at=later(hours=2), repeats=None)
    windows.change(silence=weekly, to=to, at=later(minutes=2), actor=cast.agent)
    assert Silence.objects.filter(recurs_at=later(days=7), repeats__isnull=False).count() == 1
    weekly.refresh_from_db()
    assert weekly.ends_at == later(hours=2) and weekly.repeats is not None


FORM = {"kind": "maintenance", "reason": "Patches", "name": "Disk*", "starts_at": "2031-01-06T22:00"}
FORM |= {"ends_at": "2031-01-06T23:00", "every": "2", "zone": "Europe/Berlin"}


def test_the_form_makes_and_shows_a_series(db, cast, as_user):
    client = as_user(cast.agent)
    client.post("/settings/silences/new", FORM | {"days": ["1", "4"], "until": "2031-03-01"})
    row = Silence.objects.get()
    assert rule_of(row.repeats).days == (1, 4) and row.recurs_at == row.starts_at
    page = client.get(f"/settings/silences/{row.pk}").content.decode()
    assert "every 2 weeks on Mon, Thu at" in page and "Stop repeating" in page
    assert "Repeats" in client.get("/settings/silences/").content.decode()
    edit = client.get(f"/settings/silences/{row.pk}/edit").content.decode()
    assert 'value="2031-03-01"' in edit and 'value="2" selected' in edit
    client.post(f"/settings/silences/{row.pk}/repeats")
    assert "Stop repeating" not in client.get(f"/settings/silences/{row.pk}").content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"days": ["3"]}, "It begins on a"),
        ({"ends_at": "2031-01-20T23:00"}, "a week at most"),
        ({"until": "2031-01-01"}, "before it begins"),
        ({"every": "9"}, "id_every_error"),
        ({"zone": "Mars/Base"}, "id_zone_error"),
    ],
)
def test_the_form_says_what_is_wrong(db, cast, as_user, change, said):
    answer = as_user(cast.agent).post("/settings/silences/new", FORM | change)
    assert answer.status_code == 422 and said in answer.content.decode()


def test_one_of_many_alerts_is_silenced_by_one_click(cast, as_user, source, fire):
    source.group_by = "site"
    source.save()
    now = timezone.now()
    ticket = fire("a", now)[1]
    fire("b", now, host="db-1")
    client = as_user(cast.agent)
    assert f"/tickets/{ticket.pk}/alerts" in client.get(f"/tickets/{ticket.pk}").content.decode()
    page = client.get(f"/tickets/{ticket.pk}/alerts").content.decode()
    alert = Alert.objects.get(key="b")
    assert page.count("Disk full</th>") + page.count("<small>") >= 2 and f"/alerts/{alert.pk}/silences" in page
    client.post(f"/tickets/{ticket.pk}/alerts/{alert.pk}/silences", {"hours": "4"})
    made = Silence.objects.get()
    assert (made.labels, made.name, made.ticket) == ({"host": "db-1"}, "Disk full", ticket)
    assert client.post(f"/tickets/{ticket.pk}/alerts/999999/silences").status_code == 404


def test_the_list_of_alerts_takes_a_fixed_number_of_queries(cast, as_user, source, fire, django_assert_max_num_queries):
    source.group_by = "site"
    source.save()
    ticket = [fire(f"k{number}")[1] for number in range(20)][0]
    client = as_user(cast.agent)
    with django_assert_max_num_queries(10):
        client.get(f"/tickets/{ticket.pk}/alerts")


def test_rules_read_back_as_they_were_kept():
    rule = Rule(zone="UTC", time="22:00", minutes=60, weeks=1, days=(1, 7), until="2031-01-01")
    assert rule_of(rule.kept()) == rule
