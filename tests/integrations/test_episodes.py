"""Alerts together and over time: groups, flapping, silences, silent sources."""

from datetime import timedelta

import pytest

from integrations import inbound, recovery
from integrations.episodes import flapping, groups, silences, silent
from integrations.episodes.work import open_or_join, release_due
from integrations.models import Alert, AlertGroup, Door, Silence, Source
from integrations.reading import Reading
from tests.make import T0, later
from tickets.models import Event, Kind, Ticket
from tickets.sentences import sentence
from tickets.states import Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(shop):
    """A monitor of the shop that groups by cluster."""
    source = Source(name="Prometheus", kind="alertmanager", site=shop, group_by="site, cluster", flap_flips=4)
    source.new_token()
    source.save()
    return source


@pytest.fixture
def say(source):
    """say("firing", minutes=5) → (what was done, the ticket)."""

    def say(status="firing", *, minutes=0.0, key="k1", cluster="a", host="", **fields):
        labels = {"cluster": cluster, **({"host": host} if host else {})}
        title = fields.pop("title", f"Checkout of {key} is down")
        reading = Reading(key=key, status=status, title=title, labels=labels, **fields)
        return open_or_join(source=source, reading=reading, at=later(minutes=minutes))

    return say


def lines(ticket, *kinds):
    return [event for event in Event.objects.filter(ticket=ticket).order_by("id") if event.kind in kinds]


def fresh(ticket):
    return Ticket.objects.get(pk=ticket.pk)


def test_alerts_of_a_group_within_the_window_join_one_ticket_without_a_line_each(say):
    _, ticket = say(host="h0")
    for number in range(1, 40):
        assert say(key=f"k{number}x", host=f"h{number % 7}", minutes=number / 10) == ("joined its group", ticket)
    assert Ticket.objects.count() == 1 and ticket.alerts.count() == 40
    assert len(lines(ticket, Kind.ALERT_FIRED)) == 1
    assert groups.tell_due(later(minutes=2)) == 1 and groups.tell_due(later(minutes=2)) == 0
    [line] = lines(ticket, Kind.ALERT_REPEATED)
    assert "40 alerts, 7 hosts; 40 still fire" in sentence(ticket, line)


def test_a_storm_of_a_group_makes_a_line_per_quarter_of_an_hour_at_most(say):
    _, ticket = say()
    for minute in range(1, 60):
        say(key=f"k{minute}x", minutes=minute)
        groups.tell_due(later(minutes=minute))
    assert len(lines(ticket, Kind.ALERT_REPEATED)) <= 5


def test_another_group_and_a_later_window_are_other_tickets(say):
    _, ticket = say()
    assert say(key="k2", cluster="b")[1] != ticket
    assert say(key="k3", minutes=31)[0] == "opened"
    assert AlertGroup.objects.count() == 2


def test_a_group_is_resolved_with_the_last_of_its_alerts_and_counts_them(say):
    _, ticket = say(host="h1")
    say(key="k2", host="h2", minutes=1)
    say("resolved", minutes=2)
    assert fresh(ticket).is_open and not lines(ticket, Kind.ALERT_RESOLVED)
    assert say("resolved", key="k2", host="h2", minutes=3) == ("resolved", ticket)
    assert fresh(ticket).status == Status.RESOLVED
    [line] = lines(ticket, Kind.ALERT_RESOLVED)
    assert "The last of 2 alerts, 2 hosts; none fires any longer" in sentence(ticket, line)
    assert recovery.verify_due(later(minutes=20)) == 1 and fresh(ticket).status == Status.CLOSED


def test_a_new_alert_of_a_resolved_group_within_the_window_reopens_it(say):
    _, ticket = say()
    say("resolved", minutes=2)
    assert say(key="k2", minutes=5) == ("joined its group", ticket)
    assert fresh(ticket).is_open
    assert recovery.verify_due(later(hours=1)) == 0


def test_a_worse_alert_raises_its_groups_ticket(say):
    _, ticket = say(severity="warning")
    say(key="k2", severity="critical", minutes=1)
    assert fresh(ticket).severity == 1


