"""Who is told of what, in which words."""

import re

import pytest
from django.conf import settings
from django.db import transaction

from accounts.models import User
from deliveries.models import Delivery
from notifications.follow import PER_PERSON, PER_TICKET, follow
from notifications.recipients import recipients
from sla.models import Breach
from sla.sweep import sweep
from tests import make
from tests.make import T0, later
from tickets.actions import assignment, conversation, filing, merging, progress, waiting
from tickets.actions.handover import bounce_handover, hand_over
from tickets.events import drain, record, working_on
from tickets.links import desk_url, read_requester_token, requester_url
from tickets.models import Event, FollowerFailure, Kind, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(cast, shop):
    """Cora's request about the shop; her colleague is copied."""
    return make.ticket(requester=cast.customer, site=shop, followers=[cast.colleague])


def told(kind: str, ticket=None) -> set[str]:
    """Addresses that a kind of event reached."""
    rows = Delivery.objects.filter(event__kind=kind)
    return set((rows.filter(ticket=ticket) if ticket else rows).values_list("address", flat=True))


def mail(kind: str, user: User) -> Delivery:
    return Delivery.objects.get(event__kind=kind, user=user)


def resolve(ticket, agent, **fields):
    return progress.resolve(
        ticket=ticket, at=later(hours=1), actor=agent, via="web", **{"code": "fixed", "text": "Restarted it.", **fields}
    )


def test_the_requester_is_told_at_once_that_we_have_it(cast, ticket):
    sent = mail(Kind.OPENED, cast.customer)
    assert told(Kind.OPENED) == {"cora@acme.example"}
    assert sent.subject == f"[#{ticket.pk}] Checkout fails"
    assert sent.headers["Auto-Submitted"] == "auto-generated"
    assert requester_url(ticket, cast.customer) in sent.body_text
    assert requester_url(ticket, cast.customer) in sent.body_html
    assert "It says error 500." in sent.body_text
    assert not FollowerFailure.objects.exists()


def test_links_come_only_from_the_base_url_and_lead_to_their_reader(cast, ticket):
    sent = mail(Kind.OPENED, cast.customer)
    links = set(re.findall(r"https?://[^\s\"<]+", sent.body_text + sent.body_html))
    assert links and all(link.startswith(settings.BASE_URL) for link in links)
    token = next(link for link in links if "/help/t/" in link).rpartition("/help/t/")[2].strip("/")
    assert read_requester_token(token) == (ticket, cast.customer)


def test_alerts_are_not_answered(cast, shop):
    make.ticket(requester=cast.customer, site=shop, channel="alert")
    assert told(Kind.OPENED) == set()


def test_a_new_p1_reaches_its_team_and_nobody_else_of_the_desk(cast, shop):
    make.ticket(requester=cast.customer, site=shop, severity=1)
    assert told(Kind.OPENED) == {"cora@acme.example", "ada@people.example", "mona@people.example"}


def test_a_reply_reaches_the_requester_and_who_is_copied_in_few_statements(cast, ticket, django_assert_num_queries):
    conversation.reply(ticket=ticket, body="Looking **now**.", at=later(minutes=5), actor=cast.agent, via="web")
    assert told(Kind.REPLIED) == {"cora@acme.example", "colin@acme.example"}
    sent = mail(Kind.REPLIED, cast.customer)
    assert "Looking **now**." in sent.body_text
    assert "<strong>now</strong>" in sent.body_html
    assert "Ada" in sent.sender
    assert "Auto-Submitted" not in sent.headers
    event = Event.objects.select_related("ticket", "message", "actor").get(kind=Kind.REPLIED)
    Delivery.objects.filter(event=event).delete()
    with django_assert_num_queries(4):  # the readers, what went before, the letterhead, the rows
        follow([event])


def test_an_acknowledgement_costs_few_statements(cast, ticket, django_assert_num_queries):
    event = Event.objects.select_related("ticket__requester", "message", "actor").get(kind=Kind.OPENED)
    Delivery.objects.all().delete()
    with django_assert_num_queries(3):  # the brakes, the letterhead with the clocks, the row
        follow([event])


def test_mails_of_one_ticket_form_a_thread(cast, ticket):
    first = mail(Kind.OPENED, cast.customer)
    conversation.reply(ticket=ticket, body="Looking.", at=later(minutes=5), actor=cast.agent, via="web")
    second = mail(Kind.REPLIED, cast.customer)
    resolve(ticket, cast.agent)
    third = mail(Kind.RESOLVED, cast.customer)
    assert second.headers["In-Reply-To"] == first.message_id
    assert third.headers["References"] == f"{first.message_id} {second.message_id}"
    assert "References" not in mail(Kind.REPLIED, cast.colleague).headers


