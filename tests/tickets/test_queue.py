"""The queue: who sees what, in which order, narrowed and paged; never a 5xx, never more statements with more rows."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Team
from catalog.models import Site
from tests import make
from tickets.actions import assignment, progress
from tickets.models import Ticket
from tickets.paging import SORTS, page_of
from tickets.queues import ORDER, VIEWS, counts, tickets_of

As = Callable[..., Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast: SimpleNamespace, shop: Site, as_user: As) -> Client:
    """The front-end agent's browser."""
    return as_user(cast.agent)


def opened(cast: SimpleNamespace, site: Site, many: int, **fields: object) -> list[Ticket]:
    return [
        make.ticket(requester=cast.customer, site=site, subject=f"Broken {n}", at=make.later(minutes=n), **fields)
        for n in range(many)
    ]


def numbers(response: object) -> list[int]:
    return [ticket.pk for ticket in response.context["rows"]]  # type: ignore[attr-defined]


# -- views ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", VIEWS)
def test_it_shows_each_view(desk: Client, cast: SimpleNamespace, shop: Site, key: str) -> None:
    opened(cast, shop, 3)
    assert desk.get(f"/queue/{key}").status_code == 200


def test_it_does_not_know_other_views(desk: Client) -> None:
    assert desk.get("/queue/everything").status_code == 404


def test_it_sends_a_stranger_to_sign_in_and_shows_a_requester_nothing(
    cast: SimpleNamespace, as_user: As, client: Client
) -> None:
    assert client.get("/queue/all").headers["Location"].startswith("/accounts/login/")
    assert as_user(cast.customer).get("/queue/all").status_code == 404


def test_it_lists_what_needs_me_mine_and_nobodys_of_my_teams(
    desk: Client, cast: SimpleNamespace, shop: Site, back: Team
) -> None:
    nobodys, mine, others, elsewhere = opened(cast, shop, 4)
    assignment.assign(ticket=mine, to=cast.agent, at=make.later(hours=1), actor=None, via="web")
    assignment.assign(ticket=others, to=cast.manager, at=make.later(hours=1), actor=None, via="web")
    assignment.change_team(ticket=elsewhere, to=back, at=make.later(hours=1), actor=None, via="web")
    assert set(numbers(desk.get("/queue/needs-me"))) == {nobodys.pk, mine.pk}
    assert set(numbers(desk.get("/queue/team"))) == {nobodys.pk, mine.pk, others.pk}
    assert set(numbers(desk.get("/queue/unassigned"))) == {nobodys.pk, elsewhere.pk}


def test_it_never_shows_or_counts_a_restricted_teams_tickets(
    desk: Client, cast: SimpleNamespace, shop: Site, security: Team, as_user: As
) -> None:
    secret = make.ticket(requester=cast.customer, team=security, subject="Leaked keys")
    assert numbers(desk.get("/queue/all")) == []
    assert counts(cast.agent, make.T0)["all"] == 0
    assert numbers(as_user(cast.guard).get("/queue/all")) == [secret.pk]
    assert counts(cast.guard, make.T0)["needs-me"] == 1


@pytest.mark.parametrize("who", ["agent", "other_agent", "guard", "manager", "admin"])
@pytest.mark.parametrize("key", VIEWS)
def test_it_shows_each_person_the_tickets_of_the_view_and_counts_them(
    cast: SimpleNamespace, shop: Site, security: Team, back: Team, as_user: As, who: str, key: str
) -> None:
    """The list and the counts are asked by statements that were written for a role: they hold what the view says."""
    person = getattr(cast, who)
    opened(cast, shop, 2)
    mine, waiting, elsewhere = opened(cast, shop, 3)
    make.ticket(requester=cast.customer, team=security, subject="Leaked keys")
    assignment.assign(ticket=mine, to=person, at=make.later(hours=1), actor=None, via="web")
    assignment.change_team(ticket=elsewhere, to=back, at=make.later(hours=1), actor=None, via="web")
    progress.change_status(ticket=waiting, to="waiting", at=make.later(hours=1), actor=cast.agent, via="web")
    wanted = tickets_of(VIEWS[key], person, timezone.now()).open()
    assert numbers(as_user(person).get(f"/queue/{key}")) == [row.pk for row in page_of(wanted, sort=ORDER).rows]
    assert counts(person, timezone.now())[key] == wanted.count()


