"""Rows in and out at the cost of their statements."""

from copy import deepcopy

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import IdempotentRequest, Membership, User
from catalog.models import Site
from lib.rows import MANY, ByKey, array, insert, update
from tests import make
from tests.make import T0
from tickets.models import Event, Ticket

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("value", ["", 'a "b" \\ {c}, NULL', "NULL", "two\nlines, 100 %", "ü'"])
def test_a_text_within_an_array_stays_what_it_is(value):
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(%s::text[])", [array([value, None])])
        assert cursor.fetchall() == [(value,), (None,)]


def test_what_cannot_be_an_item_is_refused():
    with pytest.raises(TypeError):
        array([b"bytes"])


def lines(ticket: Ticket, count: int) -> list[Event]:
    data = {"words": 'it\'s "quoted" 100 % \\ ünï'}
    return [Event(ticket=ticket, kind="noted", at=T0, via=f"v{n}", data=data) for n in range(count)]


@pytest.mark.parametrize("count", [1, MANY - 1, MANY, MANY + 30])
def test_rows_come_back_as_they_went_in_with_their_keys_in_order(shop, django_assert_num_queries, count):
    rows = lines(make.ticket(site=shop), count)
    with django_assert_num_queries(1):
        insert(rows)
    found = {event.pk: event for event in Event.objects.filter(kind="noted")}
    assert [found[row.pk].via for row in rows] == [f"v{n}" for n in range(count)]
    assert sorted(row.pk for row in rows) == [row.pk for row in rows]
    assert (rows[0].recorded_at, rows[0].data) == (found[rows[0].pk].recorded_at, found[rows[0].pk].data)


def test_lists_and_defaults_of_a_row_are_written_too(front, shop):
    ticket = Ticket(subject="x", team=front, channel="api", opened_at=T0, last_event_at=T0, tags=["a,b", "c"])
    insert([ticket])
    found = Ticket.objects.get(pk=ticket.pk)
    assert (found.tags, found.token, found.status, found.custom) == (["a,b", "c"], ticket.token, "new", {})


def test_a_key_that_is_there_is_refused_or_left_out():
    def answer() -> IdempotentRequest:
        return IdempotentRequest(owner="a", key="k", fingerprint="f", created_at=T0)

    insert([answer()])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert([answer()])
    insert([answer(), answer()], new_only=True)
    assert IdempotentRequest.objects.count() == 1
    insert([])


def test_one_is_found_by_its_key_with_what_belongs_to_it(cast, shop, django_assert_num_queries):
    people = ByKey(lambda: User.objects.select_related("organisation"), "email", "a@people.example")
    with django_assert_num_queries(2):
        found = people.find("cora@acme.example")
        assert found == cast.customer and found.organisation == cast.acme
        assert people.find("nobody@acme.example") is None
    assert people.find("ada@people.example").organisation is None
    sites = ByKey(lambda: Site.objects.filter(is_active=True).select_related("fallback_team"), "slug", "a")
    assert sites.find("shop").fallback_team == shop.fallback_team
    Site.objects.update(is_active=False)
    assert deepcopy(sites) is sites and sites.find("shop") is None


def test_a_query_that_asks_for_more_than_its_key_is_no_query_by_key():
    members = ByKey(lambda: Membership.objects.filter(team__slug="x"), "pk", 1)
    with pytest.raises(TypeError):
        members.find(1)


def test_several_are_found_by_their_keys(cast, django_assert_num_queries):
    people = ByKey(lambda: User.objects.select_related("organisation"), "email", "a@people.example")
    with django_assert_num_queries(1):
        found = people.among(["cora@acme.example", "ada@people.example", "cora@acme.example", "nobody@acme.example"])
        assert {person.email for person in found} == {"cora@acme.example", "ada@people.example"}
        assert people.among([]) == []


def test_a_row_is_written_as_it_is_now(front, shop):
    ticket = Ticket(subject="x", team=front, channel="api", opened_at=T0, last_event_at=T0)
    insert([ticket])
    ticket.subject, ticket.tags, ticket.custom, ticket.site = "y", ["a,b"], {"c": [1]}, shop
    update(ticket)
    found = Ticket.objects.get(pk=ticket.pk)
    assert (found.subject, found.tags, found.custom, found.site) == ("y", ["a,b"], {"c": [1]}, shop)
