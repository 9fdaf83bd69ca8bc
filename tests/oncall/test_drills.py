"""Drills: when they are sent, when they are not, and what comes of one that nobody confirms."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.errors import Refused
from accounts.models import Team, User
from deliveries.models import Delivery, State
from integrations.channels.callbacks import Said
from oncall import callbacks, drilling, drilltimes, engine, proofs, rings
from oncall.actions import answers, drills, standins
from oncall.models import ContactMethod, Drill, Page, Rota
from tests import make
from tests.make import T0, later
from tickets.models import Severity

pytestmark = pytest.mark.django_db
BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")
HANDOVER = datetime(2026, 3, 3, 8, tzinfo=UTC)  # nine o'clock in Berlin, the morning after T0


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=BERLIN)


@pytest.fixture
def rota(cast) -> Rota:
    """Ada's day began an hour before T0; Ben's begins at HANDOVER, Ada's next one a day later."""
    User.objects.update(time_zone="Europe/Berlin")
    cast.agent.refresh_from_db()
    made = make.layer(cast.agent, cast.other_agent, at=T0).rota
    Rota.objects.filter(pk=made.pk).update(team=Team.objects.get(name="Front-end"))
    return made


@pytest.fixture
def bens(cast) -> ContactMethod:
    return make.contact_method(cast.other_agent, "email", "ben@phone.example")


def sent() -> list[str]:
    return list(Delivery.objects.filter(data__kind="drill").order_by("pk").values_list("address", flat=True))


# --- when ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "hours", "expected"),
    [
        (berlin(10, 9), 24, berlin(9, 9)),  # a day before, by day
        (berlin(10, 20), 24, berlin(9, 19, 30)),  # the evening: a little earlier that day
        (berlin(10, 3), 24, berlin(8, 19, 30)),  # the night: the evening before it
        (berlin(10, 12), 1, berlin(10, 11)),
        (berlin(30, 9), 24, berlin(29, 9)),  # the clocks change that night
    ],
)
def test_it_is_sent_by_day_so_many_hours_before(begin, hours, expected) -> None:
    assert drilltimes.send_at(begin, hours=hours, zone=BERLIN, now=T0 - timedelta(days=30)) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (berlin(9, 15), berlin(9, 15)),  # too late for the hour asked for: at once
        (berlin(9, 22), berlin(10, 9)),  # but not at night: at nine
        (berlin(10, 4), berlin(10, 9)),
        (berlin(10, 11), None),  # it has begun
    ],
)
def test_what_is_late_is_sent_at_once_by_day(now, expected) -> None:
    assert drilltimes.send_at(berlin(10, 10), hours=24, zone=BERLIN, now=now) == expected


def test_nobody_is_woken_for_a_shift_that_begins_in_the_night(cast) -> None:
    assert drilltimes.send_at(berlin(10, 6), hours=24, zone=BERLIN, now=berlin(9, 21)) is None
    assert not drilltimes.is_day(berlin(10, 13), TOKYO)


# --- who and what --------------------------------------------------------------------------------------------------


def test_each_way_of_whose_shift_comes_is_tried_once(cast, rota, bens) -> None:
    make.contact_method(cast.other_agent, "sms", "+491515550101", channel=make.twilio())
    make.contact_method(cast.other_agent, "sms", "+491515550102", verified_at=None)
    make.contact_method(cast.other_agent, "sms", "+491515550103", urgent_after=None, calm_after=None)
    for minute in range(3):
        drilling.drill_due(later(minutes=minute))
    assert sorted(sent()) == ["+491515550101", "ben@phone.example"]
    letter = Delivery.objects.get(channel="sms")
    assert letter.urgent and letter.subject.startswith("Drill, no alarm: you are on call for Demo rota from Tue 3 Mar")
    assert letter.data["link"] in letter.body_text and not Page.objects.exists()


def test_without_any_way_the_mail_of_the_account_is_tried(cast, rota) -> None:
    drilling.drill_due(T0)
    assert sent() == ["ben@people.example"]
    User.objects.update(undeliverable_at=T0)
    Drill.objects.all().delete()
    Rota.objects.update(drills_at=T0)
    drilling.drill_due(T0)
    assert sent() == ["ben@people.example"]