def test_it_counts_every_view_in_one_statement(
    cast: SimpleNamespace, shop: Site, django_assert_num_queries: Callable[..., object]
) -> None:
    first, second, _ = opened(cast, shop, 3)
    progress.change_status(ticket=first, to="waiting", at=make.later(hours=1), actor=cast.agent, via="web")
    Ticket.objects.update(next_due_at=None)
    Ticket.objects.filter(pk=second.pk).update(next_due_at=make.T0)
    with django_assert_num_queries(1):
        found = counts(cast.agent, make.T0)
    assert found == {"needs-me": 2, "team": 3, "unassigned": 3, "at-risk": 1, "waiting": 1, "all": 3}


def test_it_shows_only_what_is_open_until_asked_for_more(desk: Client, cast: SimpleNamespace, shop: Site) -> None:
    gone, stays = opened(cast, shop, 2)
    progress.cancel(ticket=gone, reason="spam", at=make.later(hours=1), actor=cast.agent, via="web")
    assert numbers(desk.get("/queue/all")) == [stays.pk]
    assert set(numbers(desk.get("/queue/all?status=any"))) == {gone.pk, stays.pk}
    assert numbers(desk.get("/queue/all?status=cancelled")) == [gone.pk]


# -- narrowing --------------------------------------------------------------------------------------------------------
def test_it_narrows_by_each_filter(desk: Client, cast: SimpleNamespace, shop: Site, front: Team) -> None:
    component = make.component(shop, "Checkout")
    wanted = make.ticket(
        requester=cast.customer, site=shop, component=component, subject="Voucher refused", kind="request", severity=2,
        channel="phone", tags=("billing",), at=make.later(days=2),
    )  # fmt: skip
    opened(cast, shop, 2, body="other words")
    Ticket.objects.filter(pk=wanted.pk).update(requester=cast.stranger, organisation=None)
    asked = (
        "severity=2", "severity=2&severity=1", f"component={component.pk}", "kind=request", "channel=phone",
        "tag=billing", "tag=Billing", f"requester={cast.stranger.pk}", "opened_after=2026-03-03", "q=voucher",
        f"number=%23{wanted.pk}", f"team={front.pk}&q=voucher", f"site={shop.pk}&kind=request",
        "opened_after=2026-03-04T08:00:00Z",
    )  # fmt: skip
    for query in asked:
        assert numbers(desk.get(f"/queue/all?{query}")) == [wanted.pk], query
    assert wanted.pk not in numbers(desk.get(f"/queue/all?organisation={cast.acme.pk}"))
    assert wanted.pk not in numbers(desk.get("/queue/all?opened_before=2026-03-03"))
    assert numbers(desk.get("/queue/all?breached=yes")) == []
    assert len(numbers(desk.get("/queue/all?assignee=none"))) == 3
    assert numbers(desk.get("/queue/all?assignee=me")) == []


HOSTILE = (
    "severity=9", "severity=x", "team=99999999999999999999", "team=0", "status=deleted", "assignee=%00", "assignee=you",
    "number=%23x", "number=12345678901234567890", "opened_after=yesterday", "opened_after=9999-12-31T23:59:59-14:00",
    "opened_before=0001-01-01T00:00:00%2B14:00", "sort=password", "site=-1", "tag=%00", "q=%00", "component=1'--",
    "rating=6", "kind[]=x&kind=y", "requester=%F0%9F%92%A9", "breached=perhaps", "organisation=abc", "due_before=1",
)  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE)
def test_it_answers_nonsense_with_a_reason(desk: Client, cast: SimpleNamespace, shop: Site, query: str) -> None:
    response = desk.get(f"/queue/all?{query}")
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        assert "This list cannot be shown." in response.content.decode()


@pytest.mark.parametrize("query", ["q=%27%22%28%29%3C%26|!", "q=" + "a" * 5000, "utm_source=mail&csrf=1", "cursor=%00"])
def test_it_shrugs_at_what_it_does_not_understand(desk: Client, query: str) -> None:
    assert desk.get(f"/queue/all?{query}").status_code in (200, 400)


def test_it_shows_filters_as_chips_that_come_off(desk: Client, cast: SimpleNamespace, shop: Site, front: Team) -> None:
    opened(cast, shop, 1)
    response = desk.get(f"/queue/all?severity=3&severity=4&team={front.pk}&assignee=none&sort=newest")
    chips = {chip.text: chip.url for chip in response.context["filters"]}
    assert chips["P3 medium"] == f"/queue/all?severity=4&team={front.pk}&assignee=none&sort=newest"
    assert {"P4 low", "Front-end", "Nobody"} < set(chips)


def test_it_offers_the_filters_on_a_page_of_their_own(desk: Client) -> None:
    assert b"<html" in desk.get("/queue/team/filters").content
    assert b"<html" not in desk.get("/queue/team/filters?team=1", headers={"HX-Request": "true"}).content


