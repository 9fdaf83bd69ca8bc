"""Two people answer one handover at once: real threads, real transactions."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from accounts.models import Role
from tests import make
from tests.make import later
from tickets.actions.handover import accept_handover, bounce_handover, hand_over
from tickets.errors import Refused
from tickets.models import Event, Handover, Kind, Ticket

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
PACKET = {"impact": "All.", "symptoms": "Error 500.", "tried": "Again.", "environment": "Shop."}


def at_once(*verbs):
    """The refusals of verbs that all begin at the same instant, each on a connection of its own; None where it was
    done."""
    together = Barrier(len(verbs))

    def work(verb):
        try:
            together.wait()
            return verb()
        except Refused as refused:
            return refused.message
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(verbs)) as pool:
        return [answer for answer in pool.map(work, verbs) if isinstance(answer, str)]


@pytest.fixture
def desk(shop, back):
    """(an agent of the front, four of the back-end team)"""
    front = make.person("Ada", Role.AGENT, teams=(shop.fallback_team,))
    return front, [make.person(f"Ben{number}", Role.AGENT, teams=(back,)) for number in range(4)]


@pytest.fixture
def handed(desk, shop, back):
    ticket = make.ticket(site=shop)
    hand_over(ticket=ticket, to=back, packet=PACKET, at=later(minutes=1), actor=desk[0], via="web")
    return ticket


def test_of_four_who_accept_at_once_one_wins_and_three_are_told_who(desk, handed):
    def accept(person):
        return lambda: accept_handover(ticket=handed, at=later(minutes=2), actor=person, via="web")

    refusals = at_once(*(accept(person) for person in desk[1]))
    winner = Handover.objects.get().answered_by
    assert refusals == [f"Too late: it was accepted by {winner} already."] * 3
    assert Event.objects.get(kind=Kind.HANDOVER_ACCEPTED).actor == winner


def test_of_an_acceptance_and_a_bounce_at_once_one_wins(desk, handed, shop, back):
    one, other = desk[1][:2]
    refusals = at_once(
        lambda: accept_handover(ticket=handed, at=later(minutes=2), actor=one, via="web"),
        lambda: bounce_handover(ticket=handed, reason="No.", at=later(minutes=2), actor=other, via="web"),
    )
    row, ticket = Handover.objects.get(), Ticket.objects.get()
    assert len(refusals) == 1
    assert ticket.team == (back if row.state == "accepted" else shop.fallback_team)
    assert ticket.handed_over_at is None


def test_of_two_who_hand_over_at_once_one_wins(desk, shop, back):
    ticket = make.ticket(site=shop)

    def send():
        return hand_over(ticket=ticket, to=back, packet=PACKET, at=later(minutes=1), actor=desk[0], via="web")

    assert len(at_once(send, send)) == 1
    assert Handover.objects.count() == 1
