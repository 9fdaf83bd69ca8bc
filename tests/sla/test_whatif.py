"""What a policy would have done to the last months, before it is saved."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sla import rulebook, whatif
from sla.actions import setup
from sla.durations import Promise
from sla.models import Breach, Clock, Policy, Target
from sla.whatif import MET, MISSED, OPEN, compare, histories, live_again, outcomes
from tests import make
from tests.sla.test_settings import policy_page
from tickets.actions import conversation, filing, progress
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def standard() -> Policy:
    return Policy.objects.get(is_default=True)


def edited(policy: Policy, **seconds: int) -> rulebook.Rulebook:
    """The rulebook with these P1 targets in place of its own, all else as it is."""
    targets = {
        (one.severity, one.obligation): (
            Promise(seconds.get(one.obligation, one.seconds) if one.severity == 1 else one.seconds, one.days),
            one.calendar,
        )
        for one in policy.targets.select_related("calendar")
    }
    return setup.rulebook_with(policy=policy, targets=targets)


@pytest.fixture
def answered(cast: Any, shop: Any) -> Ticket:
    """A P1 of ten days ago, answered after ten minutes and resolved after 90, both in time."""
    opened = timezone.now() - timedelta(days=10)
    ticket = make.ticket(requester=cast.customer, site=shop, severity=1, at=opened)
    conversation.reply(
        ticket=ticket, body="Hm.", at=opened + timedelta(minutes=10), actor=cast.agent, via="web", then="diagnosing"
    )
    progress.resolve(
        ticket=ticket, code="fixed", text="Done.", at=opened + timedelta(minutes=90), actor=cast.agent, via="web"
    )
    return ticket


def test_it_tells_what_would_have_been_missed(answered: Ticket, standard: Policy) -> None:
    found = compare(rulebook.current(), edited(standard, first_response=300, resolve=5400), at=timezone.now())
    assert (found.there, found.looked, found.touched) == (1, 1, 1)
    lines = {(line.obligation, line.severity): line for line in found.lines}
    first, resolve = lines["first_response", 1], lines["resolve", 1]
    assert (first.met, first.missed, first.would_meet, first.would_miss) == (1, 0, 0, 1)
    assert (resolve.met, resolve.missed, resolve.would_meet, resolve.would_miss) == (1, 0, 1, 0)  # at its due instant
    assert [(flip.ticket, flip.obligation, flip.before, flip.after) for flip in found.flips] == [
        (answered, "First response", MET, MISSED)
    ]


def test_nothing_of_it_is_saved(answered: Ticket, standard: Policy) -> None:
    before = (standard.version, list(Target.objects.values_list()), list(Clock.objects.values_list()))
    compare(rulebook.current(), edited(standard, first_response=1), at=timezone.now())
    standard.refresh_from_db()
    assert before == (standard.version, list(Target.objects.values_list()), list(Clock.objects.values_list()))
    assert not Breach.objects.exists()


def test_a_history_lived_again_under_the_policy_in_force_ends_as_it_did(cast: Any, shop: Any) -> None:
    opened = timezone.now() - timedelta(days=12)

    def after(hours: float) -> Any:
        return opened + timedelta(hours=hours)

    ticket = make.ticket(requester=cast.customer, site=shop, severity=3, at=opened)
    conversation.reply(ticket=ticket, body="Which?", at=after(30), actor=cast.agent, via="web", then="waiting")
    conversation.receive(ticket=ticket, body="This.", at=after(60), actor=cast.customer, via="form")
    filing.change_severity(ticket=ticket, to=2, reason="Worse.", at=after(61), actor=cast.agent, via="web")
    progress.change_status(
        ticket=ticket, to="on_hold", reason="Part.", wakes_at=after(2000), at=after(62), actor=cast.agent, via="web"
    )
    conversation.reply(ticket=ticket, body="Here.", at=after(70), actor=cast.agent, via="web", then="diagnosing")
    progress.resolve(ticket=ticket, code="fixed", text="Done.", at=after(80), actor=cast.agent, via="web")
    progress.reopen(ticket=ticket, reason="No.", at=after(90), actor=cast.agent, via="web")
    ((found, lines),) = histories(Ticket.objects.order_by("pk"))
    again = {(c.obligation, c.cycle): c for c in live_again(found, lines, rulebook.current())}
    for clock in Clock.objects.filter(ticket=ticket):
        ghost = again.pop((clock.obligation, clock.cycle))
        for name in ("state", "severity", "target", "elapsed", "due_at", "stopped_at", "breached_at", "spans"):
            assert getattr(ghost, name) == getattr(clock, name), (clock, name)
    assert not again


def test_an_open_ticket_that_is_over_is_missed_and_one_in_time_open(cast: Any, shop: Any) -> None:
    now = timezone.now()
    make.ticket(requester=cast.customer, site=shop, severity=1, at=now - timedelta(minutes=20))
    ((ticket, lines),) = histories(Ticket.objects.order_by("pk"))
    found = outcomes(ticket, lines, rulebook.current(), now)
    assert {key[0]: how for key, (_, how) in found.items()} == {
        "acknowledge": MISSED, "first_response": OPEN, "resolve": OPEN,
    }  # fmt: skip


def test_it_stops_when_its_time_is_up_and_says_how_far_it_came(cast: Any, shop: Any, standard: Policy) -> None:
    for _ in range(3):
        make.ticket(requester=cast.customer, site=shop, severity=1, at=timezone.now())
    found = compare(rulebook.current(), edited(standard, resolve=60), at=timezone.now(), seconds=0)
    assert (found.there, found.looked, found.is_part) == (3, 1, True)


def test_it_reads_few_statements_however_many_tickets(
    cast: Any, shop: Any, standard: Policy, django_assert_max_num_queries: Any, monkeypatch: Any
) -> None:
    for _ in range(8):
        make.ticket(requester=cast.customer, site=shop, severity=1, at=timezone.now())
    draft = edited(standard, resolve=60)
    book = rulebook.current()
    with django_assert_max_num_queries(4):
        compare(book, draft, at=timezone.now())
    monkeypatch.setattr(whatif, "CHUNK", 3)
    assert compare(book, draft, at=timezone.now()).looked == 8


def test_the_page_shows_it_before_anything_is_saved(
    answered: Ticket, standard: Policy, cast: Any, as_user: Any
) -> None:
    page = policy_page(standard, first_response_1="5m") | {"compare": "1"}
    answer = as_user(cast.manager).post(f"/settings/policies/{standard.pk}/", page)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))
    assert "1 deadline would have ended otherwise" in text
    assert f"#{answered.pk} Checkout fails First response: met → missed" in text
    assert 'value="5m"' in answer.content.decode()  # the edit is still there, to be saved
    standard.refresh_from_db()
    assert standard.version == 1


def test_a_draft_that_cannot_be_is_refused_at_its_field(standard: Policy, cast: Any, as_user: Any) -> None:
    page = policy_page(standard, resolve_2="soon") | {"compare": "1"}
    assert as_user(cast.manager).post(f"/settings/policies/{standard.pk}/", page).status_code == 422
