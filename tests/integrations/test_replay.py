"""Replay before save: the model does what real intake does, and says what a change would have done."""

import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Min
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from integrations import inbound, recovery
from integrations.episodes import flapping, silences
from integrations.episodes.work import open_or_join, release_due
from integrations.models import Alert, Door, Inbound, Mail, Recovery, Silence, Source
from integrations.reading import Reading
from integrations.replay.compare import compare
from integrations.replay.desk import Desk
from tests import make
from tests.make import T0, later
from tickets.models import RoutingRule, Ticket, rules_in_force

STEP = st.tuples(
    st.sampled_from(["firing", "firing", "firing", "resolved", "resolved", "acknowledged"]),
    st.sampled_from(["k1", "k2", "k3"]),
    st.sampled_from([0.5, 1, 3, 8, 25, 70]),  # minutes since the one before
    st.sampled_from(["", "warning", "critical"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from([None, None, 0, -5]),  # the sender's clock, minutes from ours
)


def sweep(until):
    """What falls due until then, each at its instant."""
    while True:
        waits = Recovery.objects.aggregate(verifies=Min("verifies_at"), calm=Min("calm_at"))
        waits |= Alert.objects.aggregate(acts=Min("acts_at"))
        due = min((at for at in waits.values() if at), default=None)
        if due is None or due > until:
            return
        for one in (flapping.calm_due, recovery.verify_due, release_due):
            one(due)


class ModelTests(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.lists(STEP, min_size=1, max_size=14),
        st.sampled_from(["", "site", "cluster", "site, cluster"]),
        st.sampled_from([0, 3, 4]),
        st.booleans(),
    )
    def test_the_model_makes_the_tickets_that_real_intake_makes(self, steps, group_by, flips, silenced):
        team = make.team("Front-end")
        source = Source(
            name="Prometheus", kind="generic", site=make.site("Shop", team), group_by=group_by, flap_flips=flips,
            quiet_minutes=10, severities="Loud* = info",
        )  # fmt: skip
        source.new_token()
        source.save()
        if silenced:
            admin = make.person("Root", "admin")
            one = Silence(reason="Known", labels={"cluster": "b"}, starts_at=T0, ends_at=later(minutes=40))
            silences.make(silence=one, at=T0, actor=admin)
        desk = Desk(source, rules_in_force(), list(Silence.objects.all()))
        at = T0
        for status, key, minutes, severity, cluster, clock in steps:
            at += timedelta(minutes=minutes)
            sweep(at)
            reading = Reading(
                key=key, status=status, severity=severity or None, title=f"Loud {key}" if key == "k3" else key,
                labels={"cluster": cluster}, source_time=None if clock is None else at + timedelta(minutes=clock),
            )  # fmt: skip
            with transaction.atomic():
                said, ticket = open_or_join(source=source, reading=reading, at=at)
            outcome, ghost = desk.hear(reading, at)
            assert (ticket is None) == (ghost is None), (said, outcome)
        sweep(at + timedelta(hours=3))
        desk.pass_time(at + timedelta(hours=3))
        real = [(t.team_id, t.severity, t.status == "closed", t.alerts.count()) for t in Ticket.objects.order_by("pk")]
        modelled = [
            (one.placed.team, one.severity, one.status == "closed", len(one.alerts)) for one in desk.tickets
        ]  # fmt: skip
        assert real == modelled


@pytest.fixture
def source(shop):
    source = Source(name="Watcher", kind="generic", site=shop)
    source.new_token()
    source.save()
    return source


@pytest.fixture
def came(source, db):
    """came({"key": …}, minutes=3) → a body stored so long after ten days ago, not interpreted yet."""
    start = timezone.now() - timedelta(days=10)

    def store(body, *, minutes=0.0, to=source, **fields):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return inbound.store(door=Door.ALERT, raw=raw, at=start + timedelta(minutes=minutes), source=to, **fields)

    return store


@pytest.fixture
def storm(came):
    """Twelve alerts of six hosts in two racks, within an hour, of which half recover."""
    for number in range(12):
        labels = {"host": f"web-{number % 6}", "rack": f"r{number % 2}"}
        came(
            {"key": f"k{number}", "title": f"Disk of {labels['host']}", "labels": labels, "prio": number % 3},
            minutes=number,
        )
    for number in range(6):
        came({"key": f"k{number}", "status": "resolved"}, minutes=40 + number)


@pytest.fixture
def tried(source, cast):
    """tried(group_by=…) → what the last days would have been under the changed source."""

    def compared(user=cast.manager, **changes):
        draft = Source.objects.get(pk=source.pk)
        for name, value in changes.items():
            setattr(draft, name, value)
        return compare([(Source.objects.get(pk=source.pk), draft)], at=timezone.now(), user=user)

    return compared


def intake():
    """Interpret all that is stored, as the worker does."""
    while claimed := inbound.claim(timezone.now(), batch=50):
        inbound.interpret_all(claimed, now=timezone.now())


def test_nothing_differs_under_unchanged_settings_and_nothing_is_written(storm, tried, came):
    came(b"no json", minutes=90)
    before = Inbound.objects.count()
    verdict = tried()
    assert (verdict.bodies, verdict.unread, verdict.is_part) == (19, (1, 1), False)
    assert (verdict.tickets, verdict.alerts) == ((12, 12), (12, 12))
    assert (verdict.differing, verdict.elsewhere, verdict.otherwise, verdict.examples) == (0, 0, 0, [])
    assert all(old == new for _, old, new in verdict.outcomes)
    assert (Inbound.objects.count(), Alert.objects.count(), Ticket.objects.count()) == (before, 0, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"group_by": "rack"}, {"group_by": "site", "group_minutes": 5}, {"group_by": "host"},
        {"severities": "Disk* = P1"},
        {"mapping": {"key": "labels.host"}},
        {"mapping": {"severity": "prio", "severity_map": {"1": "critical", "2": "info"}}},
        {"mapping": {"title": "nothing", "key": "nothing", "status": "nothing"}},
    ],
)  # fmt: skip
def test_what_it_said_is_what_real_intake_does_once_it_is_saved(changes, storm, tried, source, cast):
    verdict = tried(**changes)
    assert verdict.differing
    Source.objects.filter(pk=source.pk).update(**changes)
    intake()
    assert Ticket.objects.count() == verdict.tickets[1]
    assert Alert.objects.filter(count__gt=0).count() == verdict.alerts[1]
    assert Inbound.objects.filter(state="failed").count() == verdict.unread[1]
    again = tried()
    assert again.tickets == (verdict.tickets[1], verdict.tickets[1]) and not again.differing