def test_a_group_without_the_label_is_a_group_too_and_a_test_alert_is_in_none(say, source):
    _, ticket = say(cluster="")
    assert say(key="k2", cluster="")[1] == ticket
    reading = Reading(key="t", title="Try", labels={"cluster": ""})
    assert open_or_join(source=source, reading=reading, at=T0, is_test=True)[1] != ticket


def test_a_very_long_group_key_fits_and_stays_apart(say):
    assert say(cluster="x" * 900)[1] != say(key="k2", cluster="x" * 899)[1]


def flap(say, *, times, minutes=0.0, step=2.0):
    for number in range(times):
        say("firing" if number % 2 == 0 else "resolved", minutes=minutes + number * step)


def test_what_flaps_stays_open_is_marked_once_and_is_told_no_more(say):
    flap(say, times=4)
    ticket = Ticket.objects.get()
    assert ticket.is_open and ticket.tags == ["flapping"]
    before = Event.objects.count()
    flap(say, times=12, minutes=8)
    assert Event.objects.count() == before
    assert fresh(ticket).is_open and fresh(ticket).tags == ["flapping"]
    assert "flaps, 4 changes in 30 minutes" in sentence(ticket, lines(ticket, Kind.ALERT_REPEATED)[0])
    assert Ticket.objects.count() == 1


def test_one_flapping_alert_holds_the_ticket_of_its_group(say):
    say(key="k2")
    flap(say, times=4)
    ticket = Ticket.objects.get()
    assert ticket.tags == ["flapping"]
    say("resolved", key="k2", minutes=8)
    assert fresh(ticket).is_open
    flapping.calm_due(later(minutes=60))
    assert fresh(ticket).status == Status.RESOLVED


def test_a_firing_long_after_the_quiet_time_still_belongs_to_the_flapping_ticket(say, source):
    Source.objects.filter(pk=source.pk).update(quiet_minutes=1)
    source.refresh_from_db()
    flap(say, times=4, step=0.5)
    ticket = Ticket.objects.get()
    assert say(minutes=20) == ("joined", ticket)


def test_what_flapped_is_resolved_when_calm_for_the_window_and_then_verified(say):
    flap(say, times=4)
    ticket = Ticket.objects.get()
    assert flapping.calm_due(later(minutes=35)) == 0
    assert flapping.calm_due(later(minutes=37)) == 1
    ticket = fresh(ticket)
    assert (ticket.status, ticket.tags, ticket.resolved_at) == (Status.RESOLVED, [], later(minutes=36))
    assert recovery.verify_due(later(minutes=37)) == 1 and fresh(ticket).verification == "recovery"


def test_what_flapped_and_fires_on_is_only_unmarked(say):
    flap(say, times=5)
    ticket = Ticket.objects.get()
    flapping.calm_due(later(minutes=60))
    assert fresh(ticket).is_open and fresh(ticket).tags == []


def test_slow_changes_are_no_flapping(say):
    flap(say, times=8, step=12)
    assert Ticket.objects.get().tags == []


@pytest.fixture
def silence(source, cast):
    """Of cluster a, for the first hour."""
    return silences.make(
        silence=Silence(reason="Moving", labels={"cluster": "a"}, starts_at=T0, ends_at=later(hours=1)),
        at=T0,
        actor=cast.manager,
    )


def test_a_silenced_alert_is_kept_and_counted_and_opens_nothing(say, silence):
    assert say() == (silences.HELD, None) and say(minutes=1) == (silences.HELD, None)
    assert Ticket.objects.count() == 0
    alert = Alert.objects.get()
    assert (alert.silence, alert.count, alert.acts_at) == (silence, 2, later(hours=1))
    assert say(key="k2", cluster="b")[0] == "opened"


def test_what_still_fires_at_the_end_acts_then_and_what_recovered_does_not(say, silence):
    say()
    say(key="k2")
    assert say("resolved", key="k2", minutes=5)[1] is None
    assert release_due(later(minutes=59)) == 0
    assert release_due(later(minutes=61)) == 1 and release_due(later(minutes=61)) == 0
    ticket = Ticket.objects.get()
    assert ticket.opened_at == later(hours=1) and ticket.alerts.get().key == "k1"
    assert "after the silence “Moving”" in sentence(ticket, lines(ticket, Kind.ALERT_FIRED)[0])
    assert say("resolved", minutes=70) == ("resolved", ticket)


