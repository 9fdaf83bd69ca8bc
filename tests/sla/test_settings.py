"""Policies and calendars, edited by managers in the product's own pages."""

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from sla.actions import setup
from sla.actions.replan import work_off
from sla.durations import Promise, parse, parse_promise, spoken, written, written_promise
from sla.forms import PolicyForm
from sla.forms.stages import StageFormSet, known_stages
from sla.models import Calendar, Clock, Policy, Replan
from tests import make
from tests.make import T0, later
from tickets.actions import conversation

pytestmark = pytest.mark.django_db


def policy_page(policy: Policy | None = None, **changes) -> dict:
    """What the policy form would post, unchanged but for `changes`."""
    form, stages = PolicyForm(policy=policy), StageFormSet(initial=known_stages(policy), prefix="stages")
    values = {name: form.initial.get(name) for name in form.fields}
    values |= {"stages-TOTAL_FORMS": stages.total_form_count(), "stages-INITIAL_FORMS": stages.initial_form_count()}
    for stage in stages:
        values |= {stage.add_prefix(name): value for name, value in stage.initial.items()}
    return {name: value for name, value in {**values, **changes}.items() if value not in (None, "", False)}


def calendar_page(**changes) -> dict:
    return {"name": "Berlin", "zone": "Europe/Berlin", "mon": "09:00-12:00, 13:00-17:00", **changes}


def due(ticket, obligation):
    return Clock.objects.get(ticket=ticket, obligation=obligation).due_at


@pytest.fixture
def standard():
    return Policy.objects.get(is_default=True)


@pytest.fixture
def manager(as_user, cast):
    return as_user(cast.manager)


@pytest.mark.parametrize("path", ["policies/", "policies/new", "calendars/", "calendars/new"])
def test_only_managers_and_admins_find_the_pages(path, as_user, cast):
    assert as_user(cast.manager).get(f"/settings/{path}").status_code == 200
    assert as_user(cast.agent).get(f"/settings/{path}").status_code == 404
    assert as_user(cast.customer).get(f"/settings/{path}").status_code == 404


def test_an_edited_target_is_a_new_version_and_moves_running_clocks(manager, cast, shop, standard):
    ticket = make.ticket(requester=cast.customer, site=shop, severity=1, at=timezone.now())
    before = due(ticket, "resolve")
    answer = manager.post(f"/settings/policies/{standard.pk}/", policy_page(standard, resolve_1="3h"))
    assert answer.status_code == 302
    standard.refresh_from_db()
    assert (standard.version, standard.versions.count()) == (2, 2)
    assert (due(ticket, "resolve") - before).total_seconds() == 3600
    change = Clock.objects.get(ticket=ticket, obligation="resolve").changes[0]
    assert (change["from"]["target"], change["to"]["target"]) == (7200, 10800)
    assert change["why"] == "policy “Standard” changed"
    assert AuditEntry.objects.get(action="policy changed").actor == cast.manager


def test_finished_clocks_keep_the_target_they_were_held_to(manager, cast, shop, standard):
    ticket = make.ticket(requester=cast.customer, site=shop, severity=1)
    conversation.reply(ticket=ticket, body="Hi", at=later(minutes=29), actor=cast.agent, via="web")
    manager.post(f"/settings/policies/{standard.pk}/", policy_page(standard, first_response_1="5m"))
    first = Clock.objects.get(ticket=ticket, obligation="first_response")
    assert (first.target, first.policy_version, first.breached_at) == (1800, 1, None)


def test_a_policy_for_a_site_is_chosen_before_the_default_and_says_so(manager, cast, shop):
    page = policy_page(None, name="Shop", site=shop.pk, resolve_1="1h", is_active="on")
    assert manager.post("/settings/policies/new", page).status_code == 302
    ticket = make.ticket(requester=cast.customer, site=shop, severity=1)
    assert due(ticket, "resolve") == later(hours=1)
    assert Clock.objects.filter(ticket=ticket).first().reason == "Shop: site Shop"
    elsewhere = make.ticket(requester=cast.customer, team=shop.fallback_team, severity=1)
    assert due(elsewhere, "resolve") == later(hours=2)


@pytest.mark.parametrize(
    ("text", "says"), [("soon", "Write a duration"), ("0m", "between a second"), ("99999d", "between a second")]
)
def test_a_target_that_cannot_be_is_refused_at_its_field(text, says, manager, standard):
    answer = manager.post(f"/settings/policies/{standard.pk}/", policy_page(standard, resolve_2=text))
    assert answer.status_code == 422
    assert says in answer.context["form"].errors["resolve_2"][0]


