"""The handover on the pages: the form, the card, the answer, the queue, the settings."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from tests import make
from tests.make import later
from tickets.actions.handover import bounce_handover, hand_over
from tickets.models import Handover, PacketRule, Ticket

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PACKET = {"impact": "Nobody can pay.", "symptoms": "Error 500.", "tried": "Another card.", "environment": "Shop."}


@pytest.fixture
def ticket(cast, shop):
    return make.ticket(requester=cast.customer, site=shop, impact="high", urgency="low")


@pytest.fixture
def handed(cast, ticket, back):
    packet = PACKET | {"evidence": "<b>See</b> https://logs.example/7"}
    hand_over(ticket=ticket, to=back, packet=packet, at=later(minutes=5), actor=cast.agent, via="web")
    return Ticket.objects.get(pk=ticket.pk)


def page(client, ticket: Ticket, path: str = "") -> str:
    return client.get(f"/tickets/{ticket.pk}{path}").content.decode()


def test_the_form_offers_the_teams_above_and_begins_with_what_is_known(cast, ticket, security, as_user):
    make.team("Architects", tier=3)
    html = page(as_user(cast.agent), ticket, "/handover")
    for words in ("Back-end (L2)", "Architects (L3)", "High impact, low urgency", "Checkout fails", "It says error"):
        assert words in html
    assert "Front-end (L1)" not in html


def test_the_form_begins_with_the_last_packet_when_there_was_one(cast, handed, as_user):
    bounce_handover(ticket=handed, reason="Which card?", at=later(minutes=9), actor=cast.other_agent, via="web")
    assert "Nobody can pay." in page(as_user(cast.agent), handed, "/handover")


def test_without_a_team_above_the_form_says_what_to_do(cast, shop, as_user):
    top = make.ticket(team=make.team("Architects", tier=3))
    assert "no team of a higher tier" in page(as_user(cast.agent), top, "/handover")
    assert f"/tickets/{top.pk}/handover" not in page(as_user(cast.agent), top)


def test_it_is_handed_over_by_a_plain_form(cast, ticket, back, as_user):
    client = as_user(cast.agent)
    answer = client.post(f"/tickets/{ticket.pk}/handover", PACKET | {"team": back.pk})
    assert (answer.status_code, Ticket.objects.get(pk=ticket.pk).team) == (302, back)
    html = page(client, ticket)
    assert "not accepted yet" in html
    assert "/handover/acceptance" not in html


def test_a_packet_that_lacks_a_part_comes_back_with_the_field_named(cast, ticket, back, as_user):
    answer = as_user(cast.agent).post(f"/tickets/{ticket.pk}/handover", PACKET | {"team": back.pk, "tried": " "})
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"tried"}
    assert not Handover.objects.exists()


def test_the_receiving_team_reads_the_packet_and_accepts_it(cast, handed, as_user):
    client = as_user(cast.other_agent)
    html = page(client, handed)
    assert "Front-end (L1) handed it to Back-end (L2)" in html
    assert "&lt;b&gt;See&lt;/b&gt;" in html
    assert '<a href="https://logs.example/7" rel="nofollow">' in html
    answer = client.post(f"/tickets/{handed.pk}/handover/acceptance", headers=HTMX).content.decode()
    assert 'hx-target="#handover"' in answer
    assert "accepted by Ben" in answer
    assert "/handover/acceptance" not in answer


def test_a_bounce_asks_why_and_sends_it_back(cast, handed, front, as_user):
    client, url = as_user(cast.other_agent), f"/tickets/{handed.pk}/handover/bounce"
    assert client.post(url, {"reason": " "}).status_code == 422
    assert client.post(url, {"reason": "Which <card>?"}).status_code == 302
    html = page(as_user(cast.agent), handed)
    assert "bounced it back to <b>Front-end</b>: Which &lt;card&gt;?" in html
    assert "handed it to" not in html


def test_who_is_late_is_told(cast, handed, as_user):
    url = f"/tickets/{handed.pk}/handover/acceptance"
    as_user(cast.other_agent).post(url)
    late = as_user(cast.manager).post(url, headers=HTMX)
    assert (late.status_code, "accepted by Ben already" in late.content.decode()) == (422, True)


def test_a_ticket_that_was_never_handed_over_has_an_empty_card(cast, ticket, as_user):
    assert '<section id="handover" hidden></section>' in page(as_user(cast.agent), ticket)


def test_the_queue_marks_what_waits_to_be_accepted(cast, handed, as_user):
    client = as_user(cast.other_agent)
    assert "Handover</span>" in client.get("/queue/all").content.decode()
    client.post(f"/tickets/{handed.pk}/handover/acceptance")
    assert "Handover</span>" not in client.get("/queue/all").content.decode()


def test_the_requester_reads_nothing_of_it(cast, handed, as_user):
    html = as_user(cast.customer).get("/help/requests").content.decode()
    path = f"/tickets/{handed.pk}/handover"
    assert "Another card." not in html
    assert [as_user(cast.customer).get(path).status_code, as_user(cast.customer).post(path).status_code] == [404, 404]


def test_a_page_asks_once_more_after_a_handover_however_many_there_were(cast, shop, ticket, back, as_user):
    client = as_user(cast.other_agent)
    page(client, ticket)
    with CaptureQueriesContext(connection) as before:
        page(client, ticket)
    for minute in range(3):
        hand_over(ticket=ticket, to=back, packet=PACKET, at=later(minutes=minute), actor=cast.agent, via="web")
        if minute < 2:
            bounce_handover(ticket=ticket, reason="No.", at=later(minutes=minute), actor=cast.other_agent, via="web")
    with CaptureQueriesContext(connection) as after:
        page(client, ticket)
    assert len(after) == len(before) + 1


class TestSettings:
    URL = "/settings/handover/"

    def kinds(self) -> dict[str, list[str]]:
        return {f"kind_{rule.kind}": rule.required for rule in PacketRule.objects.exclude(kind="")}

    def test_a_manager_says_what_a_packet_must_say(self, cast, as_user):
        client = as_user(cast.manager)
        given = self.kinds() | {"kind_request": ["impact"], "new_category": "Billing", "new_parts": ["promised"]}
        assert client.post(self.URL, given).status_code == 302
        assert PacketRule.objects.get(kind="request").required == ["impact"]
        assert PacketRule.objects.get(category="Billing").required == ["promised"]
        assert AuditEntry.objects.filter(action="packet rules changed").count() == 1
        assert "Billing" in client.get(self.URL).content.decode()

    def test_a_category_without_a_rule_goes_by_the_kind_again(self, cast, as_user):
        rule = PacketRule.objects.create(category="Billing", required=["promised"])
        as_user(cast.manager).post(self.URL, self.kinds() | {f"drop_{rule.pk}": "on"})
        assert not PacketRule.objects.filter(category="Billing").exists()

    @pytest.mark.parametrize("given", [{"new_parts": ["impact"]}, {"new_category": "BILLING"}])
    def test_nonsense_is_refused_at_its_field(self, cast, as_user, given):
        rule = PacketRule.objects.create(category="Billing", required=["promised"])
        kept = {f"category_{rule.pk}": ["promised"]}
        answer = as_user(cast.manager).post(self.URL, self.kinds() | kept | given)
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["new_category"])
