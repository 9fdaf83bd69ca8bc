"""Routing rules, forms and the severity matrix in the settings."""

import pytest

from accounts.models import AuditEntry
from tests import make
from tickets.models import Form, RoutingRule, SeverityCell, Ticket

pytestmark = pytest.mark.django_db


def a_rule(team, name="Money", **fields) -> RoutingRule:
    conditions = fields.pop("conditions", [{"field": "text", "values": ["refund"]}])
    return RoutingRule.objects.create(name=name, team=team, conditions=conditions, **fields)


@pytest.mark.parametrize("page", ["rules/", "rules/new", "forms/", "forms/new", "severity/"])
def test_it_is_for_managers(page, cast, as_user, client):
    url = f"/settings/{page}"
    assert client.get(url).status_code == 302
    assert [as_user(who).get(url).status_code for who in (cast.agent, cast.customer, cast.manager)] == [404, 404, 200]


def test_a_rule_made_here_places_the_next_ticket(cast, shop, back, as_user):
    data = {
        "name": "Refunds", "is_active": "on", "team": back.pk, "severity": "2", "tier": "", "tags": "Money, till",
        "if_site": [shop.pk], "if_text_0": "refund, money back",
    }  # fmt: skip
    answer = as_user(cast.manager).post("/settings/rules/new", data)
    ticket = make.ticket(requester=cast.customer, site=shop, subject="I want my MONEY  back".replace("  ", " "))
    assert answer.status_code == 302
    assert (ticket.team, ticket.severity, ticket.tags) == (back, 2, ["money", "till"])
    assert AuditEntry.objects.filter(action="rule made", object="Refunds").exists()


def test_it_shows_a_rule_as_it_was_saved(cast, shop, back, as_user):
    conditions = [{"field": "site", "values": [str(shop.pk)]}, {"field": "text", "values": ["a", "b"]}]
    rule = a_rule(back, conditions=conditions)
    client = as_user(cast.manager)
    page = client.get(f"/settings/rules/{rule.pk}/").content.decode()
    assert 'value="a, b"' in page and f'<option value="{shop.pk}" selected>' in page
    assert "Shop" in client.get("/settings/rules/").content.decode()


def test_a_rule_that_decides_nothing_is_refused(cast, as_user):
    answer = as_user(cast.manager).post("/settings/rules/new", {"name": "Nothing", "is_active": "on"})
    assert answer.status_code == 422 and not RoutingRule.objects.exists()


def test_it_moves_rules_and_turns_them_off(cast, back, as_user):
    for position, name in enumerate("ABC"):
        a_rule(back, name=name, position=position)
    client, last = as_user(cast.manager), RoutingRule.objects.get(name="C")
    client.post(f"/settings/rules/{last.pk}/position", {"to": "up"})
    client.post(f"/settings/rules/{last.pk}/activation", {"on": "0"})
    assert [r.name for r in RoutingRule.objects.all()] == ["A", "C", "B"]
    assert not RoutingRule.objects.get(name="C").is_active
    assert client.get(f"/settings/rules/{last.pk}/position").status_code == 405


def test_it_tries_a_rule_on_the_last_tickets_without_touching_them(cast, shop, back, security, as_user):
    make.ticket(requester=cast.customer, site=shop, subject="Please refund me")
    make.ticket(requester=cast.customer, site=shop, subject="Logo is blurred")
    make.ticket(requester=cast.customer, subject="Secret refund", team=security)
    data = {"name": "Refunds", "is_active": "on", "team": back.pk, "if_text_0": "refund"}
    client = as_user(cast.manager)
    page = client.post("/settings/rules/trial", data).content.decode()
    assert "1 of the last 2 tickets would match" in page and "1 would be placed differently" in page
    assert "Please refund me" in page and "Secret" not in page and "Front-end" in page and "Back-end" in page
    part = client.post("/settings/rules/trial", data, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "1 of the last 2" in part
    assert not RoutingRule.objects.exists() and Ticket.objects.filter(team=back).count() == 0


def test_a_trial_respects_the_rules_before_it(cast, shop, back, security, as_user):
    a_rule(security, name="First", position=1)
    edited = a_rule(back, name="Second", position=2)
    make.ticket(requester=cast.customer, site=shop, subject="refund", team=shop.fallback_team)
    data = {"name": "Second", "is_active": "on", "team": back.pk, "if_text_0": "refund"}
    page = as_user(cast.manager).post(f"/settings/rules/{edited.pk}/trial", data).content.decode()
    assert "1 of the last 1 ticket would match" in page and "None would be placed differently" in page
    first = RoutingRule.objects.get(name="First")
    off = {"name": "First", "team": security.pk, "if_text_0": "refund"}
    page = as_user(cast.manager).post(f"/settings/rules/{first.pk}/trial", off).content.decode()
    assert "1 would be placed differently" in page


def test_a_trial_asks_as_much_for_a_hundred_tickets_as_for_one(
    cast, shop, back, as_user, django_assert_max_num_queries
):
    for number in range(12):
        make.ticket(requester=cast.customer, site=shop, subject=f"refund {number}")
    data = {"name": "R", "is_active": "on", "team": back.pk, "if_text_0": "refund"}
    client = as_user(cast.manager)
    with django_assert_max_num_queries(12):
        client.post("/settings/rules/trial", data, headers={"HX-Request": "true"})


def test_it_lists_rules_in_constant_statements(cast, shop, back, as_user, django_assert_max_num_queries):
    for number in range(15):
        a_rule(back, name=f"R{number}", conditions=[{"field": "site", "values": [str(shop.pk)]}])
    client = as_user(cast.manager)
    with django_assert_max_num_queries(7):
        client.get("/settings/rules/")


def test_a_deleted_rule_leaves_its_tickets(cast, shop, back, as_user):
    rule = a_rule(back)
    ticket = make.ticket(requester=cast.customer, site=shop, subject="refund")
    as_user(cast.manager).post(f"/settings/rules/{rule.pk}/deletion")
    ticket.refresh_from_db()
    assert (ticket.rule, ticket.team) == (None, back)


def test_it_edits_forms(cast, shop, as_user):
    client = as_user(cast.manager)
    data = {"title": "Report a fault", "slug": "fault", "kind": "incident", "position": 1, "is_active": "on"}
    assert client.post("/settings/forms/new", data).status_code == 302
    again = client.post("/settings/forms/new", data)
    assert again.status_code == 422 and "has this address already" in again.content.decode()
    form = Form.objects.get(slug="fault")
    client.post(f"/settings/forms/{form.pk}/", data | {"title": "Tell us", "site": shop.pk})
    form.refresh_from_db()
    assert (form.title, form.site) == ("Tell us", shop) and "Tell us" in client.get("/settings/forms/").content.decode()
    client.post(f"/settings/forms/{form.pk}/deletion")
    assert not Form.objects.filter(slug="fault").exists()
    assert client.post("/settings/forms/new", data | {"slug": "not a slug"}).status_code == 422


def test_the_matrix_decides_the_next_ticket(cast, shop, as_user):
    client = as_user(cast.manager)
    data = {f"{i}_{u}": "3" for i in ("high", "medium", "low") for u in ("high", "medium", "low")} | {"low_low": "1"}
    assert client.post("/settings/severity/", data).status_code == 302
    assert SeverityCell.objects.count() == 9
    ticket = make.ticket(requester=cast.customer, site=shop, impact="low", urgency="low")
    assert ticket.severity == 1
    assert client.post("/settings/severity/", data | {"low_low": "9"}).status_code == 422