@pytest.mark.parametrize(
    ("field", "change", "says"),
    [
        ("zone", {"zone": "Mars/Base"}, "valid choice"),
        ("tue", {"tue": "nine to five"}, "is not a window"),
        ("mon", {"mon": ""}, "no working time at all"),
        ("wed", {"wed": "09:00-12:00, 11:00-13:00"}, "overlaps"),
        ("holidays", {"holidays": "Christmas"}, "is not a date"),
        ("overrides", {"overrides": "24-12 09:00-12:00"}, "is not a date"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused_at_its_field(field, change, says, manager):
    answer = manager.post("/settings/calendars/new", calendar_page(**change))
    assert answer.status_code == 422
    assert says in " ".join(answer.context["form"].errors[field])


def test_a_calendar_is_saved_as_it_was_written_and_shown_again(manager):
    page = calendar_page(holidays="2026-12-25 Christmas Day", yearly="01-01", overrides="2026-12-24 09:00-12:00")
    answer = manager.post("/settings/calendars/new", page, follow=True)
    berlin = Calendar.objects.get(name="Berlin")
    assert berlin.hours == {"mon": [["09:00", "12:00"], ["13:00", "17:00"]]}
    assert (berlin.holiday_names, berlin.yearly) == ({"2026-12-25": "Christmas Day"}, ["01-01"])
    text = answer.content.decode()
    for shown in ("09:00-12:00, 13:00-17:00", "2026-12-25 Christmas Day", "2026-12-24 09:00-12:00", "Next 30 days"):
        assert shown in text


def test_public_holidays_of_a_country_are_added_and_move_deadlines(manager, cast, shop):
    business = Calendar.objects.get(name="Business hours")
    ticket = make.ticket(requester=cast.customer, site=shop, severity=3, at=T0.replace(day=24, month=12, hour=15))
    assert due(ticket, "acknowledge") == T0.replace(day=25, month=12, hour=11)
    manager.post(f"/settings/calendars/{business.pk}/holidays", {"country": "DE", "region": "BY", "year": 2026})
    business.refresh_from_db()
    assert ("2026-12-25" in business.holidays, business.version) == (True, 2)
    assert due(ticket, "acknowledge") == T0.replace(day=28, month=12, hour=11)


def test_a_calendar_in_use_is_not_deleted(manager):
    business = Calendar.objects.get(name="Business hours")
    answer = manager.post(f"/settings/calendars/{business.pk}/deletion", follow=True)
    assert "choose another one in its policies first" in answer.content.decode()
    assert Calendar.objects.filter(pk=business.pk).exists()


def test_the_default_policy_stays(manager, standard):
    answer = manager.post(f"/settings/policies/{standard.pk}/deletion", follow=True)
    assert "The default policy stays" in answer.content.decode()


def test_many_tickets_are_planned_anew_by_the_sweep_with_visible_progress(monkeypatch, manager, cast, shop, standard):
    tickets = [make.ticket(requester=cast.customer, site=shop, severity=1) for _ in range(3)]
    monkeypatch.setattr("sla.actions.replan.AT_ONCE", 2)
    monkeypatch.setattr("sla.actions.replan.CHUNK", 2)
    manager.post(f"/settings/policies/{standard.pk}/", policy_page(standard, resolve_1="3h"))
    assert "0 of 3 tickets" in manager.get("/settings/policies/").content.decode()
    assert due(tickets[0], "resolve") == later(hours=2)
    work_off(timezone.now())
    assert [due(ticket, "resolve") for ticket in tickets] == [later(hours=3)] * 3
    assert (Replan.objects.get().done, Replan.objects.get().finished_at is None) == (3, False)


def test_a_verb_takes_an_edit_over_before_the_sweep_comes_to_it(monkeypatch, manager, cast, shop, standard):
    ticket = make.ticket(requester=cast.customer, site=shop, severity=1)
    monkeypatch.setattr("sla.actions.replan.AT_ONCE", 0)
    manager.post(f"/settings/policies/{standard.pk}/", policy_page(standard, resolve_1="3h"))
    conversation.reply(ticket=ticket, body="Hi", at=later(minutes=5), actor=cast.agent, via="web", then="diagnosing")
    assert due(ticket, "resolve") == later(hours=3)


def test_two_calendars_of_one_name_are_refused(cast):
    with pytest.raises(setup.Refused) as refused:
        setup.save_calendar(
            calendar=None, name="business hours", definition=Calendar.objects.first().definition(), holiday_names={},
            at=T0, actor=cast.admin,
        )  # fmt: skip
    assert refused.value.field == "name"


@pytest.mark.parametrize(
    ("text", "seconds"), [("15m", 900), ("1h 30m", 5400), ("1.5h", 5400), ("2d", 172_800), ("45s", 45)]
)
def test_durations_are_read_as_people_write_them(text, seconds):
    assert parse(text) == seconds
    assert parse(written(seconds, around_the_clock=True)) == parse(written(seconds, around_the_clock=False)) == seconds


@pytest.mark.parametrize("promise", [Promise(seconds=5400), Promise(days=3), Promise(days=3, end_of_day=True)])
def test_targets_are_written_as_they_are_read(promise):
    assert parse_promise(written_promise(promise, around_the_clock=False)) == promise


def test_durations_speak_of_working_days_only_where_there_are_some():
    assert spoken(86_400, around_the_clock=False) == "3 working days"
    assert spoken(172_800, around_the_clock=True) == "2 days"
    assert spoken(8 * 3600, around_the_clock=False) == "8h"


def test_it_says_once_how_durations_are_written(manager, standard):
    assert (
        manager.get(f"/settings/policies/{standard.pk}/").content.decode().count("the same time, that many later") == 1
    )