# -- paging -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("sort", SORTS)
def test_it_pages_forth_and_back_through_every_order(cast: SimpleNamespace, shop: Site, sort: str) -> None:
    tickets = opened(cast, shop, 8)
    for place, ticket in enumerate(tickets[:5]):  # ties, and three without a deadline
        Ticket.objects.filter(pk=ticket.pk).update(next_due_at=make.later(hours=place // 2), severity=1 + place % 2)
    everything = [ticket.pk for ticket in page_of(Ticket.objects.all(), sort=sort, size=50).rows]
    assert sorted(everything) == [ticket.pk for ticket in tickets]
    seen, backwards, page = [], [], page_of(Ticket.objects.all(), sort=sort, size=3)
    seen += [ticket.pk for ticket in page.rows]
    while page.next:
        page = page_of(Ticket.objects.all(), sort=sort, cursor=page.next, size=3)
        seen += [ticket.pk for ticket in page.rows]
    while page.prev:
        page = page_of(Ticket.objects.all(), sort=sort, cursor=page.prev, size=3)
        backwards.insert(0, [ticket.pk for ticket in page.rows])
    assert seen == everything
    assert [pk for rows in backwards for pk in rows] == everything[:6]
    assert not page.prev


@pytest.mark.parametrize("cursor", ["x", "W10", "AAAA", "%00", "WyJkdWUiLCJuZXh0Iiw1XQ", "é", "W1tbW1tbW1tb" * 90])
def test_it_takes_a_bad_cursor_for_the_first_page(cast: SimpleNamespace, shop: Site, cursor: str) -> None:
    opened(cast, shop, 2)
    for sort in SORTS:
        assert len(page_of(Ticket.objects.all(), sort=sort, cursor=cursor).rows) == 2


@pytest.mark.parametrize("many", [5, 30])
def test_it_asks_as_many_statements_for_five_rows_as_for_thirty(
    desk: Client, cast: SimpleNamespace, shop: Site, many: int, django_assert_num_queries: Callable[..., object]
) -> None:
    opened(cast, shop, many)
    desk.get("/queue/all")
    with django_assert_num_queries(7):  # session, person, list, counts, unreached, held mail, teams of the bulk bar
        response = desk.get("/queue/all")
    assert len(numbers(response)) == min(many, 25)


# -- live and bulk ----------------------------------------------------------------------------------------------------
def test_it_answers_htmx_with_the_regions_that_change(desk: Client, cast: SimpleNamespace, shop: Site) -> None:
    opened(cast, shop, 1)
    text = desk.get("/queue/all", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in text
    assert 'hx-target="#rail-views"' in text and 'id="list-rows"' in text


def test_it_takes_several_at_once_and_tells_what_was_refused(
    desk: Client, cast: SimpleNamespace, shop: Site, security: Team
) -> None:
    one, two = opened(cast, shop, 2)
    hidden = make.ticket(requester=cast.customer, team=security)
    response = desk.post("/queue/all/assignments", {"ids": [one.pk, two.pk, hidden.pk, "x"]})
    assert (response.status_code, response.headers["Location"]) == (303, "/queue/all")
    assert [str(m) for m in get_messages(response.wsgi_request)] == ["2 tickets assigned to you."]
    assert set(Ticket.objects.filter(assignee=cast.agent).values_list("pk", flat=True)) == {one.pk, two.pk}


def test_it_moves_several_to_a_team_one_may_name(
    desk: Client, cast: SimpleNamespace, shop: Site, back: Team, security: Team
) -> None:
    (one,) = opened(cast, shop, 1)
    assert desk.post("/queue/all/teams", {"ids": [one.pk], "team": security.pk}).status_code == 404
    beside = make.team("Beside", tier=1)
    assert desk.post("/queue/all/teams?severity=3", {"ids": [one.pk], "team": beside.pk}).status_code == 303
    one.refresh_from_db()
    assert one.team == beside


def test_it_moves_none_up_a_tier_without_a_packet(desk: Client, cast: SimpleNamespace, shop: Site, back: Team) -> None:
    (one,) = opened(cast, shop, 1)
    response = desk.post("/queue/all/teams", {"ids": [one.pk], "team": back.pk})
    assert [str(m) for m in get_messages(response.wsgi_request)] == [
        f"#{one.pk}: Back-end is a higher tier (L2): hand it over, with a packet."
    ]


def test_it_offers_a_restricted_team_to_its_members_only(desk: Client, cast: SimpleNamespace, security: Team) -> None:
    assert "Security" not in desk.get("/queue/all").content.decode()
    Membership.objects.create(team=security, user=cast.agent)
    assert "Security" in desk.get("/queue/all").content.decode()
