"""Contracts: chosen before every policy, edited by managers."""

from datetime import date

import pytest

from sla import rulebook
from sla.models import Clock, Contract, Policy, Target
from tests import make
from tests.make import later

pytestmark = pytest.mark.django_db


@pytest.fixture
def gold():
    """A policy that promises a solution in one hour, for nobody unless a contract says so."""
    policy = Policy.objects.create(name="Gold", position=90, kind="problem")
    calendar = Policy.objects.get(is_default=True).targets.first().calendar
    Target.objects.create(policy=policy, severity=1, obligation="resolve", seconds=3600, calendar=calendar)
    rulebook.renew()
    return policy


@pytest.fixture
def manager(as_user, cast):
    return as_user(cast.manager)


def resolve(ticket) -> Clock:
    return Clock.objects.get(ticket=ticket, obligation="resolve")


def acme_ticket(cast, shop, **fields):
    return make.ticket(requester=cast.customer, organisation=cast.acme, site=shop, severity=1, **fields)


def test_the_contract_of_the_customer_comes_before_every_policy_and_says_so(cast, shop, gold):
    make.contract(cast.acme, gold)
    ticket = acme_ticket(cast, shop)
    assert resolve(ticket).due_at == later(hours=1)
    assert resolve(ticket).reason == f"Gold: contract Gold of {cast.acme}"


def test_a_contract_that_is_over_or_has_not_begun_decides_nothing(cast, shop, gold):
    make.contract(cast.acme, gold, name="Old", ends=date(2026, 2, 28))
    make.contract(cast.acme, gold, name="New", begins=date(2026, 3, 3))
    assert resolve(acme_ticket(cast, shop)).reason == "Standard: no other policy applies"


def test_of_two_contracts_the_one_that_began_last_counts(cast, shop, gold):
    make.contract(cast.acme, Policy.objects.get(is_default=True), name="Basic")
    make.contract(cast.acme, gold, name="Plus", begins=date(2026, 2, 1))
    assert resolve(acme_ticket(cast, shop)).reason.startswith("Gold: contract Plus")


def page(**changes):
    return {"contacts-TOTAL_FORMS": 2, "contacts-INITIAL_FORMS": 0, "begins": "2026-01-01", "name": "Gold", **changes}


def test_a_new_contract_moves_the_open_tickets_of_its_customer(manager, cast, shop, gold):
    ticket = acme_ticket(cast, shop)
    new = page(organisation=cast.acme.pk, policy=gold.pk) | {
        "contacts-0-name": "Nora", "contacts-0-email": "nora@acme.example", "contacts-0-severities": ["1", "2"],
    }  # fmt: skip
    assert manager.post("/settings/contracts/new", new).status_code == 302
    contract = Contract.objects.get()
    assert [(c.user.email, c.severities) for c in contract.contacts.all()] == [("nora@acme.example", [1, 2])]
    assert resolve(ticket).due_at == later(hours=1)
    assert "Gold of" in manager.get("/settings/contracts/").content.decode()
    assert "nora@acme.example" in manager.get(f"/settings/contracts/{contract.pk}/").content.decode()


def test_without_its_contract_a_customer_is_held_to_what_applies(manager, cast, shop, gold):
    contract = make.contract(cast.acme, gold)
    ticket = acme_ticket(cast, shop)
    manager.post(f"/settings/contracts/{contract.pk}/deletion")
    assert resolve(ticket).due_at == later(hours=2)
    assert resolve(ticket).reason == "Standard: no other policy applies"


@pytest.mark.parametrize(
    ("change", "field"),
    [({"ends": "2025-01-01"}, "ends"), ({"begins": "soon"}, "begins"), ({"policy": 10**6}, "policy"),
     ({"organisation": ""}, "organisation"), ({"name": "gold"}, "name")],
)  # fmt: skip
def test_a_contract_that_cannot_be_is_refused_at_its_field(change, field, manager, cast, gold):
    make.contract(cast.acme, gold)
    answer = manager.post("/settings/contracts/new", page(organisation=cast.acme.pk, policy=gold.pk) | change)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors


def test_a_contact_without_an_address_is_refused_at_its_line(manager, cast, gold):
    new = page(organisation=cast.acme.pk, policy=gold.pk, **{"contacts-1-name": "Nora"})
    answer = manager.post("/settings/contracts/new", new)
    assert (answer.status_code, "email" in answer.context["contacts"].errors[1]) == (422, True)


def test_a_policy_that_a_contract_promises_is_not_deleted(manager, cast, gold):
    make.contract(cast.acme, gold)
    manager.post(f"/settings/policies/{gold.pk}/deletion")
    assert Policy.objects.filter(pk=gold.pk).exists()


def test_the_list_is_empty_with_a_way_on(manager):
    assert "No contract yet" in manager.get("/settings/contracts/").content.decode()
