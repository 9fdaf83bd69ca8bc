"""The verbs of a ticket."""

import pytest

from tests import make
from tests.make import T0, later
from tickets.actions import assignment, conversation, filing, merging, opening, progress, waiting
from tickets.errors import Moved, Refused
from tickets.models import Event, Kind, RoutingRule, Ticket
from tickets.states import Status

pytestmark = pytest.mark.django_db


def kinds(ticket: Ticket) -> list[str]:
    return list(Event.objects.filter(ticket=ticket).order_by("id").values_list("kind", flat=True))


def resolved(ticket, agent):
    return progress.resolve(
        ticket=ticket, code="fixed", text="Restarted it.", at=later(hours=1), actor=agent, via="web"
    )


def test_opening_lands_with_the_sites_fallback_team_and_says_so(cast, shop):
    ticket = make.ticket(requester=cast.customer, site=shop)
    assert ticket.pk >= 1001
    assert (ticket.team, ticket.placed_by_fallback, ticket.organisation) == (shop.fallback_team, True, cast.acme)
    assert Event.objects.get(ticket=ticket, kind=Kind.PLACED).data["fallback"] is True


def test_opening_takes_severity_from_impact_and_urgency(cast, shop):
    assert make.ticket(requester=cast.customer, site=shop, impact="high", urgency="high").severity == 1
    assert make.ticket(requester=cast.customer, site=shop, impact="low", urgency="medium").severity == 4


def test_a_rule_places_the_ticket_and_the_ticket_says_which_and_why(cast, shop, back):
    rule = RoutingRule.objects.create(
        name="Payments",
        team=back,
        severity=2,
        tags=["money"],
        conditions=[{"field": "text", "values": ["refund", "invoice"]}],
    )
    ticket = make.ticket(requester=cast.customer, site=shop, subject="My INVOICE is wrong")
    assert (ticket.team, ticket.severity, ticket.tags, ticket.rule) == (back, 2, ["money"], rule)
    assert Event.objects.get(ticket=ticket, kind=Kind.PLACED).data["because"] == [["text", "invoice"]]


def test_a_reply_acknowledges_answers_and_waits(cast, shop):
    ticket = make.ticket(requester=cast.customer, site=shop)
    conversation.reply(ticket=ticket, body="Looking.", at=later(minutes=5), actor=cast.agent, via="web")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.first_responded_at, ticket.needs_reply) == (Status.WAITING, later(minutes=5), False)
    assert kinds(ticket) == [Kind.OPENED, Kind.PLACED, Kind.ACKNOWLEDGED, Kind.REPLIED, Kind.STATUS_CHANGED]


def test_a_reply_stops_when_somebody_wrote_meanwhile_and_shows_it(cast, shop):
    ticket = make.ticket(requester=cast.customer, site=shop)
    seen = ticket.last_event
    conversation.receive(ticket=ticket, body="More detail.", at=later(minutes=1), actor=cast.customer, via="form")
    with pytest.raises(Moved) as stop:
        conversation.reply(ticket=ticket, body="Hi.", at=later(minutes=2), actor=cast.agent, via="web", seen=seen)
    assert [event.message.body for event in stop.value.news] == ["More detail."]


def test_a_note_changes_no_status(cast, shop):
    ticket = make.ticket(requester=cast.customer, site=shop)
    conversation.note(ticket=ticket, body="Hm.", at=later(minutes=1), actor=cast.agent, via="web")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.first_responded_at) == (Status.NEW, None)


def test_it_cannot_close_without_a_verification(cast, shop):
    ticket = resolved(make.ticket(requester=cast.customer, site=shop), cast.agent)
    with pytest.raises(Refused):
        progress.close(ticket=ticket, at=later(hours=2), actor=cast.agent, via="web")
    with pytest.raises(Refused):
        progress.verify(ticket=ticket, how="qa", at=later(hours=2), actor=cast.agent, via="web")
    done = progress.verify_and_close(ticket=ticket, how="qa", at=later(hours=2), actor=cast.other_agent, via="web")
    assert (done.status, done.verification, done.closed_at) == (Status.CLOSED, "qa", later(hours=2))


def test_a_reply_on_a_resolved_ticket_reopens_it(cast, shop):
    ticket = resolved(make.ticket(requester=cast.customer, site=shop), cast.agent)
    conversation.receive(ticket=ticket, body="Still broken.", at=later(hours=2), actor=cast.customer, via="form")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolved_at, ticket.closes_at) == (Status.DIAGNOSING, None, None)


def test_writing_on_a_ticket_closed_long_ago_makes_a_linked_follow_up(cast, shop):
    ticket = resolved(make.ticket(requester=cast.customer, site=shop), cast.agent)
    progress.verify_and_close(ticket=ticket, how="requester", at=later(hours=2), actor=cast.customer, via="form")
    message = conversation.receive(ticket=ticket, body="Again!", at=later(days=60), actor=cast.customer, via="form")
    assert message.ticket != ticket
    assert message.ticket.follows == ticket


