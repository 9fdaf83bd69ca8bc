"""Alerts: what a monitoring tool says becomes of tickets."""

import pytest

from integrations import inbound, recovery
from integrations.episodes.work import open_or_join
from integrations.models import Alert, Door, Source, State
from integrations.reading import Reading
from integrations.sources import KINDS
from tests import make
from tests.make import T0, later
from tickets.actions import conversation, merging, progress
from tickets.models import Event, Kind, Ticket
from tickets.states import Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(shop):
    """An Alertmanager that watches the shop."""
    source = Source(name="Prometheus", kind="alertmanager", site=shop)
    source.new_token()
    source.save()
    return source


@pytest.fixture
def say(source):
    """say("firing", minutes=5) → (what was done, the ticket)."""

    def say(status="firing", *, minutes=0, key="k1", at=None, **fields):
        reading = Reading(key=key, status=status, title=fields.pop("title", "Checkout is down"), **fields)
        return open_or_join(source=source, reading=reading, at=at or later(minutes=minutes))

    return say


def kinds(ticket):
    return list(Event.objects.filter(ticket=ticket).order_by("id").values_list("kind", flat=True))


def test_a_firing_alert_opens_a_routed_ticket_with_its_severity(say, shop):
    outcome, ticket = say(severity="critical", labels={"pod": "web-1"}, description="7 % fail")
    assert (outcome, ticket.severity, ticket.channel, ticket.site) == ("opened", 1, "alert", shop)
    assert ticket.team == shop.fallback_team and kinds(ticket) == [Kind.OPENED, Kind.PLACED, Kind.ALERT_FIRED]
    assert "pod: web-1" in ticket.messages.get().body


@pytest.mark.parametrize(("said", "severity"), [("critical", 1), ("error", 2), ("warning", 3), ("info", 4), (None, 2)])
def test_it_takes_the_alerts_severity_else_the_sources(say, source, said, severity):
    source.severity = 2
    assert say(severity=said)[1].severity == severity


def test_repeats_are_counted_and_told_once_in_a_while(say):
    _, ticket = say()
    for minute in range(1, 41):
        assert say(minutes=minute) == ("repeated", ticket)
    alert = Alert.objects.get()
    assert (alert.count, alert.last_seen_at) == (41, later(minutes=40))
    assert kinds(ticket).count(Kind.ALERT_REPEATED) == 2 and Ticket.objects.count() == 1


def test_another_key_is_another_ticket(say):
    assert say()[1] != say(key="k2")[1]


def test_alerts_without_a_key_are_each_their_own(say):
    assert say(key="")[1] != say(key="")[1]


def test_recovery_resolves_and_quiet_verifies_and_closes(say):
    _, ticket = say()
    assert say("resolved", minutes=10) == ("resolved", ticket)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolution, ticket.resolved_at) == (Status.RESOLVED, "recovered", later(minutes=10))
    assert recovery.verify_due(later(minutes=24)) == 0
    assert recovery.verify_due(later(minutes=30)) == 1
    ticket.refresh_from_db()
    assert (ticket.status, ticket.verification, ticket.closed_at) == (Status.CLOSED, "recovery", later(minutes=25))


def test_firing_again_within_the_quiet_time_reopens_the_same_ticket(say):
    _, ticket = say()
    say("resolved", minutes=10)
    assert say(minutes=20) == ("reopened", ticket)
    ticket.refresh_from_db()
    assert ticket.status == Status.DIAGNOSING and Alert.objects.get().flips == 1
    assert recovery.verify_due(later(hours=2)) == 0


def test_firing_again_after_the_quiet_time_is_new(say):
    _, ticket = say()
    say("resolved", minutes=10)
    recovery.verify_due(later(minutes=30))
    outcome, fresh = say(minutes=31)
    assert outcome == "opened" and fresh != ticket