def test_the_next_shifts_follow_in_their_time(cast, rota, bens) -> None:
    drilling.drill_due(T0)
    assert Rota.objects.get().drills_at == later(hours=6)
    drilling.drill_due(later(hours=6))
    assert Rota.objects.get().drills_at == later(hours=12)
    for hour in (12, 18, 23):
        drilling.drill_due(later(hours=hour))
    assert sent() == ["ben@phone.example", "ada@people.example"]  # Ada's begins 47 h after T0
    assert {drill.begins_at for drill in Drill.objects.all()} == {HANDOVER, HANDOVER + timedelta(days=1)}


def test_a_rota_may_do_without(cast, rota) -> None:
    Rota.objects.update(drill_hours=0)
    drilling.drill_due(T0)
    assert sent() == [] and Rota.objects.get().drills_at is None


def test_a_shift_that_somebody_takes_over_is_drilled_at_once(cast, rota, bens) -> None:
    drilling.drill_due(T0)
    standins.take_over(
        rota=rota, user=cast.guard, begins_at=later(hours=1), ends_at=later(hours=3), at=later(minutes=1),
        actor=cast.guard,
    )  # fmt: skip
    drilling.drill_due(later(minutes=1))
    # Ada as well: what is left of her day begins anew behind it.
    assert sent() == ["ben@phone.example", "gus@people.example", "ada@people.example"]


def test_one_drill_a_day_by_a_way_however_many_shifts_begin(cast) -> None:
    make.layer(cast.agent, cast.other_agent, at=T0, unit="hours")
    for minute in range(0, 180, 10):
        drilling.drill_due(later(minutes=minute))
        Rota.objects.update(drills_at=later(minutes=minute + 10))
    assert sorted(sent()) == ["ada@people.example", "ben@people.example"]


def test_what_a_drill_proved_within_a_week_is_not_tried_again(cast, rota, bens) -> None:
    drills.confirm(drill=drills.test(method=bens, at=T0 - timedelta(days=6), actor=cast.other_agent), at=later(days=-6))
    drilling.drill_due(T0)
    row = Drill.objects.get(begins_at=HANDOVER)
    assert (row.proven_at, row.delivery, row.judge_at) == (later(days=-6), None, None)


@pytest.mark.parametrize(("via", "proves"), [("link", True), ("sms", True), ("web", False)])
def test_a_page_that_was_answered_proves_the_one_way_it_went(cast, rota, bens, front, via, proves) -> None:
    make.ladder(cast.other_agent, team=front)
    make.ticket(team=front, severity=Severity.P1, at=T0 - timedelta(days=2))
    engine.climb_due(T0 - timedelta(days=2))
    rings.ring_due(T0 - timedelta(days=2))
    token = Delivery.objects.get(data__kind="page").data["token"]
    answers.acknowledge_by_token(token, at=T0 - timedelta(days=2), via=via)
    assert (drills.proven(cast.other_agent, at=T0) == {bens.way: T0 - timedelta(days=2)}) is proves
    drilling.drill_due(T0)
    assert sent() == ([] if proves else ["ben@phone.example"])


def test_a_page_by_two_ways_at_once_proves_neither(cast, rota, bens, front) -> None:
    make.contact_method(cast.other_agent, "email", "ben@watch.example")
    make.ladder(cast.other_agent, team=front)
    make.ticket(team=front, severity=Severity.P1, at=T0)
    engine.climb_due(T0)
    rings.ring_due(T0)
    answers.acknowledge_by_token(Delivery.objects.filter(data__kind="page")[0].data["token"], at=T0, via="link")
    assert drills.proven(cast.other_agent, at=T0) == {}


# --- what comes of it ----------------------------------------------------------------------------------------------


def letters() -> list[str]:
    return list(Delivery.objects.filter(subject__startswith="Not confirmed").values_list("address", flat=True))