def test_ending_a_silence_lets_act_what_fires(say, silence, cast):
    say()
    assert silences.end(silence=silence, at=later(minutes=10), actor=cast.agent)
    assert not silences.end(silence=silence, at=later(minutes=11), actor=cast.agent)
    assert release_due(later(minutes=11)) == 1
    assert Ticket.objects.get().opened_at == later(minutes=10)


def test_an_alert_that_another_silence_covers_waits_for_that_one(say, silence, cast):
    say()
    longer = Silence(reason="Still", name="checkout*", starts_at=T0, ends_at=later(hours=3))
    silences.make(silence=longer, at=later(minutes=5), actor=cast.agent)
    assert release_due(later(hours=2)) == 0 and Alert.objects.get().acts_at == later(hours=3)


def test_it_joins_its_group_when_released(say, silence, cast):
    say()
    say(key="k2")
    silences.end(silence=silence, at=later(minutes=10), actor=cast.agent)
    assert release_due(later(minutes=11)) == 2 and Ticket.objects.count() == 1


def test_a_firing_within_the_quiet_time_is_held_back_by_a_silence_too(say, cast):
    _, ticket = say()
    say("resolved", minutes=5)
    again = silences.draft_for(ticket, starts_at=later(minutes=6), ends_at=later(hours=1))
    silences.make(silence=again, at=later(minutes=6), actor=cast.agent)
    assert say(minutes=7) == (silences.HELD, None)
    assert fresh(ticket).status == Status.RESOLVED


@pytest.mark.parametrize(
    ("pattern", "text", "fit"),
    [
        ("disk*", "Disk full", True), ("*full", "disk full", True), ("d*k*l", "disk full", True),
        ("disk", "disk full", False), ("*", "", True), ("a*a", "a", False), ("*a*b*", "xxbyya", False),
        ("*" * 200 + "b", "a" * 250, False),
    ],
)  # fmt: skip
def test_patterns_fit_the_whole_text(pattern, text, fit):
    assert silences.fits(pattern, text) is fit


def test_a_ticket_is_silenced_by_what_its_alerts_share(say, source):
    _, ticket = say(host="h1")
    say(key="k2", host="h1", minutes=1)
    draft = silences.draft_for(ticket, starts_at=T0, ends_at=later(hours=1))
    assert (draft.source, draft.labels, draft.name) == (source, {"host": "h1"}, "")
    say(key="k3", host="h3", minutes=1)
    draft = silences.draft_for(ticket, starts_at=T0, ends_at=later(hours=1))
    assert (draft.labels, draft.site) == ({}, ticket.site)


@pytest.fixture
def watched(source):
    """It should speak every ten minutes."""
    source.expected_minutes, source.silent_at = 10, later(minutes=10)
    source.save()
    return source


def heard(source, minutes):
    inbound.store(door=Door.ALERT, raw=b"{}", at=later(minutes=minutes), source=source)


def test_a_source_that_is_silent_for_too_long_is_an_alert_once_until_it_speaks(watched):
    heard(watched, 5)
    assert silent.look_due(later(minutes=11)) == 0
    assert silent.look_due(later(minutes=15)) == 1
    for seconds in range(5, 60, 5):
        silent.look_due(later(minutes=15, seconds=seconds))
    ticket = Ticket.objects.get()
    assert ticket.subject == "Prometheus is silent" and Alert.objects.get().count == 1
    heard(watched, 17)
    assert silent.look_due(later(minutes=18)) == 1
    assert fresh(ticket).status == Status.RESOLVED
    assert recovery.verify_due(later(minutes=18) + timedelta(minutes=15)) == 1


def test_it_notices_a_source_that_never_spoke_but_not_one_that_is_paused(watched):
    Source.objects.update(is_active=False)
    assert silent.look_due(later(minutes=10)) == 0
    Source.objects.update(is_active=True)
    assert silent.look_due(later(minutes=20)) == 1


def test_a_source_that_may_be_silent_again_is_no_alert_any_longer(watched):
    silent.look_due(later(minutes=10))
    Source.objects.update(expected_minutes=None)
    assert silent.look_due(later(minutes=11)) == 1
    assert Ticket.objects.get().status == Status.RESOLVED and Source.objects.get().silent_at is None
