"""Stages as managers write them in a policy."""

import pytest

from sla.forms.stages import read_when, write_when
from sla.models import Firing, Policy, Stage
from sla.sweep import sweep
from tests import make
from tests.make import later
from tests.sla.test_settings import policy_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def standard():
    return Policy.objects.get(is_default=True)


@pytest.fixture
def manager(as_user, cast):
    return as_user(cast.manager)


def save(manager, policy, **changes):
    return manager.post(f"/settings/policies/{policy.pk}/", policy_page(policy, **changes))


NEW = {
    "stages-3-when": "1h after", "stages-3-obligation": "resolve", "stages-3-severities": ["1"],
    "stages-3-acts": ["notify_team", "raise_severity"], "stages-3-every": "2h", "stages-3-times": "3",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "means"),
    [("75%", (75, None)), ("120 %", (120, None)), ("deadline", (100, None)), ("2h before", (None, -7200)),
     ("1h 30m after", (None, 5400)), ("Due", (100, None))],
)  # fmt: skip
def test_when_is_read_as_people_write_it_and_written_back(text, means):
    percent, offset = read_when(text)
    assert (percent, offset) == means
    assert read_when(write_when(Stage(percent=percent, offset=offset))) == means


def test_a_new_stage_is_kept_with_what_it_does(manager, standard):
    assert save(manager, standard, **NEW).status_code == 302
    stage = standard.stages.last()
    assert (stage.offset, stage.obligation, stage.severities) == (3600, "resolve", [1])
    assert (stage.repeat_every, stage.repeat_times) == (7200, 3)
    assert [action["do"] for action in stage.actions] == ["notify_team", "raise_severity"]
    standard.refresh_from_db()
    assert standard.versions.first().definition["stages"][3]["offset"] == 3600


def test_a_stage_that_stays_keeps_its_row_so_that_it_fires_once(manager, cast, shop, standard):
    make.ticket(requester=cast.customer, site=shop, severity=1)
    sweep(later(minutes=12))
    before = list(standard.stages.values_list("pk", flat=True))
    save(manager, standard, **NEW)
    assert list(standard.stages.values_list("pk", flat=True))[:3] == before
    sweep(later(minutes=13))
    assert Firing.objects.filter(stage=before[0]).count() == 1


def test_a_stage_is_removed_by_its_tick(manager, standard):
    gone = standard.stages.first()
    save(manager, standard, **{"stages-0-gone": "on"})
    assert not Stage.objects.filter(pk=gone.pk).exists()
    assert standard.stages.count() == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [({"stages-3-when": "soon"}, "when"), ({"stages-3-when": "0%"}, "when"), ({"stages-3-when": ""}, "when"),
     ({"stages-3-acts": ["change_team"]}, "team"), ({"stages-3-every": "1s"}, "every"),
     ({"stages-3-every": ""}, "every"), ({"stages-3-times": ""}, "times"),
     ({"stages-3-when": "900000d after"}, "when")],
)  # fmt: skip
def test_a_stage_that_cannot_be_is_refused_at_its_field(change, field, manager, standard):
    answer = save(manager, standard, **(NEW | change))
    assert answer.status_code == 422
    assert field in answer.context["stages"].errors[3]
    assert standard.stages.count() == 3


def test_a_new_policy_begins_with_the_stages_of_the_default_one(manager, standard):
    page = policy_page(None, name="Shop", kind="problem", is_active="on")
    assert manager.post("/settings/policies/new", page).status_code == 302
    made = Policy.objects.get(name="Shop")
    assert [write_when(stage) for stage in made.stages.all()] == ["75%", "deadline", "deadline"]
    assert standard.stages.count() == 3


@pytest.mark.parametrize(("text", "says"), [("1.5wd", "whole working days"), ("1wd 2h", "alone"), ("0wd", "between 1")])
def test_working_days_that_cannot_be_are_refused_at_their_field(text, says, manager, standard):
    answer = save(manager, standard, resolve_2=text)
    assert (answer.status_code, says in answer.context["form"].errors["resolve_2"][0]) == (422, True)


def test_options_of_the_clocks_are_saved_with_the_policy(manager, standard):
    save(
        manager,
        standard,
        reopening="reset",
        retargeting="from_change",
        scope="any_customer_message",
        resolve_3="5wd end",
    )
    standard.refresh_from_db()
    assert (standard.reopening, standard.retargeting, standard.scope) == (
        "reset", "from_change", "any_customer_message",
    )  # fmt: skip
    assert standard.targets.filter(severity=3, obligation="resolve", days=5, end_of_day=True).exists()