def test_silence_after_a_resolution_verifies_and_closes_dated_when_it_fell_due(cast, shop):
    ticket = resolved(make.ticket(requester=cast.customer, site=shop), cast.agent)
    due = ticket.closes_at
    waiting.close_for_silence(ticket=ticket, at=due)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.verification, ticket.closed_at) == (Status.CLOSED, "silence", due)


def test_a_p1_that_nobody_owns_after_five_minutes_is_an_event(cast, shop):
    ticket = make.ticket(requester=cast.customer, site=shop, severity=1)
    waiting.tell_unowned(ticket=ticket, at=later(minutes=5))
    assert Event.objects.get(ticket=ticket, kind=Kind.UNOWNED).at == later(minutes=5)
    owned = make.ticket(requester=cast.customer, site=shop, severity=1)
    assignment.assign(ticket=owned, to=cast.agent, at=later(minutes=1), actor=cast.agent, via="web")
    waiting.tell_unowned(ticket=owned, at=later(minutes=5))
    assert Kind.UNOWNED not in kinds(owned)


def test_hold_needs_a_reason_and_a_date_and_wakes(cast, shop):
    ticket = make.ticket(requester=cast.customer, site=shop)
    with pytest.raises(Refused):
        progress.change_status(ticket=ticket, to="on_hold", at=later(minutes=1), actor=cast.agent, via="web")
    progress.change_status(
        ticket=ticket,
        to="on_hold",
        reason="Vendor",
        wakes_at=later(days=1),
        at=later(minutes=1),
        actor=cast.agent,
        via="web",
    )
    waiting.wake(ticket=ticket, at=later(days=1))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.wakes_at) == (Status.DIAGNOSING, None)


def test_a_merge_is_undone_without_losing_anything(cast, shop):
    main, dup = make.ticket(requester=cast.customer, site=shop), make.ticket(requester=cast.customer, site=shop)
    merging.merge(source=dup, target=main, at=later(minutes=1), actor=cast.agent, via="web")
    dup.refresh_from_db()
    assert (dup.status, dup.merged_into) == (Status.CANCELLED, main)
    assert Event.objects.timeline(main).filter(ticket=dup, message__isnull=False).count() == 1
    merging.unmerge(ticket=dup, at=later(minutes=2), actor=cast.agent, via="web")
    dup.refresh_from_db()
    assert (dup.status, dup.merged_into) == (Status.DIAGNOSING, None)


def test_another_persons_merged_request_stays_out_of_the_requesters_page(cast, shop):
    main, dup = make.ticket(requester=cast.customer, site=shop), make.ticket(requester=cast.stranger, site=shop)
    merging.merge(source=dup, target=main, at=later(minutes=1), actor=cast.agent, via="web")
    assert not Event.objects.public(main).filter(ticket=dup).exists()


def test_severity_changes_only_with_a_reason(cast, shop):
    ticket = make.ticket(requester=cast.customer, site=shop)
    with pytest.raises(Refused):
        filing.change_severity(ticket=ticket, to=1, reason=" ", at=T0, actor=cast.agent, via="web")
    assert (
        filing.change_severity(ticket=ticket, to=1, reason="All down", at=T0, actor=cast.agent, via="web").severity == 1
    )


def test_an_agent_who_cannot_see_it_cannot_be_given_it(cast, security):
    ticket = make.ticket(requester=cast.customer, team=security)
    with pytest.raises(Refused):
        assignment.assign(ticket=ticket, to=cast.agent, at=T0, actor=cast.guard, via="web")


def test_who_sees_what(cast, shop, security):
    hers = make.ticket(requester=cast.customer, site=shop)
    secret = make.ticket(requester=cast.stranger, team=security)

    def seen(user):
        return set(Ticket.objects.visible_to(user).values_list("pk", flat=True))

    assert seen(None) == set()
    assert seen(cast.customer) == {hers.pk}
    assert seen(cast.colleague) == set()
    assert seen(cast.agent) == {hers.pk}
    assert seen(cast.guard) == seen(cast.admin) == {hers.pk, secret.pk}
    cast.acme.shares_tickets = True
    cast.acme.save()
    cast.colleague.organisation.refresh_from_db()
    assert seen(cast.colleague) == {hers.pk}


def test_opening_without_any_team_is_refused_with_the_field(db):
    with pytest.raises(Refused) as refused:
        make.ticket()
    assert refused.value.field == "team"


def test_opening_refuses_an_empty_subject(cast, shop):
    with pytest.raises(Refused) as refused:
        opening.open_ticket(
            new=opening.NewTicket(subject=" \n", channel="api", site=shop), at=T0, actor=None, via="api"
        )
    assert refused.value.field == "subject"