def test_a_resolve_for_an_unknown_key_opens_nothing(say):
    assert say("resolved")[1] is None
    assert Ticket.objects.count() == 0


def test_a_firing_received_before_the_recorded_resolve_changes_nothing(say):
    say("resolved", minutes=2)
    assert say("firing", minutes=1)[1] is None
    _, ticket = say(minutes=30)
    say("resolved", minutes=40)
    assert say("firing", minutes=39)[1] is None
    ticket.refresh_from_db()
    assert ticket.status == Status.RESOLVED


def test_a_firing_overtaken_by_its_resolve_changes_nothing_but_counts_later(say):
    say("resolved", minutes=2, source_time=later(minutes=1))
    assert say("firing", minutes=3, source_time=T0)[1] is None
    assert say("firing", minutes=9, source_time=T0)[0] == "opened"


def test_a_resolve_older_than_the_last_firing_changes_nothing(say):
    _, ticket = say(minutes=5, source_time=later(minutes=4))
    say("resolved", minutes=6, source_time=later(minutes=1))
    say("resolved", minutes=3)
    ticket.refresh_from_db()
    assert ticket.status == Status.NEW


def test_it_asks_the_agent_when_one_has_written_to_the_requester(say, cast):
    _, ticket = say()
    Ticket.objects.filter(pk=ticket.pk).update(requester=cast.customer)
    conversation.reply(ticket=ticket, body="We are on it.", at=later(minutes=5), actor=cast.agent, via="web")
    say("resolved", minutes=10)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.needs_reply) == (Status.WAITING, True)
    assert Event.objects.get(ticket=ticket, kind=Kind.ALERT_RESOLVED).data["asks"] is True


def test_a_ticket_of_two_alerts_is_resolved_with_the_last_of_them(say, cast):
    _, one = say()
    _, two = say(key="k2")
    merging.merge(source=two, target=one, at=later(minutes=1), actor=cast.agent, via="web")
    say("resolved", minutes=5)
    one.refresh_from_db()
    assert one.is_open
    assert say("resolved", minutes=6, key="k2") == ("resolved", one)
    one.refresh_from_db()
    assert one.status == Status.RESOLVED


def test_what_an_agent_resolved_and_still_fires_after_the_quiet_time_reopens(say, cast):
    _, ticket = say()
    progress.resolve(ticket=ticket, code="fixed", text="Restarted.", at=later(minutes=5), actor=cast.agent, via="web")
    say(minutes=6)
    ticket.refresh_from_db()
    assert ticket.status == Status.RESOLVED
    say(minutes=30)
    ticket.refresh_from_db()
    assert ticket.status == Status.DIAGNOSING


def test_recovery_verifies_what_an_agent_resolved(say, cast):
    _, ticket = say()
    progress.resolve(ticket=ticket, code="fixed", text="Restarted.", at=later(minutes=5), actor=cast.agent, via="web")
    say("resolved", minutes=6)
    recovery.verify_due(later(minutes=30))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolution, ticket.verification) == (Status.CLOSED, "fixed", "recovery")


def test_a_worse_severity_raises_the_tickets(say):
    _, ticket = say(severity="warning")
    say(minutes=1, severity="critical")
    ticket.refresh_from_db()
    assert ticket.severity == 1


@pytest.mark.parametrize("status", ["suppressed", "maintenance", "pending", "no_data", "update", "ignored"])
def test_statuses_that_change_nothing_are_only_recorded(say, status):
    assert say(status)[1] is None and Alert.objects.count() == 0


def test_labels_name_the_site_and_component(say, front):
    other = make.site("Blog", front)
    part = make.component(other, "Comments")
    _, ticket = say(labels={"site": "blog", "component": "Comments"})
    assert (ticket.site, ticket.component) == (other, part)


