"""It makes tickets of mails that came together as it would of each alone."""

import pytest

from accounts.models import User
from deliveries.models import Delivery
from integrations import inbound
from integrations.mail import intake
from integrations.models import Inbound, Mail, Mailbox
from tests.mail.post import answering, arrives, letter_to, mail, sent
from tests.make import T0, later
from tickets import search
from tickets.actions import conversation, progress
from tickets.models import Event, Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(shop, back, settings, tmp_path) -> Mailbox:
    settings.MEDIA_ROOT = tmp_path
    return Mailbox.objects.create(name="Support", address="support@desk.example", protocol="push", team=back)


def come(mailbox: Mailbox, *raws: bytes, at=T0) -> list[Mail]:
    """Store them, let a worker take them as one claim; -> what it noted, in their order."""
    stored = [intake.store(mailbox, raw, at)[0] for raw in raws]
    inbound.interpret_all(inbound.claim(at, batch=20), now=at)
    return [Mail.objects.select_related("ticket", "inbound").get(inbound=row) for row in stored]


def test_each_is_a_ticket_of_its_sender(cast, mailbox):
    noted = come(
        mailbox,
        mail("Mine fails.\n", "Message-ID: <one@acme.example>", subject="One"),
        mail("Ours too.\n", "Cc: cora@acme.example", sender="New <new@acme.example>", subject="Two"),
        mail("<p>So does <b>mine</b>.</p>", sender="x@unknown.example", kind="text/html", subject="Three"),
    )
    first, second, third = (one.ticket for one in noted)
    assert [one.outcome for one in noted] == ["created"] * 3
    assert (first.requester, first.subject, first.messages.get().body) == (cast.customer, "One", "Mine fails.")
    new = User.objects.get(email="new@acme.example")
    assert (second.requester, second.organisation, new.organisation, new.name) == (new, cast.acme, cast.acme, "New")
    assert [one.user for one in second.followers.all()] == [cast.customer]
    assert "<strong>mine</strong>" in third.messages.get().html
    assert [one.message for one in noted] == list(Message.objects.order_by("pk"))
    assert [one.author for one in noted] == [first.requester, new, third.requester]
    assert set(Inbound.objects.values_list("state", "next_try_at")) == {("done", None)}
    assert list(Event.objects.filter(ticket=first).order_by("pk").values_list("kind", flat=True)) == [
        "opened", "placed",
    ]  # fmt: skip


def test_each_is_answered_as_its_own(mailbox):
    first, second = come(
        mailbox,
        mail("", "Message-ID: <one@a.example>", sender="ann@a.example"),
        mail("", "Message-ID: <two@b.example>", sender="bob@b.example"),
    )
    assert b"In-Reply-To: <one@a.example>" in sent(letter_to(first.ticket, "ann@a.example"))
    assert b"In-Reply-To: <two@b.example>" in sent(letter_to(second.ticket, "bob@b.example"))
    assert letter_to(first.ticket, "ann@a.example").returns_to == "support@desk.example"
    assert Delivery.objects.count() == 2


def test_the_search_finds_each_by_its_own_words(cast, mailbox):
    first, second = come(
        mailbox,
        mail("A giraffe.\n", sender="ann@a.example", subject="Zoo"),
        mail("A zebra.\n", sender="bob@b.example", subject="Park"),
    )
    assert search.find(cast.agent, "giraffe") == [first.ticket_id]
    assert search.find(cast.agent, "park") == [second.ticket_id]


def test_what_depends_on_another_of_them_waits_for_it(mailbox):
    first, other, answer, again = come(
        mailbox,
        mail("One.\n", "Message-ID: <one@a.example>", sender="ann@a.example"),
        mail("Else.\n", sender="bob@b.example"),
        mail("More.\n", "In-Reply-To: <one@a.example>", sender="ann@a.example"),
        mail("Another thing.\n", sender="ann@a.example", subject="Another"),
    )
    assert (answer.ticket, answer.outcome) == (first.ticket, "appended")
    assert (again.outcome, again.ticket.subject) == ("created", "Another")
    assert again.ticket.requester == first.ticket.requester and other.ticket != first.ticket


def test_what_opens_nothing_does_not_hold_up_the_others(mailbox):
    noted = come(
        mailbox,
        mail(sender="ann@a.example"),
        mail("", "Auto-Submitted: auto-replied", sender="robot@b.example"),
        mail(sender="support+x@desk.example"),
        mail("", "X-Spam-Flag: YES", sender="spam@c.example"),
        mail(sender="bob@b.example"),
    )
    assert [one.outcome for one in noted] == ["created", "dropped", "dropped", "held", "created"]
    assert [one.inbound.state for one in noted] == ["done", "ignored", "ignored", "done", "done"]
    assert Ticket.objects.count() == 2


def test_a_mail_that_breaks_costs_the_others_nothing(mailbox):
    """İ grows in lower case, which the database refuses of an address."""
    good = [mail(sender=f"{name}@a.example") for name in ("ann", "bob")]
    rows = [intake.store(mailbox, raw, T0)[0] for raw in (good[0], mail(sender="DİNÇER@b.example"), good[1])]
    inbound.interpret_all(inbound.claim(T0, batch=20), now=T0)
    states = [Inbound.objects.get(pk=row.pk).state for row in rows]
    assert (states[0], states[2]) == ("done", "done")
    assert Ticket.objects.filter(requester__email__endswith="@a.example").count() == 2