def test_a_mapping_says_which_bodies_it_cannot_read_any_longer(storm, tried):
    verdict = tried(mapping={"alerts": "items"})
    assert (verdict.unread, verdict.tickets) == ((0, 18), (12, 0))
    assert "cannot be read" in verdict.examples[0].after


def test_it_says_where_alerts_would_land_instead(storm, tried, back, shop):
    verdict = tried(team=back, severity=1, site=None)
    assert verdict.elsewhere == 12
    assert verdict.examples[0].before == "opens a ticket: Front-end · P3 · Shop"
    assert verdict.examples[0].after == "opens a ticket: Back-end · P1"
    assert verdict.examples[0].moves and verdict.examples[0].title == "Disk of web-5"


def test_quiet_and_flapping_minutes_are_tried_too(came, tried):
    for number in range(8):
        came({"key": "k", "status": "firing" if number % 2 == 0 else "resolved"}, minutes=20 * number)
    assert tried(quiet_minutes=30).tickets == (4, 1)
    assert tried(flap_flips=3, flap_minutes=120).tickets == (4, 2)


def test_a_routing_rule_is_tried_on_the_alerts_of_all_sources(storm, came, cast, as_user, back, shop, source):
    other = Source(name="Other", kind="generic", site=shop)
    other.new_token()
    other.save()
    came({"key": "o", "title": "Disk of old-1"}, to=other, minutes=70)
    form = {"name": "Disks", "is_active": "on", "team": back.pk, "if_text_0": "disk of", "if_channel": "alert"}
    page = as_user(cast.manager).post("/settings/rules/trial/alerts", form).content.decode()
    assert "13 alerts would land elsewhere" in page and "Back-end · P3 · Shop" in page
    assert not RoutingRule.objects.exists()
    as_user(cast.manager).post("/settings/rules/new", form)
    intake()
    assert {ticket.team for ticket in Ticket.objects.all()} == {back}


