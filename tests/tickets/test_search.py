"""Search: who finds what, newest first, marked safely; numbers, palette; the same cost for rare and common words."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Team
from tests import make
from tickets import search
from tickets.actions import conversation
from tickets.headlines import headlines, piece
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.fixture
def desk(cast: SimpleNamespace, shop: Any, as_user: Callable[..., Client]) -> Client:
    return as_user(cast.agent)


def note(ticket: Ticket, body: str, cast: SimpleNamespace) -> None:
    conversation.note(ticket=ticket, body=body, at=make.later(hours=1), actor=cast.agent, via="web")


def test_it_finds_words_of_subjects_and_messages_newest_first(cast: SimpleNamespace, shop: Any) -> None:
    old = make.ticket(requester=cast.customer, site=shop, subject="Vouchers refused")
    make.ticket(requester=cast.customer, site=shop, subject="Other")
    new = make.ticket(requester=cast.customer, site=shop, subject="Help", body="The voucher was refused")
    assert search.find(cast.agent, "refused voucher") == [new.pk, old.pk]
    assert search.find(cast.agent, '"refused voucher"') == []
    assert search.find(cast.agent, "voucher -help") == [old.pk]
    assert search.find(cast.agent, "voucher", before=new.pk) == [old.pk]


def test_it_finds_notes_for_the_desk_only(cast: SimpleNamespace, shop: Any) -> None:
    hers = make.ticket(requester=cast.customer, site=shop)
    note(hers, "Smells of a skimmer", cast)
    assert search.find(cast.agent, "skimmer") == [hers.pk]
    assert search.find(cast.customer, "skimmer") == []
    assert search.find(cast.customer, "checkout") == [hers.pk]
    assert search.find(cast.stranger, "checkout") == []


def test_it_finds_no_ticket_that_one_may_not_see(cast: SimpleNamespace, security: Team, desk: Client) -> None:
    secret = make.ticket(requester=cast.customer, team=security, subject="Leaked keys")
    assert search.find(cast.agent, "leaked") == []
    assert search.find(cast.guard, "leaked") == [secret.pk]
    assert "Leaked" not in desk.get("/search?q=leaked").content.decode()
    assert "Leaked" not in desk.get(f"/palette?q={secret.pk}", headers=HX).content.decode()
    assert desk.get(f"/search?q={secret.pk}").status_code == 200


def test_it_finds_across_buckets_and_without_their_words(
    cast: SimpleNamespace, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BUCKET", 2)
    made = [make.ticket(requester=cast.customer, site=shop, subject=f"Voucher {n}").pk for n in range(9)]
    assert search.find(cast.agent, "voucher", size=3) == made[:-4:-1]
    assert search.find(cast.agent, "voucher", size=50) == made[::-1]
    assert search.find(cast.agent, "voucher", size=2, before=made[4]) == [made[3], made[2]]
    for size in range(1, 12):  # however many steps that takes
        assert search.find(cast.agent, "voucher", size=size) == made[::-1][:size]
        assert search.find(cast.agent, "voucher", size=size, before=made[6]) == made[5::-1][:size]
    with connection.cursor() as cursor:  # documents of an import that knows no buckets
        cursor.execute("UPDATE tickets_searchdocument SET internal = to_tsvector('english', 'voucher')")
    assert search.find(cast.agent, "voucher", size=50) == made[::-1]


def test_it_writes_the_same_bucket_word_in_bulk(cast: SimpleNamespace, shop: Any) -> None:
    ticket = make.ticket(requester=cast.customer, site=shop)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tsvector_to_array({search.bucket_sql('%s')})", [ticket.pk])
        assert cursor.fetchone()[0] == [search.bucket_word(ticket.pk)]


def test_it_ranks_the_better_match_first(cast: SimpleNamespace, shop: Any) -> None:
    better = make.ticket(requester=cast.customer, site=shop, subject="Voucher", body="voucher voucher voucher")
    newer = make.ticket(requester=cast.customer, site=shop, body="a voucher " + "and many other things " * 30)
    assert search.best(cast.agent, "voucher") == [better.pk, newer.pk]


@pytest.mark.parametrize(
    "query",
    ["", " ", "'", "''", '"', "&|!()", "-", "or", "the", ":*", "\0", "\ud800", "@b0", "a" * 9000, "<b>", "%", "\\"],
)  # fmt: skip
def test_it_never_fails_on_what_people_type(cast: SimpleNamespace, shop: Any, query: str) -> None:
    make.ticket(requester=cast.customer, site=shop)
    assert search.find(cast.agent, query) == []
    assert search.best(cast.agent, query) == []
    headlines([1001], query, internal=True)


def test_it_marks_the_words_and_escapes_the_rest(cast: SimpleNamespace, shop: Any, desk: Client) -> None:
    body = "Look: <script>alert(1)</script> \ue000<b>failing\ue001 vouchers</b> & more"
    ticket = make.ticket(requester=cast.customer, site=shop, body=body)
    line = headlines([ticket.pk], "voucher failed", internal=True)[ticket.pk]
    assert "<mark>failing</mark> <mark>vouchers</mark>&lt;/b&gt; &amp; more" in line
    assert "&lt;script&gt;" in line
    assert str(line) in desk.get("/search?q=voucher+failed").content.decode()


def test_it_shows_no_word_of_a_note_to_a_requester(cast: SimpleNamespace, shop: Any) -> None:
    ticket = make.ticket(requester=cast.customer, site=shop, body="The voucher fails")
    note(ticket, "Her voucher is stolen", cast)
    assert "stolen" in headlines([ticket.pk], "voucher stolen", internal=True)[ticket.pk]
    assert "stolen" not in headlines([ticket.pk], "voucher stolen", internal=False)[ticket.pk]


def test_it_shows_the_neighbourhood_of_the_match() -> None:
    text = "word " * 200 + "the voucher fails here " + "more " * 200
    found = piece(["nothing", text], ["vouch"])
    assert "voucher fails" in found and found.startswith("… ") and found.endswith(" …") and len(found) < 320
    assert piece([], ["x"]) == ""


def test_it_goes_straight_to_a_number(cast: SimpleNamespace, shop: Any, desk: Client) -> None:
    ticket = make.ticket(requester=cast.customer, site=shop)
    for query in (f"%23{ticket.pk}", f"{ticket.pk}", f" {ticket.pk} "):
        assert desk.get(f"/search?q={query}").headers["Location"] == f"/tickets/{ticket.pk}"
    assert desk.get("/search?q=99999999999999999999").status_code == 200
    assert desk.get("/search?q=9223372036854775807&before=9999999999999999999999").status_code == 200


def test_it_pages_through_results(cast: SimpleNamespace, shop: Any, desk: Client) -> None:
    made = [make.ticket(requester=cast.customer, site=shop, subject=f"Voucher {n}").pk for n in range(27)]
    first = desk.get("/search?q=voucher")
    second = desk.get(first.context["next"])
    assert [row.pk for row, _ in (*first.context["hits"], *second.context["hits"])] == made[::-1]
    assert second.context["next"] is None


@pytest.mark.parametrize("many", [3, 24])
def test_it_asks_as_many_statements_for_few_results_as_for_many(
    cast: SimpleNamespace, shop: Any, desk: Client, many: int, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for n in range(many):
        make.ticket(requester=cast.customer, site=shop, subject=f"Voucher {n}")
    with django_assert_max_num_queries(12):  # session, person, newest, four steps, rows, bodies, marks, rail, calls
        desk.get("/search?q=voucher")


# -- the palette ------------------------------------------------------------------------------------------------------
def test_it_offers_tickets_people_and_commands(cast: SimpleNamespace, shop: Any, desk: Client) -> None:
    ticket = make.ticket(requester=cast.customer, site=shop, subject="Cora cannot pay")
    text = desk.get("/palette?q=cora", headers=HX).content.decode()
    assert f'href="/tickets/{ticket.pk}?view=all"' in text
    assert f'href="/queue/all?requester={cast.customer.pk}"' in text
    assert "Go to Waiting" in desk.get("/palette?q=wai", headers=HX).content.decode()
    assert f"#{ticket.pk}" in desk.get(f"/palette?q=%23{ticket.pk}", headers=HX).content.decode()


def test_it_offers_only_what_one_may(cast: SimpleNamespace, as_user: Callable[..., Client]) -> None:
    ask = {"headers": HX}
    assert "Settings" not in as_user(cast.agent).get("/palette?q=sett", **ask).content.decode()
    assert "Settings" in as_user(cast.manager).get("/palette?q=sett", **ask).content.decode()
    assert as_user(cast.customer).get("/palette?q=x", **ask).status_code == 404


def test_it_offers_the_tickets_buttons_beside_a_ticket_only(desk: Client) -> None:
    beside = {**HX, "Referer": "http://testserver/tickets/1001?view=all"}
    assert 'data-press="e"' in desk.get("/palette?q=", headers=beside).content.decode()
    assert "data-press" not in desk.get("/palette?q=", headers=HX).content.decode()


def test_it_leads_to_search_without_javascript(desk: Client) -> None:
    assert desk.get("/palette?q=a+b").headers["Location"] == "/search?q=a+b"


@pytest.mark.parametrize("query", ["%00", "%F0%9F%92%A9", "<b>", "'", "a" * 5000, "%23", "#1"])
def test_it_answers_whatever_is_typed(desk: Client, query: str) -> None:
    assert desk.get(f"/palette?q={query}", headers=HX).status_code == 200
