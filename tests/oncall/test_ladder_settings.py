"""/settings/ladders/: edited without JavaScript, told in words, looked at before the night."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry, Team
from deliveries.models import Delivery
from integrations.models import Channel
from oncall import engine, rings
from oncall.models import Ladder, LayerMember, Page, Step, Target
from oncall.plans import MAX_STEPS, of_ladder
from sla.models import Calendar
from tests import make

pytestmark = pytest.mark.django_db
HOME = "/settings/ladders/"


@pytest.fixture
def boss(cast: SimpleNamespace, as_user) -> Client:
    return as_user(cast.manager)


def filled(**more: Any) -> dict[str, Any]:
    """A form of one ladder without steps."""
    return {
        "name": "Nights",
        "is_automatic": "on",
        "severities": ["1", "2"],
        "repeats": "1",
        "ack_minutes": "20",
    } | more


def step(number: int, *whom: str, order: int | None = None, wait: int = 5, row: int | str = "", **more: Any) -> dict:
    """The fields of one step."""
    name = f"s{number}"
    given = {f"{name}-row": row, f"{name}-order": order or number, f"{name}-wait": wait, f"{name}-calendar": ""}
    given |= {f"{name}-whom{place}": one for place, one in enumerate(whom, 1)}
    return given | {f"{name}-{key}": value for key, value in more.items()}


def text(client: Client, address: str = HOME) -> str:
    return client.get(address).content.decode()


def told(ladder: Ladder) -> list[list[str]]:
    return [[str(target) for target in one.targets.all()] for one in ladder.steps.order_by("position")]


# --- editing ---------------------------------------------------------------------------------------------------------


def test_a_ladder_is_made_of_steps_that_one_fills_in(boss, cast, front, shop):
    rota = make.layer(cast.agent, at=timezone.now()).rota
    room = Channel.objects.create(name="War room", kind="webhook")
    said = filled(team=front.pk, site=shop.pk)
    said |= step(1, f"rota-{rota.pk}", "", f"user-{cast.agent.pk}") | step(2, f"team-{front.pk}", robin="on", wait=10)
    said |= step(3, "assignee", "manager", f"channel-{room.pk}") | step(4)
    assert boss.post(f"{HOME}new", said).status_code == 302
    row = Ladder.objects.get()
    assert told(row) == [
        ["Who is on call for Demo rota", "Person Ada"], ["Everybody of Front-end"],
        ["Whoever has the ticket", "The team's manager", "Room or webhook War room"],
    ]  # fmt: skip
    assert list(row.steps.values_list("wait_minutes", "round_robin")) == [(5, False), (10, True), (5, False)]
    assert row.spoken == "P1 and P2 of the team Front-end, the site Shop"
    entry = AuditEntry.objects.latest("pk")
    assert entry.actor == cast.manager and "ladder made" in str(entry.action if hasattr(entry, "action") else entry)


def test_steps_are_moved_taken_out_and_added_and_keep_whose_turn_it_is(boss, cast, front):
    ladder = make.ladder(cast.agent, front, cast.manager)
    first, second, third = ladder.steps.order_by("position")
    Step.objects.filter(pk=second.pk).update(turn=7, round_robin=True)
    said = filled() | step(1, f"user-{cast.agent.pk}", row=first.pk, order=2)
    said |= step(2, f"team-{front.pk}", row=second.pk, order=1, robin="on") | step(3, "", row=third.pk)
    said |= step(4, f"user-{cast.admin.pk}", order=9)
    assert boss.post(f"{HOME}{ladder.pk}/", said).status_code == 302
    assert told(ladder) == [["Everybody of Front-end"], ["Person Ada"], ["Person Root"]]
    assert ladder.steps.order_by("position")[0].turn == 7


def test_the_form_shows_what_is_saved_with_room_for_more(boss, cast):
    ladder = make.ladder(cast.agent, cast.manager)
    said = text(boss, f"{HOME}{ladder.pk}/")
    assert said.count("<legend>Step ") == 2 and said.count("<legend>New step") == 2
    assert f'<option value="user-{cast.agent.pk}" selected>' in said
    assert "ladder-" not in "".join(part[:40] for part in said.split('<option value="')[1:])  # no other to lead to


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": "demo ladder"}, "There is a ladder of this name already."),
        ({"name": ""}, "This field is required."),
        ({"repeats": "99"}, "less than or equal to 20"),
        ({"s1-whom1": "user-999999"}, "Select a valid choice."),
        ({"s1-whom1": "assignee", "s1-wait": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_said(boss, cast, more, said):
    make.ladder(cast.agent)
    answer = boss.post(f"{HOME}new", filled() | step(1) | more)
    assert answer.status_code == 422 and said in answer.content.decode() and Ladder.objects.count() == 1


def test_who_is_called_already_stays_when_they_cannot_be_chosen_any_more(boss, cast):
    ladder = make.ladder(cast.agent)
    type(cast.agent).objects.filter(pk=cast.agent.pk).update(is_active=False)
    assert "Ada (not in use)" in text(boss, f"{HOME}{ladder.pk}/")
    boss.post(f"{HOME}{ladder.pk}/", filled() | step(1, f"user-{cast.agent.pk}", row=ladder.steps.get().pk))
    assert told(ladder) == [["Person Ada"]]


def test_ladders_change_places(boss, cast):
    for position, name in enumerate(("One", "Two", "Three"), 1):
        make.ladder(cast.agent, name=name, position=position)
    boss.post(f"{HOME}{Ladder.objects.get(name='Three').pk}/position", {"to": "up"})
    boss.post(f"{HOME}{Ladder.objects.get(name='One').pk}/position", {"to": "up"})
    assert list(Ladder.objects.values_list("name", flat=True)) == ["One", "Three", "Two"]


def test_deleting_one_keeps_the_page_under_way(boss, cast, front):
    ladder = make.ladder(cast.agent, cast.other_agent, team=front)
    now = timezone.now()
    make.ticket(team=front, severity=1, at=now)
    assert boss.post(f"{HOME}{ladder.pk}/deletion").status_code == 302
    for minutes in (0, 5):
        engine.climb_due(now + timedelta(minutes=minutes))
        rings.ring_due(now + timedelta(minutes=minutes))
    assert Page.objects.get().ladder is None and Delivery.objects.filter(urgent=True).count() == 2


# --- what is wrong ---------------------------------------------------------------------------------------------------


def test_it_says_what_to_do_without_a_ladder(boss):
    assert "No ladder" in text(boss) and "/settings/ladders/new" in text(boss)


def test_it_warns_of_steps_that_reach_nobody(boss, cast, front):
    layer = make.layer(cast.agent, at=timezone.now() - timedelta(days=1))
    second = make.ladder(layer.rota, "assignee", name="Second")
    first = make.ladder(second, cast.guard, name="First")
    Target.objects.create(step=second.steps.get(position=2), kind="ladder", ladder=first)
    LayerMember.objects.all().delete()
    type(cast.guard).objects.filter(pk=cast.guard.pk).update(is_active=False)
    Ladder.objects.create(name="Empty", changed_at=timezone.now())
    said = text(boss, f"{HOME}{first.pk}/")
    assert "Step 1: nobody is on call for Demo rota." in said and "leads back to itself." in said
    assert "Step 4: the person is gone." in said
    assert "It has no steps" in text(boss, f"{HOME}{Ladder.objects.get(name='Empty').pk}/")
    assert "3 to look at" in text(boss)


def test_it_warns_of_a_step_whose_rota_was_deleted(boss, cast):
    rota = make.layer(cast.agent, at=timezone.now()).rota
    ladder = make.ladder(rota, cast.agent)
    rota.delete()
    assert "Step 1: it calls nobody any more." in text(boss, f"{HOME}{ladder.pk}/")


def test_a_step_outside_its_hours_is_skipped_and_is_no_warning(boss, cast):
    closed = Calendar.objects.create(name="Never", hours={})
    said = filled() | step(1, f"user-{cast.agent.pk}") | {"s1-calendar": closed.pk}
    boss.post(f"{HOME}new", said)
    page = text(boss, f"{HOME}{Ladder.objects.get().pk}/")
    assert "it is outside of its hours" in page and "Step 1: " not in page


def test_a_good_ladder_has_no_warning(boss, cast, front):
    make.ladder(front, "assignee", "manager", cast.agent)
    assert "Reaches people" in text(boss)


def test_it_names_whose_p1_wakes_nobody(boss, cast, front, back, shop):
    make.site("Blog", back)
    make.ladder(cast.agent, team=front, name="Front")
    make.ladder(cast.agent, team=back, severities=[2], name="Low")
    make.ladder(cast.agent, name="By hand", is_automatic=False)
    said = text(boss)
    assert "A P1 of the team Back-end wakes nobody" in said and "A P1 of the team Security wakes nobody" in said
    assert "A P1 of the site Blog (Back-end) wakes nobody" in said
    assert "of the team Front-end wakes" not in said and "of the site Shop" not in said
    make.ladder(cast.agent, name="All")
    assert "wakes nobody" not in text(boss)


# --- who would be called ---------------------------------------------------------------------------------------------


def test_it_shows_who_would_be_called_when_and_how_and_calls_nobody(boss, cast, front):
    make.contact_method(cast.agent, "sms", "+491700000000")
    make.contact_method(cast.agent, "voice", "+491700000000", urgent_after=3)
    ladder = make.ladder(cast.agent, front, make.layer(at=timezone.now()).rota, cast.other_agent, team=front, repeats=1)
    Step.objects.filter(ladder=ladder, position=2).update(round_robin=True)
    said = " ".join(text(boss, f"{HOME}{ladder.pk}/").split())
    for words in (
        "<b>at once</b>", "Ada: SMS at once, Phone call after 3m", "<b>after 5m</b>", "Mona: e-mail at once", "Skipped",
        "nobody is on call for Demo rota", "<b>after 10m</b>", "Ben: e-mail at once", "Nobody answered",
        "<b>after 30m</b>",
    ):  # fmt: skip
        assert words in said
    assert Step.objects.get(ladder=ladder, position=2).turn == 0
    assert not Page.objects.exists() and not Delivery.objects.exists()


def test_it_looks_at_a_ticket_that_is_named(boss, cast, front, back, security):
    ladder = make.ladder("assignee", team=front)
    mine = make.ticket(team=front, severity=3, at=timezone.now())
    type(mine).objects.filter(pk=mine.pk).update(assignee=cast.agent)
    assert "Ada: e-mail at once" in text(boss, f"{HOME}{ladder.pk}/?ticket=%23{mine.pk}")
    other = make.ticket(team=back, at=timezone.now())
    assert "This ladder is not for" in text(boss, f"{HOME}{ladder.pk}/?ticket={other.pk}")
    hidden = make.ticket(team=security, subject="Break-in", at=timezone.now())
    for number in (hidden.pk, 10**17, "nonsense"):
        assert "Break-in" not in text(boss, f"{HOME}{ladder.pk}/?ticket={number}")


def test_ladders_that_lead_to_one_another_many_times_over_stay_short(cast):
    rows = [Ladder.objects.create(name=f"L{number}", changed_at=timezone.now()) for number in range(12)]
    for row in rows:
        made = Step.objects.create(ladder=row, position=1)
        Target.objects.bulk_create(Target(step=made, kind="ladder", ladder=other) for other in rows)
    assert len(of_ladder(rows[0])["steps"]) == MAX_STEPS


def test_the_pages_cost_the_same_for_short_and_long_ladders(boss, cast, front):
    one = make.ladder(cast.agent, make.layer(cast.agent, at=timezone.now()).rota, front)
    before = [statements(boss, HOME), statements(boss, f"{HOME}{one.pk}/")]
    many: list[Any] = [cast.agent, cast.manager, front, "assignee", "manager", cast.other_agent]
    long = make.ladder(*many, one, *many, name="Long")
    for number in range(5):
        make.ladder(*many, name=f"More {number}", team=Team.objects.all()[number % 3])
    # Another ladder is asked for only where one is named: by the steps, and by the form.
    assert statements(boss, HOME) <= before[0] + 1 and statements(boss, f"{HOME}{long.pk}/") <= before[1] + 2


def statements(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)
