"""The ticket's page: what it shows, to whom, and at what cost."""

import re
from html import unescape

import pytest
from django.test import Client

from tests import make
from tests.make import later
from tickets.actions import assignment, conversation, filing, merging, progress
from tickets.events import record, working_on
from tickets.models import Kind, RoutingRule, Ticket

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def page(client: Client, ticket: Ticket, **headers: str) -> str:
    return client.get(f"/tickets/{ticket.pk}", headers=headers).content.decode()


def words(html: str) -> str:
    """What a person would read: no tags, no doubled blanks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


@pytest.fixture
def ticket(cast, shop):
    return make.ticket(requester=cast.customer, site=shop)


def test_it_shows_the_conversation_and_the_composer(cast, ticket, as_user):
    html = page(as_user(cast.agent), ticket)
    assert "Checkout fails" in html
    assert "It says error 500." in html
    assert 'id="composer"' in html
    assert 'id="list"' in html


def test_a_row_of_the_list_gets_only_the_ticket(cast, ticket, as_user):
    answer = as_user(cast.agent).get(f"/tickets/{ticket.pk}", headers=HTMX)
    html = answer.content.decode()
    assert 'id="ticket"' in html
    assert "<title>" in html
    assert 'id="list"' not in html
    assert "HX-Request" in answer["Vary"]


def test_it_is_not_there_for_who_may_not_see_it(cast, ticket, security, as_user):
    secret = make.ticket(requester=cast.stranger, team=security)
    for path in ("", "/live", "/team", "/merge", "/resolution"):
        assert as_user(cast.agent).get(f"/tickets/{secret.pk}{path}").status_code == 404
        assert as_user(cast.customer).get(f"/tickets/{ticket.pk}{path}").status_code == 404
        assert Client().get(f"/tickets/{ticket.pk}{path}").status_code == 302
    assert as_user(cast.guard).get(f"/tickets/{secret.pk}").status_code == 200


def test_it_says_which_rule_placed_it_and_why(cast, shop, back, as_user):
    make_rule = RoutingRule.objects.create
    make_rule(name="Payments", team=back, conditions=[{"field": "text", "values": ["invoice"]}])
    placed = make.ticket(requester=cast.customer, site=shop, subject="My invoice")
    said = words(page(as_user(cast.agent), placed))
    assert "Routing rule “Payments” placed it with Back-end: text contains “invoice”" in said
    unplaced = make.ticket(requester=cast.customer, site=shop)
    assert "No routing rule matched: the fallback team Front-end has it" in words(page(as_user(cast.agent), unplaced))


def test_the_timeline_says_what_happened_in_words(cast, ticket, back, as_user):
    do = {"at": later(minutes=1), "actor": cast.agent, "via": "web"}
    filing.change_severity(ticket=ticket, to=2, reason="Ten customers wrote", **do)
    filing.promise(ticket=ticket, expected_by=later(days=1), **do)
    progress.change_status(ticket=ticket, to="on_hold", reason="Supplier", wakes_at=later(days=2), **do)
    with working_on(ticket.pk, at=later(hours=5)) as locked:
        due = later(hours=4).isoformat()
        record(locked, Kind.BREACHED, at=locked.now, data={"obligation": "first_response", "due": due})
    said = words(page(as_user(cast.agent), ticket))
    assert "Ada changed the severity from P3 to P2: Ten customers wrote" in said
    assert "Ada promised it by Tue 3 Mar, 09:00" in said
    assert "Ada set it to On hold until Wed 4 Mar, 09:00: Supplier" in said
    assert "First response missed its deadline, due Mon 2 Mar, 13:00" in said


def test_an_alert_says_what_it_did_and_links_only_to_the_web(cast, ticket, as_user):
    with working_on(ticket.pk, at=later(minutes=1)) as locked:
        for link in ("https://prom.example/graph", "javascript:alert(1)"):
            facts = {"title": "Disk full", "source": "Prometheus", "count": 4, "link": link}
            record(locked, Kind.ALERT_FIRED, at=locked.now, data=facts)
    html = page(as_user(cast.agent), ticket)
    assert "Prometheus fired: Disk full (4 times) Open" in words(html)
    assert "https://prom.example/graph" in html
    assert "javascript:" not in html


def test_runs_of_small_changes_are_folded(cast, ticket, as_user):
    do = {"actor": cast.agent, "via": "web"}
    assignment.assign(ticket=ticket, to=cast.agent, at=later(minutes=1), **do)
    filing.set_tags(ticket=ticket, tags=["money"], at=later(minutes=2), **do)
    assignment.change_team(ticket=ticket, to=make.team("Beside", tier=1), at=later(minutes=3), **do)
    said = words(page(as_user(cast.agent), ticket))
    assert "4 changes: assignee, acknowledged, tags, team" in said
    assert "Ada moved it from Front-end to Beside" in said


def test_an_internal_note_is_marked(cast, ticket, as_user):
    conversation.note(ticket=ticket, body="Do not tell.", at=later(minutes=1), actor=cast.agent, via="web")
    html = page(as_user(cast.agent), ticket)
    assert "msg--internal" in html
    assert "Internal note" in html


def test_a_merged_ticket_points_to_its_target_and_takes_no_reply(cast, shop, ticket, as_user):
    duplicate = make.ticket(requester=cast.customer, site=shop, subject="Same again", body="As before.")
    merging.merge(source=duplicate, target=ticket, at=later(minutes=1), actor=cast.agent, via="web")
    client = as_user(cast.agent)
    html = page(client, duplicate)
    assert f"This ticket was merged into #{ticket.pk}" in words(html)
    assert 'name="body"' not in html
    assert "As before." in page(client, ticket)
    assert f"from #{duplicate.pk}" in words(page(client, ticket))


def test_the_requester_card_counts_their_other_tickets(cast, shop, ticket, as_user):
    for number in range(5):
        make.ticket(requester=cast.customer, site=shop, subject=f"Old {number}")
    said = words(page(as_user(cast.agent), ticket))
    assert "5 other tickets" in said
    assert "Acme" in said


def test_hostile_words_stay_words(cast, shop, as_user):
    evil = "<script>window.__pwned=1</script>"
    cast.customer.name = evil
    cast.customer.save()
    ticket = make.ticket(requester=cast.customer, site=shop, subject=evil, body=f"{evil} <img src=x onerror=alert(1)>")
    do = {"at": later(minutes=1), "actor": cast.agent, "via": "web"}
    filing.set_tags(ticket=ticket, tags=[evil], **do)
    filing.change_severity(ticket=ticket, to=2, reason=evil, **do)
    html = page(as_user(cast.agent), ticket)
    assert "<script>window" not in html
    assert "<img src=x" not in html


def test_the_page_costs_the_same_however_long_the_conversation(
    cast, shop, ticket, as_user, django_assert_max_num_queries
):
    client = as_user(cast.agent)
    for number in range(9):
        conversation.note(ticket=ticket, body=f"Note {number}", at=later(minutes=number), actor=cast.agent, via="web")
    page(client, ticket)
    with django_assert_max_num_queries(15) as short:
        page(client, ticket)
    for number in range(20):
        conversation.receive(
            ticket=ticket, body=f"And {number}", at=later(hours=number), actor=cast.customer, via="form"
        )
    with django_assert_max_num_queries(15) as long:
        page(client, ticket)
    assert len(long) == len(short), "\n".join(query["sql"][:200] for query in long.captured_queries)


def test_a_very_long_history_is_cut_with_a_link_to_the_rest(cast, ticket, as_user):
    with working_on(ticket.pk, at=later(minutes=1)) as locked:
        for _ in range(320):
            record(locked, Kind.ALERT_REPEATED, at=locked.now, data={"title": "Disk full"})
    client = as_user(cast.agent)
    assert "Show the earlier history" in page(client, ticket)
    assert "Show the earlier history" not in client.get(f"/tickets/{ticket.pk}?history=all").content.decode()
