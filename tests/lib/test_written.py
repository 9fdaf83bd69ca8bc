"""Statements that are written once and asked again with other values."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.models import F, Q, Value
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from catalog.models import Site
from lib.written import Written
from tests import make
from tickets.models import Event, Ticket
from tickets.models.ticket import Among
from tickets.queues import somebody

pytestmark = pytest.mark.django_db


def test_it_gives_what_the_queryset_would_with_its_related_rows_and_annotations(
    cast: SimpleNamespace, shop: Site, django_assert_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    first, second = (make.ticket(requester=cast.customer, site=shop, tags=("a", "b")) for _ in range(2))
    rows = Ticket.objects.select_related("team", "component").annotate(town=F("site__name")).order_by("pk")
    asked = Written[Ticket](lambda pk: rows.filter(pk=pk), "pk")
    for ticket in (first, second):
        asked.ask(pk=ticket.pk)
        with django_assert_num_queries(1):
            (found,) = asked.ask(pk=ticket.pk)
            named = (found.team.name, found.component, found.town, found.tags, found.custom)  # type: ignore[attr-defined]
        assert (found.pk, found.token) == (ticket.pk, ticket.token)
        assert named == (ticket.team.name, None, "Shop", ["a", "b"], {})


def test_it_reads_json_as_the_orm_does(cast: SimpleNamespace, shop: Site) -> None:
    ticket = make.ticket(requester=cast.customer, site=shop)
    events = Written[Event](lambda pk: Event.objects.filter(ticket=pk).order_by("pk"), "pk")
    assert [one.data for one in events.ask(pk=ticket.pk)] == [one.data for one in ticket.events.order_by("pk")]


def test_it_takes_a_list_a_nothing_and_the_same_value_twice(cast: SimpleNamespace, front: Team) -> None:
    several = Written[User](lambda keys: User.objects.filter(Among(F("pk"), Value(keys))).order_by("pk"), "keys")
    assert several.ask(keys=[cast.agent.pk, cast.admin.pk]) == sorted([cast.agent, cast.admin], key=lambda one: one.pk)
    assert several.ask(keys=[]) == []
    twice = Written[Team](lambda pk: Team.objects.filter(Q(pk=pk) | Q(manager=pk)), "pk")
    assert twice.ask(pk=front.pk) == [front]
    assert twice.ask(pk=None) == []


def test_it_writes_a_statement_for_each_kind(cast: SimpleNamespace, security: Team) -> None:
    secret = make.ticket(requester=cast.customer, team=security)
    mine = Written[tuple[int]](
        lambda role, me: Ticket.objects.visible_to(somebody(role, me)).values_list("pk"), maybe=("me",)
    )
    assert mine.ask(cast.agent.role, me=cast.agent.pk) == []
    assert mine.ask(cast.guard.role, me=cast.guard.pk) == [(secret.pk,)]
    assert mine.ask(cast.admin.role, me=cast.admin.pk) == [(secret.pk,)]


def test_it_refuses_a_value_that_the_statement_does_not_ask_for() -> None:
    with pytest.raises(TypeError, match="does not ask for name"):
        Written[User](lambda pk, name: User.objects.filter(pk=pk), "pk", "name").ask(pk=1, name=2)


def test_nothing_can_be_decided_by_what_is_not_known_of_somebody(cast: SimpleNamespace) -> None:
    """A rule of who sees what that asked for more than the role would be frozen into everybody's statement."""
    with pytest.raises(User.DoesNotExist):
        Written[Ticket](
            lambda role, me: Ticket.objects.filter(organisation=somebody(role, me).organisation), maybe=("me",)
        ).ask("agent", me=cast.agent.pk)


def test_it_is_the_same_statement_each_time(cast: SimpleNamespace) -> None:
    one = Written[User](lambda pk: User.objects.filter(pk=pk), "pk")
    with CaptureQueriesContext(
        connection,
    ) as sent:
        one.ask(pk=cast.agent.pk)
        one.ask(pk=cast.admin.pk)
    first, second = (query["sql"] for query in sent.captured_queries)
    assert first.replace(str(cast.agent.pk), "") == second.replace(str(cast.admin.pk), "")