def test_a_note_reaches_only_those_of_the_desk_whom_it_names(cast, ticket):
    conversation.note(
        ticket=ticket, body="@ben and @Gus: see cora@acme.example", at=later(minutes=5), actor=cast.agent, via="web"
    )
    assert told(Kind.NOTED) == {"ben@people.example", "gus@people.example"}
    assert "Internal note" in mail(Kind.NOTED, cast.other_agent).body_text


def test_a_resolution_asks_fixed_or_not_fixed(cast, ticket):
    resolve(ticket, cast.agent)
    page = requester_url(ticket, cast.customer)
    sent = mail(Kind.RESOLVED, cast.customer)
    assert "Restarted it." in sent.body_text
    assert f"{page}?answer=fixed" in sent.body_text and f"{page}?answer=not-fixed" in sent.body_html
    copied = mail(Kind.RESOLVED, cast.colleague)
    assert "Restarted it." in copied.body_text
    assert "answer=" not in copied.body_text + copied.body_html


def test_requesters_of_duplicates_hear_the_solution_about_their_own_number(cast, ticket, shop):
    dup = make.ticket(requester=cast.stranger, site=shop, subject="Cannot pay")
    merging.merge(source=dup, target=ticket, at=later(minutes=1), actor=cast.agent, via="web")
    conversation.reply(ticket=ticket, body="Only for Cora.", at=later(minutes=5), actor=cast.agent, via="web")
    resolve(ticket, cast.agent)
    sent = mail(Kind.RESOLVED, cast.stranger)
    assert sent.ticket == dup and sent.subject == f"[#{dup.pk}] Cannot pay"
    assert "Restarted it." in sent.body_text
    everything = " ".join(d.subject + d.body_text + d.body_html for d in Delivery.objects.filter(user=cast.stranger))
    assert "Only for Cora." not in everything and f"#{ticket.pk}" not in everything and ticket.token not in everything


def test_closing_asks_how_it_was(cast, ticket):
    resolve(ticket, cast.agent)
    progress.verify_and_close(ticket=ticket, how="requester", at=later(hours=2), actor=cast.customer, via="form")
    sent = mail(Kind.CLOSED, cast.customer)
    assert told(Kind.CLOSED) == {"cora@acme.example"}
    assert all(f"?score={score}" in sent.body_text for score in range(1, 6))


def test_silence_on_a_waiting_ticket_is_one_mail_that_says_why(cast, ticket):
    conversation.reply(ticket=ticket, body="Which browser?", at=later(minutes=5), actor=cast.agent, via="web")
    ticket.refresh_from_db()
    waiting.remind(ticket=ticket, at=ticket.reminds_at)
    ticket.refresh_from_db()
    waiting.close_for_silence(ticket=ticket, at=ticket.closes_at)
    assert told(Kind.REMINDED) == told(Kind.CLOSED) == {"cora@acme.example"}
    assert told(Kind.RESOLVED) == set()
    assert "did not hear from you" in mail(Kind.CLOSED, cast.customer).body_text


def test_what_the_requester_writes_reaches_the_assignee_once_even_when_it_reopens(cast, ticket):
    assignment.assign(ticket=ticket, to=cast.agent, at=later(minutes=1), actor=cast.manager, via="web")
    resolve(ticket, cast.agent)
    conversation.receive(ticket=ticket, body="Still broken.", at=later(hours=2), actor=cast.customer, via="form")
    assert told(Kind.RECEIVED) == {"ada@people.example"}
    assert told(Kind.REOPENED) == set()


def test_not_fixed_reaches_the_assignee_and_without_one_the_team(cast, ticket):
    resolve(ticket, cast.agent)
    progress.reopen(ticket=ticket, at=later(hours=2), actor=cast.customer, via="form", reason="Still there")
    assert told(Kind.REOPENED) == {"ada@people.example", "mona@people.example"}


def test_who_is_given_a_ticket_is_told_unless_she_took_it(cast, ticket):
    assignment.assign(ticket=ticket, to=cast.agent, at=later(minutes=1), actor=cast.agent, via="web")
    assert told(Kind.ASSIGNED) == set()
    assignment.assign(ticket=ticket, to=cast.other_agent, at=later(minutes=2), actor=cast.agent, via="web")
    assert told(Kind.ASSIGNED) == {"ben@people.example"}


def breach(ticket) -> None:
    with working_on(ticket.pk, at=later(hours=1)) as locked:
        record(locked, Kind.BREACHED, at=locked.now, obligation="first_response")


def test_a_p1_breach_reaches_the_teams_manager_any_other_the_assignee(cast, shop, ticket):
    breach(make.ticket(requester=cast.customer, site=shop, severity=1))
    assert told(Kind.BREACHED) == {"mona@people.example"}
    assert "First response is overdue" in mail(Kind.BREACHED, cast.manager).body_text
    assignment.assign(ticket=ticket, to=cast.other_agent, at=later(minutes=1), actor=cast.agent, via="web")
    breach(ticket)
    assert told(Kind.BREACHED, ticket) == {"ben@people.example"}


