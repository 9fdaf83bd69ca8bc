"""Up a tier with a packet: who may, what it must say, what becomes of it."""

import pytest

from tests import make
from tests.make import later
from tickets.actions import assignment, progress
from tickets.actions.handover import accept_handover, bounce_handover, hand_over
from tickets.errors import Refused
from tickets.models import Event, Handover, HandoverState, Kind, PacketRule, Ticket

pytestmark = pytest.mark.django_db
PACKET = {
    "impact": "Nobody can pay.",
    "symptoms": "Error 500 at checkout.",
    "tried": "Another browser, another card.",
    "environment": "Shop, checkout, since this morning.",
}


@pytest.fixture
def ticket(cast, shop):
    """The agent's, with her team."""
    ticket = make.ticket(requester=cast.customer, site=shop)
    return assignment.assign(ticket=ticket, to=cast.agent, at=later(minutes=1), actor=cast.agent, via="web")


@pytest.fixture
def handed(cast, ticket, back):
    """Handed by the agent to the back-end team."""
    hand_over(ticket=ticket, to=back, packet=PACKET, at=later(minutes=5), actor=cast.agent, via="web")
    return fresh(ticket)


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("team", "assignee").get(pk=ticket.pk)


def kinds(ticket: Ticket) -> list[str]:
    return list(Event.objects.filter(ticket=ticket).order_by("id").values_list("kind", flat=True))


def test_a_handed_over_ticket_is_the_next_tiers_at_once_and_waits_to_be_accepted(cast, handed, back):
    assert (handed.team, handed.tier, handed.assignee, handed.handed_over_at) == (back, 2, None, later(minutes=5))
    row = Handover.objects.get()
    assert (row.state, row.packet, row.had_it, row.sent_by) == ("pending", PACKET, cast.agent, cast.agent)
    assert kinds(handed)[-1] == Kind.HANDED_OVER


def test_accepting_ends_the_wait_and_says_who(cast, handed):
    accept_handover(ticket=handed, at=later(minutes=9), actor=cast.other_agent, via="web")
    row = Handover.objects.get()
    assert (row.state, row.answered_by, row.answered_at) == ("accepted", cast.other_agent, later(minutes=9))
    assert fresh(handed).handed_over_at is None
    assert kinds(handed)[-1] == Kind.HANDOVER_ACCEPTED


def test_bouncing_returns_it_to_the_team_and_the_person_it_came_from(cast, handed, front):
    bounce_handover(ticket=handed, reason="Which card?", at=later(minutes=9), actor=cast.other_agent, via="web")
    ticket = fresh(handed)
    assert (ticket.team, ticket.tier, ticket.assignee, ticket.handed_over_at) == (front, 1, cast.agent, None)
    assert Handover.objects.get().reason == "Which card?"
    assert Event.objects.get(kind=Kind.HANDOVER_BOUNCED).data["reason"] == "Which card?"


def test_bouncing_leaves_it_to_nobody_when_that_person_has_left(cast, handed, front):
    cast.agent.is_active = False
    cast.agent.save()
    bounce_handover(ticket=handed, reason="Which card?", at=later(minutes=9), actor=cast.other_agent, via="web")
    assert (fresh(handed).team, fresh(handed).assignee) == (front, None)


def test_a_bounce_needs_a_reason(cast, handed):
    with pytest.raises(Refused) as refused:
        bounce_handover(ticket=handed, reason=" \n ", at=later(minutes=9), actor=cast.other_agent, via="web")
    assert refused.value.field == "reason"
    assert Handover.objects.get().state == HandoverState.PENDING


@pytest.mark.parametrize("who", ["agent", "guard"])
def test_only_the_receiving_team_and_managers_answer(cast, handed, who):
    with pytest.raises(Refused, match="Back-end"):
        accept_handover(ticket=handed, at=later(minutes=9), actor=getattr(cast, who), via="web")
    accept_handover(ticket=handed, at=later(minutes=9), actor=cast.manager, via="web")


def test_a_second_answer_is_told_who_was_faster(cast, handed):
    accept_handover(ticket=handed, at=later(minutes=9), actor=cast.other_agent, via="web")
    with pytest.raises(Refused, match="accepted by Ben"):
        bounce_handover(ticket=handed, reason="No.", at=later(minutes=10), actor=cast.manager, via="web")