def test_the_manager_is_told_once_when_the_shift_begins_without_an_answer(cast, rota, bens) -> None:
    drilling.drill_due(T0)
    drilling.drill_due(HANDOVER - timedelta(seconds=1))
    assert letters() == []
    for second in range(3):
        drilling.drill_due(HANDOVER + timedelta(seconds=second))
    assert letters() == ["mona@people.example"]
    assert "E-mail b•••@phone.example" in Delivery.objects.get(subject__startswith="Not confirmed").body_text


def test_nobody_is_told_of_a_drill_that_was_confirmed_or_whose_shift_went_to_another(cast, rota, bens) -> None:
    drilling.drill_due(T0)
    drill = Drill.objects.get()
    assert drills.confirm(drill=drill, at=later(minutes=3)) and not drills.confirm(drill=drill, at=later(minutes=9))
    drilling.drill_due(HANDOVER)
    drill.refresh_from_db()
    assert letters() == [] and drill.took == timedelta(minutes=3)
    Drill.objects.update(confirmed_at=None, judge_at=HANDOVER)
    standins.take_over(
        rota=rota, user=cast.guard, begins_at=HANDOVER, ends_at=later(days=2), at=later(hours=1), actor=cast.guard
    )
    drilling.drill_due(HANDOVER)
    assert letters() == []


def test_a_confirmed_drill_clears_the_trouble_of_its_way(cast, bens) -> None:
    ContactMethod.objects.update(trouble="No such mailbox.")
    drills.confirm(drill=drills.test(method=bens, at=T0, actor=cast.other_agent), at=T0)
    assert ContactMethod.objects.get().trouble == ""


def test_a_key_pressed_in_a_call_confirms_and_a_strange_token_does_not(cast, bens) -> None:
    drill = drills.test(method=bens, at=T0, actor=cast.other_agent)
    assert drills.confirm_by_token("x.y.z", at=T0) == ""
    assert drills.confirm_by_token(proofs.token(drill), at=later(days=8)) == ""
    assert drills.confirm_by_token(proofs.token(drill), at=T0) == drills.CONFIRMED
    with pytest.raises(answers.Refused):
        answers.acknowledge_by_token(proofs.token(drill), at=T0, via="link")


def test_a_drill_does_not_count_against_the_brake_of_a_storm(cast, bens, front) -> None:
    drills.test(method=bens, at=T0, actor=cast.other_agent)
    make.ladder(cast.other_agent, team=front)
    make.ticket(team=front, severity=Severity.P1, at=later(seconds=5))
    engine.climb_due(later(seconds=5))
    assert rings.ring_due(later(seconds=5)) == 1


def test_asked_for_at_night_it_goes_by_mail_only(cast, rota, bens) -> None:
    make.contact_method(cast.other_agent, "voice", "+491515550101", channel=make.twilio())
    done = drills.drill_now(rota=rota, at=berlin(2, 23), actor=cast.manager)
    assert (done.sent, done.asleep) == (2, ["Ben"]) and "+491515550101" not in sent()
    with pytest.raises(Refused, match="Nobody is left"):
        drills.drill_now(rota=Rota.objects.create(name="Empty", zone="UTC", changed_at=T0), at=T0, actor=cast.manager)


def test_asked_for_by_day_it_goes_by_every_way(cast, rota, bens) -> None:
    make.contact_method(cast.other_agent, "voice", "+491515550101", channel=make.twilio())
    assert drills.drill_now(rota=rota, at=T0, actor=cast.manager).sent == 3
    Delivery.objects.update(state=State.SENT, next_try_at=None)
    assert {drill.asked_by for drill in Drill.objects.all()} == {cast.manager}


def test_a_key_in_a_real_callback_confirms_the_drill(cast) -> None:
    account = make.twilio()
    method = make.contact_method(cast.agent, "voice", "+491515550101", channel=account)
    drill = drills.test(method=method, at=T0, actor=cast.agent)
    said = Said(kind="acknowledge", token=proofs.token(drill))
    assert callbacks.answer(said, account, later(minutes=1)) == drills.CONFIRMED
    drill.refresh_from_db()
    assert drill.confirmed_at == later(minutes=1)