def test_what_came_for_a_restricted_team_is_not_shown_to_others(storm, tried, source, security, cast):
    Source.objects.filter(pk=source.pk).update(team=security, site=None)
    intake()
    assert tried(user=cast.manager, severity=1).examples == []
    assert tried(user=cast.admin, severity=1).examples


def test_what_is_paused_tests_and_older_is_left_out(came, tried, source):
    came({"key": "t"}, is_test=True)
    came({"key": "old"}, minutes=-60 * 24 * 81)
    Source.objects.filter(pk=source.pk).update(is_active=False)
    source.refresh_from_db()
    came({"key": "p"}, to=source)
    assert tried().bodies == 0


def test_mail_that_was_an_alert_is_read_as_mail(came, tried, source):
    Source.objects.filter(pk=source.pk).update(kind="email")
    for number, outcome in enumerate(("alert", "dropped")):
        raw = f"From: backup@machines.example\nSubject: PROBLEM: Disk {number} is full\n\nLook.".encode()
        row = inbound.store(door=Door.MAIL, raw=raw, at=timezone.now(), source=source)
        Mail.objects.create(inbound=row, received_at=row.received_at, outcome=outcome)
    verdict = tried(severity=1)
    assert (verdict.bodies, verdict.elsewhere) == (1, 1)
    assert "Disk 0 is full" in verdict.examples[0].title


def test_it_ends_in_time_newest_first_and_says_how_far_it_came(storm, source, cast):
    one = Source.objects.get(pk=source.pk)
    verdict = compare([(one, one)], at=timezone.now(), user=cast.manager, seconds=0)
    assert verdict.is_part and verdict.bodies == 1
    assert verdict.back_to == Inbound.objects.order_by("-pk")[0].received_at


def test_the_pages_show_it_and_save_nothing(storm, source, cast, as_user):
    client = as_user(cast.manager)
    noise = {"group_by": "rack", "group_minutes": 30, "flap_flips": 6, "flap_minutes": 30}
    page = client.post(f"/settings/sources/{source.pk}/noise/replay", noise).content.decode()
    assert "12 → 2" in page and "joins its group" in page and 'value="rack"' in page
    form = {
        "name": "Watcher",
        "kind": "generic",
        "severity": 1,
        "quiet_minutes": 15,
        "mapping": "{}",
        "site": source.site_id,
    }
    page = client.post(f"/settings/sources/{source.pk}/replay", form).content.decode()
    assert "12 alerts would land elsewhere" in page and "/intake/" in page
    source.refresh_from_db()
    assert (source.group_by, source.severity) == ("", 3)
    same = client.post(f"/settings/sources/{source.pk}/replay", form | {"severity": 3}).content.decode()
    assert "Nothing would have been otherwise" in same
    for path, wrong in (("noise/replay", noise | {"group_minutes": 0}), ("replay", form | {"mapping": '{"key": "["}'})):
        assert client.post(f"/settings/sources/{source.pk}/{path}", wrong).status_code == 422


def test_it_takes_a_fixed_number_of_queries(came, tried, django_assert_max_num_queries):
    for number in range(60):
        came({"key": f"k{number}"}, minutes=number)
    with django_assert_max_num_queries(16):
        tried(severity=1)