def test_nothing_of_an_alert_is_markup(say):
    hostile = "# Big\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>\n- *b* __c__ a_b\n=====\n1. x"
    _, ticket = say(labels={"<b>": "`x` **y**"}, description=hostile)
    html = ticket.messages.get().safe_html
    for tag in ("<h", "<img", "<strong", "<em", 'javascript:alert(1)"', "<code", "<ol"):
        assert tag not in html.replace("<hr", "")
    assert "a_b" in ticket.messages.get().body


def test_a_body_is_worked_alert_by_alert_exactly_once_however_often_it_is_begun(source):
    raw = KINDS["alertmanager"].payloads["one_of_two_resolved"]
    row = inbound.store(door=Door.ALERT, raw=raw, at=T0, source=source)
    [claimed] = inbound.claim(T0, batch=5)
    assert inbound.claim(T0, batch=5) == []
    again = type(row).objects.get(pk=row.pk)
    inbound.interpret(claimed, now=T0)
    inbound.interpret(again, now=T0)
    row.refresh_from_db()
    assert (row.state, row.taken, row.ticket.alerts.get().count) == (State.DONE, 2, 1)
    assert [line["outcome"] for line in row.outcomes] == ["opened", "no alert with this key was open"]


def test_what_cannot_be_read_is_kept_with_its_reason_and_can_be_replayed(source):
    row = inbound.store(door=Door.ALERT, raw=b"not json", at=T0, source=source)
    [claimed] = inbound.claim(T0, batch=5)
    inbound.interpret(claimed, now=T0)
    row.refresh_from_db()
    assert row.state == State.FAILED and "not JSON" in row.reason
    assert inbound.replay(row, at=later(hours=1)) and not inbound.replay(row, at=later(hours=1))
    row.refresh_from_db()
    assert (row.state, row.next_try_at, row.attempts) == (State.PENDING, later(hours=1), 0)


def test_it_tries_again_with_growing_pauses_and_fails_visibly_after_the_fifth(source):
    row = inbound.store(door=Door.FORM, raw=b"{broken", at=T0)
    now, pauses = T0, []
    for _ in range(5):
        [claimed] = inbound.claim(now, batch=5)
        inbound.interpret(claimed, now=now)
        row.refresh_from_db()
        if row.next_try_at:
            pauses.append((row.next_try_at - now).total_seconds())
            now = row.next_try_at
    assert (row.state, row.attempts, pauses) == (State.FAILED, 5, [5, 10, 20, 40]) and "JSON" in row.reason


def test_a_body_that_always_kills_its_worker_is_given_up(source):
    row = inbound.store(door=Door.ALERT, raw=KINDS["alertmanager"].payloads["firing"], at=T0, source=source)
    type(row).objects.update(attempts=5)
    [claimed] = inbound.claim(T0, batch=5)
    inbound.interpret(claimed, now=T0)
    row.refresh_from_db()
    assert row.state == State.FAILED and Ticket.objects.count() == 0


def test_a_source_whose_kind_is_gone_keeps_what_it_sends(source):
    row = inbound.store(door=Door.ALERT, raw=b"{}", at=T0, source=source)
    Source.objects.update(kind="gone")
    [claimed] = inbound.claim(T0, batch=5)
    inbound.interpret(claimed, now=T0)
    row.refresh_from_db()
    assert row.state == State.FAILED and "reader" in row.reason


def test_a_begun_body_of_a_killed_worker_is_taken_up_after_the_lease(source):
    inbound.store(door=Door.ALERT, raw=KINDS["alertmanager"].payloads["firing"], at=T0, source=source)
    assert len(inbound.claim(T0, batch=5)) == 1
    assert inbound.claim(later(seconds=59), batch=5) == []
    assert len(inbound.claim(later(seconds=61), batch=5)) == 1


def test_a_paused_source_keeps_what_comes_for_a_replay(source):
    source.is_active = False
    row = inbound.store(door=Door.ALERT, raw=b"{}", at=T0, source=source)
    assert (row.state, row.next_try_at, row.can_replay) == (State.IGNORED, None, True)