def test_deadlines_missed_at_once_are_one_letter_that_names_each(cast, shop):
    gravest = make.ticket(requester=cast.customer, site=shop, severity=1, subject="All is down")
    others = [make.ticket(requester=cast.customer, site=shop, severity=1, subject=f"Down {n}") for n in range(30)]
    sweep(later(minutes=16))
    sent = Delivery.objects.get(event__kind=Kind.BREACHED)
    assert sent.address == "mona@people.example" and "31 deadlines were missed" in sent.body_text
    assert f"#{gravest.pk} All is down" in sent.body_text and desk_url(others[0]) in sent.body_html
    assert "Acknowledge fell due" in sent.body_text and "And 6 more." in sent.body_text
    assert Event.objects.filter(kind=Kind.BREACHED).count() == Breach.objects.count() == 31


def test_missed_deadlines_of_a_restricted_team_are_never_in_one_letter(cast, security):
    for _ in range(4):
        make.ticket(requester=cast.customer, team=security, severity=1)
    sweep(later(minutes=16))
    assert Delivery.objects.filter(event__kind=Kind.BREACHED, user=cast.admin).count() == 4


def test_a_letter_that_cannot_be_written_leaves_the_others_of_its_batch(cast, shop):
    bad, good = (make.ticket(requester=cast.customer, site=shop, severity=1) for _ in range(2))
    with transaction.atomic():
        tickets = [Ticket.objects.lock(bad.pk), Ticket.objects.lock(good.pk)]
        record(tickets[0], Kind.BREACHED, at=later(hours=1), obligation="no such thing")
        record(tickets[1], Kind.BREACHED, at=later(hours=1), obligation="resolve")
        drain(*tickets)
    assert told(Kind.BREACHED, bad) == set() and told(Kind.BREACHED, good) == {"mona@people.example"}
    assert "no such thing" in FollowerFailure.objects.get().reason


def test_a_p1_that_nobody_owns_reaches_manager_and_members(cast, shop):
    urgent = make.ticket(requester=cast.customer, site=shop, severity=1)
    waiting.tell_unowned(ticket=urgent, at=later(minutes=5))
    assert told(Kind.UNOWNED) == {"ada@people.example", "mona@people.example"}


def test_a_p1_of_a_team_without_a_manager_reaches_every_manager(cast, back):
    urgent = make.ticket(requester=cast.customer, team=back, severity=1)
    breach(urgent)
    assert told(Kind.BREACHED) == {"mona@people.example", "root@people.example"}


def test_a_restricted_teams_ticket_is_told_only_to_who_may_see_it(cast, security):
    secret = make.ticket(requester=cast.customer, team=security, severity=1)
    breach(secret)
    conversation.note(ticket=secret, body="@ben @gus look", at=later(hours=2), actor=cast.admin, via="web")
    assert told(Kind.BREACHED) == {"root@people.example"}
    assert told(Kind.NOTED) == {"gus@people.example"}


def test_a_promise_names_the_readers_own_time(cast, ticket):
    User.objects.filter(pk=cast.customer.pk).update(time_zone="Asia/Tokyo")
    filing.promise(ticket=ticket, expected_by=later(days=1), at=later(minutes=1), actor=cast.agent, via="web")
    assert "Tuesday 3 March, 18:00 JST" in mail(Kind.PROMISED, cast.customer).body_text
    filing.promise(ticket=ticket, expected_by=None, at=later(minutes=2), actor=cast.agent, via="web")
    assert "no longer holds" in Delivery.objects.filter(event__kind=Kind.PROMISED).last().body_text


def test_nobody_inactive_or_undeliverable_is_told(cast, ticket):
    User.objects.filter(pk=cast.customer.pk).update(undeliverable_at=T0)
    User.objects.filter(pk=cast.colleague.pk).update(is_active=False)
    conversation.reply(ticket=ticket, body="Hello?", at=later(minutes=5), actor=cast.agent, via="web")
    assert told(Kind.REPLIED) == set()


def test_telling_again_tells_nobody_twice(cast, ticket):
    event = Event.objects.get(ticket=ticket, kind=Kind.OPENED)
    follow([event])
    follow([event])
    assert Delivery.objects.count() == 1


def test_automatic_mail_to_one_person_has_brakes(cast, shop):
    for number in range(PER_PERSON + 3):
        make.ticket(requester=cast.customer, site=shop, at=later(seconds=number))
    assert Delivery.objects.count() == PER_PERSON
    make.ticket(requester=cast.customer, site=shop, at=later(hours=2))
    assert Delivery.objects.count() == PER_PERSON + 1


