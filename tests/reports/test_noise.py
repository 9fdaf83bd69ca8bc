"""The noise report, against figures worked out by hand; and what it suggests, as properties."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.episodes import silences
from integrations.episodes.work import open_or_join
from integrations.models import Silence, Source
from integrations.reading import Reading
from reports import noise
from reports.measures import Period
from reports.noise_rules import (
    ENOUGH,
    QUIET,
    QUIET_STEPS,
    SEVERITY,
    SILENCE,
    WINDOW,
    WINDOW_STEPS,
    Facts,
    suggestions,
)
from tickets.actions import assignment, conversation, progress
from tickets.events import record, working_on
from tickets.models import Kind

MINUTE = 60


@pytest.fixture
def now(db):
    return timezone.now()


@pytest.fixture
def source(shop):
    source = Source(name="Prometheus", kind="alertmanager", site=shop, group_by="cluster", quiet_minutes=5)
    source.new_token()
    source.save()
    return source


@pytest.fixture
def say(source, now):
    """say("firing", hours=1) → the ticket of an alert named DiskFull, so long after five days ago."""

    def say(status="firing", *, hours=0.0, key="k1", name="DiskFull", cluster="a", of=source, **fields):
        labels = {"cluster": cluster} | ({"alertname": name} if name else {})
        reading = Reading(key=key, status=status, labels=labels, **{"title": "The disk is full"} | fields)
        return open_or_join(source=of, reading=reading, at=now - timedelta(days=5) + timedelta(hours=hours))[1]

    return say


@pytest.fixture
def week(cast, now, say):
    """DiskFull, a cluster of its own each, firing for 1, 2, 3 … hours:
    one      an agent replies, resolved by recovery; fires a second time, as a repeat
    two      acknowledged and cancelled by an agent: neither acted on nor cleared
    three    recovers, nobody did anything; paged twice
    four     recovers, nobody; five joins its ticket, recovers with it
    six      is held back by a silence
    Of web-1 and web-2: one title each, no label, one name together; the second still fires."""
    at = now - timedelta(days=4)
    one = say(key="1", cluster="1")
    say(key="1", cluster="1", hours=0.5)
    conversation.reply(ticket=one, body="I look.", at=at - timedelta(hours=23.5), actor=cast.agent, via="web")
    two = say(key="2", cluster="2")
    assignment.acknowledge(ticket=two, at=at, actor=cast.agent, via="web")
    progress.cancel(ticket=two, reason="Known.", at=at, actor=cast.agent, via="web")
    three, four = say(key="3", cluster="3"), say(key="4", cluster="4")
    with working_on(three.pk, at=at) as locked:
        for _ in range(2):
            record(locked, Kind.PAGED, at=locked.now, people=["Ada"])
        record(locked, Kind.PAGED, at=locked.now, skipped="nobody is on call")
    assert say(key="5", cluster="4", hours=0.1) == four
    for hours, key in enumerate(("1", "2", "3", "4", "5"), start=1):
        say("resolved", key=key, cluster={"5": "4"}.get(key, key), hours=hours)
    for number in (1, 2):
        say(name="", title=f"CPU of web-{number} at 9{number}%", key=f"w{number}", cluster=f"w{number}", hours=30)
    say("resolved", name="", title="CPU of web-1 at 10%", key="w1", cluster="w1", hours=31)
    silence = Silence(
        reason="Known", labels={"cluster": "6"}, starts_at=now - timedelta(days=6), ends_at=now + timedelta(1)
    )
    silences.make(silence=silence, at=now, actor=cast.admin)
    assert say(key="6", cluster="6", hours=40) is None
    return Period.last(30, now)


def by_name(user, period, **more):
    return {row.name: row for row in noise.rows(user, period, **more)}


def test_it_counts_what_fired_what_it_opened_and_what_was_done(cast, week):
    disk, cpu = by_name(cast.manager, week).values()
    assert (disk.name, disk.by_label, disk.fired, disk.readings, disk.held) == ("DiskFull", True, 6, 7, 1)
    assert (disk.opened, disk.acted, disk.cleared, disk.paged) == (4, 1, 2, 2)
    assert disk.median == 3 * 3600 - 0  # of 1, 2, 3, 4 and 4.9 hours
    assert (cpu.name, cpu.by_label, cpu.fired, cpu.opened, cpu.cleared) == ("CPU of web-* at *%", False, 2, 2, 1)
    assert cpu.median == 3600


def test_what_began_before_the_period_is_not_counted(cast, now, week):
    rows = by_name(cast.manager, Period.last(4, now))
    assert {name: row.fired for name, row in rows.items()} == {"DiskFull": 1, "CPU of web-* at *%": 2}


def test_an_alert_that_joins_a_ticket_from_before_opened_none(cast, now, say):
    say(key="a")
    say(key="b", hours=0.4)
    [row] = noise.rows(cast.manager, Period(1, now - timedelta(days=5) + timedelta(hours=0.2), now))
    assert (row.fired, row.opened) == (1, 0)


@pytest.mark.parametrize(
    ("sort", "first"), [("name", "CPU of web-* at *%"), ("median", "DiskFull"), ("fired", "DiskFull")]
)
def test_it_is_sorted_as_asked(sort, first, cast, week):
    assert noise.rows(cast.manager, week, sort=sort)[0].name == first


def test_each_number_leads_to_its_alerts(cast, week, as_user, source):
    client = as_user(cast.manager)
    page = client.get("/dashboard/noise").content.decode()
    assert f"/dashboard/noise/alerts?source={source.pk}&amp;name=DiskFull&amp;of=acted&amp;days=30" in page
    for of, count in (("fired", 6), ("held", 1), ("opened", 4), ("acted", 1), ("cleared", 2), ("paged", 1)):
        found = noise.alerts(cast.manager, week, source=source.pk, name="DiskFull", of=of)
        assert len(found) == count, of
    html = client.get("/dashboard/noise/alerts", {"source": source.pk, "name": "CPU of web-* at *%", "of": "fired"})
    assert "CPU of web-1 at 10%" not in html.content.decode() and "CPU of web-2 at 92%" in html.content.decode()
    for query in ({}, {"source": "x", "name": "DiskFull"}, {"source": source.pk, "name": "Other", "of": "all"}):
        assert "No alert" in client.get("/dashboard/noise/alerts", query).content.decode()


def test_alerts_of_a_restricted_team_count_for_its_people_only(cast, security, week, source, as_user):
    source.team = security
    source.site = None
    source.save()
    reading = Reading(key="s", title="Secret door", labels={"alertname": "Intrusion"})
    open_or_join(source=source, reading=reading, at=week.end - timedelta(hours=1))
    assert "Intrusion" in by_name(cast.admin, week) and "Intrusion" not in by_name(cast.manager, week)
    given = {"source": source.pk, "name": "Intrusion", "of": "fired"}
    assert "Secret door" not in as_user(cast.manager).get("/dashboard/noise/alerts", given).content.decode()


def test_the_file_says_the_same(cast, week, as_user):
    text = b"".join(as_user(cast.manager).get("/dashboard/noise.csv").streaming_content).decode()
    assert "Prometheus,DiskFull,6,7,1,4,1,2,2,10800" in text


def test_an_empty_desk_says_so(cast, as_user):
    assert "No alert in this period" in as_user(cast.manager).get("/dashboard/noise").content.decode()


def test_it_asks_as_often_for_many_names_as_for_one(cast, week, say, as_user, django_assert_max_num_queries):
    for number in range(30):
        say(name=f"Name{chr(65 + number)}", key=f"n{number}", cluster=f"n{number}", hours=50)
    client = as_user(cast.manager)
    with django_assert_max_num_queries(11):
        client.get("/dashboard/noise")


def test_what_only_cleared_by_itself_is_suggested_to_be_silenced_with_one_click(cast, say, as_user, source):
    for number in range(ENOUGH):
        say(key=f"n{number}", cluster=f"n{number}", hours=number)
        say("resolved", key=f"n{number}", cluster=f"n{number}", hours=number + 0.5)
    client = as_user(cast.manager)
    page = client.get("/dashboard/noise").content.decode()
    assert "Silence for 7 days" in page and "All 5 tickets cleared by themselves" in page
    client.post(
        f"/settings/sources/{source.pk}/tuning", {"change": "silence", "to": "7", "name": "DiskFull", "by_label": "1"}
    )
    assert Silence.objects.get().labels == {"alertname": "DiskFull"}
    assert "Silence for 7 days" not in client.get("/dashboard/noise").content.decode()


def test_what_comes_back_and_what_misses_its_group_are_seen(cast, say):
    for number in range(ENOUGH + 1):
        say(hours=number, key="a")
        say("resolved", hours=number + 0.8, key="a")
    [row] = noise.rows(cast.manager, Period.last(30, timezone.now()))
    assert (row.again, round(row.pause / MINUTE)) == (5, 12) and (row.near, round(row.gap / MINUTE)) == (5, 60)
    assert {one.change: one.to for one in suggestions(row.facts(is_silenced=False))} == {
        SILENCE: "7", QUIET: "15", WINDOW: "60",
    }  # fmt: skip


def test_assigning_it_is_acting(cast, say, now):
    ticket = say()
    assignment.assign(ticket=ticket, to=cast.agent, at=now, actor=cast.agent, via="web")
    [row] = noise.rows(cast.manager, Period.last(30, now))
    assert (row.opened, row.acted, row.cleared) == (1, 1, 0)


PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
COUNTS = st.integers(0, 60)
FACTS = st.builds(
    Facts, opened=COUNTS, acted=COUNTS, cleared=COUNTS, fired=COUNTS, paged=COUNTS, severity=st.integers(1, 4),
    again=COUNTS, pause=st.none() | st.floats(0, 7200), near=COUNTS, gap=st.none() | st.floats(0, 14400),
    quiet_minutes=st.integers(1, 200), group_minutes=st.integers(1, 1440), is_telling=st.booleans(),
    is_silenced=st.booleans(),
)  # fmt: skip


@PATIENT
@given(FACTS)
def test_nothing_is_suggested_about_a_name_on_which_people_act(facts):
    changes = [one.change for one in suggestions(facts)]
    if facts.acted * 10 > facts.opened or facts.opened < ENOUGH or facts.is_silenced or not facts.is_telling:
        assert SILENCE not in changes and SEVERITY not in changes
    assert len(changes) == len(set(changes))


@PATIENT
@given(FACTS)
def test_a_critical_name_is_never_silenced_and_a_severity_falls_by_one_step(facts):
    changes = {one.change: one.to for one in suggestions(facts)}
    if SILENCE in changes:
        assert facts.severity > 1 and facts.acted == 0 and facts.cleared == facts.opened
    if SEVERITY in changes:
        assert changes[SEVERITY] == {1: "error", 2: "warning"}[facts.severity]


@PATIENT
@given(FACTS)
def test_a_window_only_grows_by_a_step_that_would_have_helped(facts):
    changes = {one.change: int(one.to) for one in suggestions(facts) if one.change in (QUIET, WINDOW)}
    for change, steps, now, needed in (
        (QUIET, QUIET_STEPS, facts.quiet_minutes, facts.pause), (WINDOW, WINDOW_STEPS, facts.group_minutes, facts.gap),
    ):  # fmt: skip
        if change in changes:
            assert changes[change] in steps and changes[change] > now and changes[change] * MINUTE >= needed