def test_a_mail_replayed_among_others_is_noted_anew(mailbox):
    own = intake.store(mailbox, mail(sender="support@desk.example"), T0)[0]
    come(mailbox, mail(sender="ann@a.example"))
    own.refresh_from_db()
    assert own.state == "ignored"
    Mailbox.objects.update(address="other@desk.example")
    assert inbound.replay(own, at=later(minutes=1))
    come(mailbox, mail(sender="bob@b.example"), at=later(minutes=2))
    assert Mail.objects.get(inbound=own).outcome == "created"


def test_a_claim_holds_few_bytes_and_at_least_one_mail(mailbox, monkeypatch):
    monkeypatch.setattr(inbound, "CLAIM_BYTES", 1_000)
    for name, size in (("a", 3_000), ("b", 100), ("c", 100), ("d", 5_000)):
        intake.store(mailbox, mail("x" * size, sender=f"{name}@a.example"), T0)
    claims = [[row.sender[0] for row in inbound.claim(T0, batch=20)] for _ in range(4)]
    assert claims == [["a"], ["b", "c"], ["d"], []]


def test_one_alone_and_one_of_two_say_the_same(mailbox):
    alone = arrives(mailbox, mail(sender="ann@a.example"))
    among = come(mailbox, mail(sender="bob@b.example"), mail(sender="cat@c.example"))[0]
    assert [step[:2] for step in alone.steps] == [step[:2] for step in among.steps]
    facts = [
        "team",
        "site",
        "severity",
        "status",
        "channel",
        "kind",
        "needs_reply",
        "next_due_at",
        "placed_by_fallback",
    ]
    of_alone, of_among = (Ticket.objects.values(*facts).get(pk=one.ticket_id) for one in (alone, among))
    assert of_alone == of_among
    letters = [letter_to(alone.ticket, "ann@a.example"), letter_to(among.ticket, "bob@b.example")]
    assert letters[0].sender == letters[1].sender and set(letters[0].headers) == set(letters[1].headers)


@pytest.fixture
def asked(mailbox) -> list[Ticket]:
    """Three tickets, of Ann, Bob and Cat."""
    mails = come(mailbox, *(mail("", f"Message-ID: <{one}@x>", sender=f"{one}@a.example") for one in PEOPLE))
    return [one.ticket for one in mails]


PEOPLE = ("ann", "bob", "cat")


def answer(ticket: Ticket, words: str) -> bytes:
    letter = letter_to(ticket, ticket.requester.email)
    return mail(f"{words}\n", answering(letter), sender=ticket.requester.email)


def test_answers_that_come_together_join_their_own_tickets(cast, mailbox, asked):
    agent = {"at": later(minutes=1), "actor": cast.admin, "via": "web"}
    conversation.reply(ticket=asked[0], body="Which browser?", **agent)
    conversation.reply(ticket=asked[1], body="Better now?", **agent)
    progress.resolve(ticket=asked[1], code="fixed", text="Cleared.", **agent)
    noted = come(mailbox, *(answer(one, f"Words of {one.requester}.") for one in asked), at=later(minutes=2))
    assert [(one.outcome, one.ticket, one.author) for one in noted] == [
        ("appended", ticket, ticket.requester) for ticket in asked
    ]
    assert [one.message.body for one in noted] == [f"Words of {one.requester}." for one in asked]
    assert [Ticket.objects.get(pk=one.pk).status for one in asked] == ["diagnosing", "diagnosing", "new"]
    assert all(Ticket.objects.get(pk=one.pk).needs_reply for one in asked)
    assert search.find(cast.admin, "words") == [one.pk for one in reversed(asked)]
    told = Event.objects.filter(ticket=asked[1]).order_by("pk").values_list("kind", flat=True)
    assert list(told)[-2:] == ["received", "reopened"]


def test_of_two_answers_on_one_ticket_the_second_comes_after(mailbox, asked):
    letters = [answer(asked[0], "First."), answer(asked[1], "Else."), answer(asked[0], "Second.")]
    assert [one.outcome for one in come(mailbox, *letters, at=later(minutes=1))] == ["appended"] * 3
    bodies = asked[0].messages.order_by("pk").values_list("body", flat=True)
    assert list(bodies)[1:] == ["First.", "Second."]


def test_answers_that_fail_together_are_taken_one_by_one(mailbox, asked, cast):
    letters = [answer(one, "Still broken.") for one in asked]
    progress.cancel(ticket=asked[1], reason="spam", at=later(minutes=1), actor=cast.admin, via="web")
    noted = come(mailbox, *letters, at=later(minutes=2))
    assert [one.outcome for one in noted] == ["appended", "created", "appended"]
    assert noted[1].ticket.follows == asked[1]


def test_a_strangers_answer_among_others_is_held(mailbox, asked):
    letter = letter_to(asked[0], "ann@a.example")
    stranger = mail("Let me in.\n", answering(letter), sender="eve@evil.example")
    held, *others = come(mailbox, stranger, *(answer(one, "x") for one in asked), at=later(minutes=1))
    assert (held.outcome, held.candidate, held.ticket) == ("held", asked[0], None)
    assert [one.outcome for one in others] == ["appended"] * 3