def test_automatic_mail_of_one_ticket_has_brakes_and_replies_pass(cast, shop):
    ticket = make.ticket(requester=cast.customer, site=shop)
    for number in range(PER_TICKET + 3):
        filing.promise(
            ticket=ticket, expected_by=later(days=2 + number), at=later(minutes=number), actor=cast.agent, via="web"
        )
    assert Delivery.objects.count() == PER_TICKET
    conversation.reply(ticket=ticket, body="A person.", at=later(hours=1), actor=cast.agent, via="web")
    assert told(Kind.REPLIED) == {"cora@acme.example"}


def test_internal_words_never_reach_the_requesters_side(cast, ticket, shop):
    """Every kind of letter, on a ticket full of internal words."""
    secret = "HUSH-HUSH"

    def at(minutes):
        return {"at": later(minutes=minutes), "actor": cast.agent, "via": "web"}

    dup = make.ticket(requester=cast.stranger, site=shop)
    merging.merge(source=dup, target=ticket, **at(1))
    conversation.note(ticket=ticket, body=f"{secret} @ben", **at(2))
    filing.change_severity(ticket=ticket, to=1, reason=secret, **at(3))
    filing.set_tags(ticket=ticket, tags=[secret], **at(3))
    conversation.note(ticket=dup, body=secret, **at(3))
    assignment.assign(ticket=ticket, to=cast.other_agent, **at(4))
    filing.promise(ticket=ticket, expected_by=later(days=1), **at(4))
    progress.change_status(ticket=ticket, to="on_hold", reason=secret, wakes_at=later(hours=1), **at(5))
    conversation.reply(ticket=ticket, body="Public.", **at(6))
    waiting.remind(ticket=ticket, at=later(days=4))
    progress.resolve(ticket=ticket, code="fixed", text="Done.", **at(9000))
    progress.reopen(ticket=ticket, reason=secret, **at(9001))
    progress.resolve(ticket=ticket, code="fixed", text="Done.", **at(9002))
    progress.verify_and_close(
        ticket=ticket, how="qa", evidence=secret, at=later(minutes=9003), actor=cast.manager, via="web"
    )
    note = ticket.messages.filter(audience="internal").first()
    for kind in Kind:  # even lines that should be public, with an internal message and reason
        line = Event.objects.create(
            ticket=ticket, kind=kind, at=later(minutes=9004), actor=cast.agent, via="web", message=note,
            data={"reason": secret, "to": cast.other_agent.pk},
        )  # fmt: skip
        follow([line])
    outside = {user.pk for user in (cast.customer, cast.colleague, cast.stranger)}
    sent = list(Delivery.objects.filter(user__in=outside))
    assert {d.event.kind for d in sent} >= {"opened", "replied", "resolved", "closed", "reminded", "promised"}
    assert [d for d in sent if secret.lower() in (d.subject + d.body_text + d.body_html + str(d.headers)).lower()] == []
    assert Delivery.objects.exclude(user__in=outside).filter(body_text__contains=secret).exists()


def test_hostile_words_stay_words(cast, shop):
    evil = "<img src=x onerror=alert(1)><script>alert(1)</script>\r\nBcc: all@acme.example"
    ticket = make.ticket(requester=cast.customer, site=shop, subject=evil, body=evil)
    conversation.reply(ticket=ticket, body=evil, at=later(minutes=1), actor=cast.agent, via="web")
    for sent in Delivery.objects.all():
        assert "<script" not in sent.body_html and "<img" not in sent.body_html
        assert "\n" not in sent.subject and "\r" not in sent.subject


def test_nobody_is_told_by_kinds_that_concern_nobody(cast, ticket):
    event = Event.objects.get(ticket=ticket, kind=Kind.PLACED)
    assert recipients(event) == []


def test_a_handover_reaches_the_receiving_team_with_the_packet_and_a_bounce_whoever_sent_it(cast, ticket, back):
    packet = {"impact": "All.", "symptoms": "Error 500.", "tried": "Another card.", "environment": "Shop."}
    mate = make.person("Bea", "agent", teams=(back,))
    do = {"ticket": ticket, "via": "web"}
    hand_over(to=back, packet=packet, at=later(minutes=5), actor=cast.agent, **do)
    assert told(Kind.HANDED_OVER) == {cast.other_agent.email, mate.email}
    sent = mail(Kind.HANDED_OVER, mate)
    assert "What was tried: Another card." in sent.body_text
    assert sent.subject.startswith(f"[#{ticket.pk}] Handed over: ")
    bounce_handover(reason="Which card?", at=later(minutes=9), actor=mate, **do)
    assert told(Kind.HANDOVER_BOUNCED) == {cast.agent.email, cast.manager.email}
    assert "Reason: Which card?" in mail(Kind.HANDOVER_BOUNCED, cast.agent).body_text