def test_a_missing_part_is_refused_by_its_name(cast, ticket, back):
    for part in PACKET:
        with pytest.raises(Refused) as refused:
            hand_over(
                ticket=ticket, to=back, packet=PACKET | {part: "  "}, at=later(), actor=cast.agent, via="web"
            )  # fmt: skip
        assert refused.value.field == part
    assert fresh(ticket).tier == 1


def test_what_a_packet_must_say_depends_on_the_kind_and_before_that_on_the_category(cast, shop, back):
    PacketRule.objects.create(category="Billing", required=["promised"])
    request = make.ticket(requester=cast.customer, site=shop, kind="request")
    billing = make.ticket(requester=cast.customer, site=shop, category="billing")
    for ticket, packet in (
        (request, {"symptoms": "A login.", "promised": "Today."}),
        (billing, {"promised": "Today."}),
    ):
        hand_over(ticket=ticket, to=back, packet=packet, at=later(), actor=cast.agent, via="web")
    assert Handover.objects.count() == 2


def test_it_goes_up_only(cast, ticket, front):
    with pytest.raises(Refused, match="no higher tier"):
        hand_over(ticket=ticket, to=front, packet=PACKET, at=later(), actor=cast.agent, via="web")


def test_it_is_handed_on_only_after_it_was_accepted(cast, handed):
    architects = make.team("Architects", tier=3)
    do = {"ticket": handed, "to": architects, "packet": PACKET, "actor": cast.other_agent, "via": "web"}
    with pytest.raises(Refused, match="accept"):
        hand_over(at=later(minutes=6), **do)
    accept_handover(ticket=handed, at=later(minutes=7), actor=cast.other_agent, via="web")
    hand_over(at=later(minutes=8), **do)
    assert fresh(handed).tier == 3


def test_a_closed_door_stays_closed(cast, ticket, back):
    progress.resolve(ticket=ticket, code="fixed", text="Done.", at=later(minutes=2), actor=cast.agent, via="web")
    with pytest.raises(Refused, match="Reopen"):
        hand_over(ticket=ticket, to=back, packet=PACKET, at=later(minutes=3), actor=cast.agent, via="web")


def test_what_was_resolved_meanwhile_is_neither_accepted_nor_bounced(cast, handed):
    progress.resolve(ticket=handed, code="fixed", text="Done.", at=later(minutes=6), actor=cast.agent, via="web")
    with pytest.raises(Refused, match="resolved"):
        accept_handover(ticket=handed, at=later(minutes=7), actor=cast.other_agent, via="web")


def test_an_agent_cannot_move_it_up_without_a_packet_but_a_manager_and_the_desk_itself_can(cast, ticket, back, front):
    do = {"ticket": ticket, "at": later(minutes=2), "via": "web"}
    with pytest.raises(Refused, match="packet") as refused:
        assignment.change_team(to=back, actor=cast.agent, **do)
    assert (refused.value.field, fresh(ticket).team) == ("team", front)
    for actor in (cast.manager, None):
        assert assignment.change_team(to=back, actor=actor, **do).team == back
        assignment.change_team(to=front, actor=cast.other_agent, **do)


def test_moving_it_elsewhere_ends_the_wait(cast, handed, front):
    assignment.change_team(ticket=handed, to=front, at=later(minutes=6), actor=cast.agent, via="web")
    assert (Handover.objects.get().state, fresh(handed).handed_over_at) == (HandoverState.WITHDRAWN, None)
    with pytest.raises(Refused, match="withdrawn by Ada"):
        accept_handover(ticket=handed, at=later(minutes=7), actor=cast.other_agent, via="web")


def test_unknown_parts_and_endless_ones_are_refused(cast, ticket, back):
    for packet, field in (({"password": "x"}, "packet"), ({"impact": "x" * 4001}, "impact")):
        with pytest.raises(Refused) as refused:
            hand_over(ticket=ticket, to=back, packet=PACKET | packet, at=later(), actor=cast.agent, via="web")
        assert refused.value.field == field
