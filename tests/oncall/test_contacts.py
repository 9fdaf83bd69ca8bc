"""How people are reached: addresses, the code that verifies them, what keeps us from flooding a stranger's phone."""

from datetime import time, timedelta
from types import SimpleNamespace

import pytest

from accounts.errors import Refused
from accounts.models import AuditEntry
from deliveries.models import Delivery, State
from integrations.models import Channel
from integrations.models.mailbox import keys
from lib import crypto
from oncall import addresses
from oncall.actions import contacts, drills
from oncall.actions.contacts import Rule
from oncall.models import ContactMethod, Pager
from oncall.reach import of, rule_in_words
from tests import make
from tests.make import T0, later

pytestmark = pytest.mark.django_db
NUMBER = "+49 151 555 0101"
# The keys are those of RFC 8291, section 5.
PUSH = (
    '{"endpoint": "https://push.example/1", "expirationTime": null, "keys": {"auth": "BTBZMqHH6r4Tts7J_aSIgg", '
    '"p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"}}'
)


@pytest.fixture
def twilio(db: None) -> Channel:
    return make.twilio()


def added(cast: SimpleNamespace, twilio: Channel, number: str = NUMBER, *, at=T0, who=None) -> ContactMethod:
    return contacts.add(via="sms", address=number, channel=twilio, at=at, actor=who or cast.agent)


def code_of(method: ContactMethod) -> str:
    """The newest code as it was sent."""
    return Delivery.objects.filter(data__kind="verify", data__method=method.pk).order_by("-pk")[0].body_text[:6]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_a_code_is_sent_by_the_very_way_and_verifies_it(cast, twilio) -> None:
    method = added(cast, twilio)
    letter = Delivery.objects.get()
    assert (letter.channel, letter.address, letter.urgent, letter.data["channel"]) == (
        "sms", "+491515550101", True, twilio.pk,
    )  # fmt: skip
    assert method.verified_at is None and method.code_digest and code_of(method) not in method.code_digest
    contacts.verify(method=method, code=f" {code_of(method)} ", at=later(minutes=14), actor=cast.agent)
    method.refresh_from_db()
    assert (method.verified_at, method.code_digest) == (later(minutes=14), "")
    assert AuditEntry.objects.filter(action="contact method verified", actor=cast.agent).count() == 1


def test_a_code_is_good_once_and_for_a_quarter_of_an_hour(cast, twilio) -> None:
    method = added(cast, twilio)
    code = code_of(method)
    with pytest.raises(Refused, match="older than 15 minutes"):
        contacts.verify(method=method, code=code, at=later(minutes=15), actor=cast.agent)
    contacts.verify(method=method, code=code, at=later(minutes=14), actor=cast.agent)
    with pytest.raises(Refused, match="already"):
        contacts.verify(method=method, code=code, at=later(minutes=14), actor=cast.agent)


def test_five_wrong_codes_void_it_until_a_new_one_is_sent(cast, twilio) -> None:
    method = added(cast, twilio)
    code = code_of(method)
    for left in (4, 3, 2, 1):
        with pytest.raises(Refused, match=f"{left} tr"):
            contacts.verify(method=method, code=wrong(code), at=T0, actor=cast.agent)
    for given in (wrong(code), code):
        with pytest.raises(Refused, match="wrong too often"):
            contacts.verify(method=method, code=given, at=T0, actor=cast.agent)
    contacts.ask_code(method=method, at=later(minutes=2), actor=cast.agent)
    contacts.verify(method=method, code=code_of(method), at=later(minutes=2), actor=cast.agent)


def test_nobody_verifies_what_is_somebody_elses(cast, twilio) -> None:
    method = added(cast, twilio)
    code = code_of(method)
    for verb in (
        lambda: contacts.verify(method=method, code=code, at=T0, actor=cast.other_agent),
        lambda: contacts.ask_code(method=method, at=later(minutes=5), actor=cast.other_agent),
        lambda: contacts.delete(method=method, at=T0, actor=cast.manager),
        lambda: contacts.change_rule(method=method, rule=Rule(), at=T0, actor=cast.manager),
        lambda: drills.test(method=method, at=T0, actor=cast.manager),
    ):
        with pytest.raises(Refused):
            verb()
    assert ContactMethod.objects.get().verified_at is None


def test_a_number_of_two_people_counts_only_for_those_who_verified_it(cast, twilio) -> None:
    mine, theirs = added(cast, twilio), added(cast, twilio, at=later(minutes=1), who=cast.other_agent)
    contacts.verify(method=mine, code=code_of(mine), at=later(minutes=2), actor=cast.agent)
    with pytest.raises(Refused):
        contacts.verify(method=theirs, code=code_of(mine), at=later(minutes=2), actor=cast.other_agent)
    assert list(ContactMethod.objects.filter(verified_at__isnull=False)) == [mine]


def test_a_stranger_is_sent_one_code_a_minute_and_five_a_day_whoever_asks(cast, twilio) -> None:
    method = added(cast, twilio)
    for seconds in (1, 59):
        with pytest.raises(Refused, match="a minute ago"):
            contacts.ask_code(method=method, at=later(seconds=seconds), actor=cast.agent)
    with pytest.raises(Refused, match="a minute ago"):
        added(cast, twilio, at=later(seconds=30), who=cast.other_agent)
    contacts.delete(method=method, at=later(minutes=1), actor=cast.agent)
    for minute, who in enumerate((cast.agent, cast.other_agent, cast.guard, cast.manager), 2):
        added(cast, twilio, at=later(minutes=minute), who=who)
    with pytest.raises(Refused, match="enough codes for one day"):
        added(cast, twilio, at=later(minutes=10), who=cast.admin)
    assert Delivery.objects.filter(data__kind="verify").count() == 5
    added(cast, twilio, at=later(hours=25), who=cast.admin)


def test_a_person_has_so_many_codes_a_day(cast, twilio) -> None:
    for place in range(contacts.CODES_PER_PERSON):
        method = added(cast, twilio, f"+4915155501{place:02}", at=later(minutes=place))
        contacts.delete(method=method, at=later(minutes=place), actor=cast.agent)
    with pytest.raises(Refused, match="enough codes"):
        added(cast, twilio, "+49151555999", at=later(minutes=30))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("0151 555 0101", "with its country"),
        ("+49 151 CALL ME", "digits only"),
        ("+49 1515", "8 to 15 digits"),
        ("+49 151 5550101 5550101", "8 to 15 digits"),
        ("+0151 555 0101", "No country begins with 0"),
        ("", "Say where to"),
    ],
)
def test_a_number_is_refused_in_words(cast, twilio, typed, said) -> None:
    with pytest.raises(Refused, match=said) as refused:
        added(cast, twilio, typed)
    assert refused.value.field == "address" and not Delivery.objects.exists()


@pytest.mark.parametrize("typed", ["+49 (151) 555-0101", "0049 151 5550101", "+49/151.555 01 01"])
def test_a_number_is_kept_as_e164(cast, twilio, typed) -> None:
    assert added(cast, twilio, typed).address == "+491515550101"


def test_a_chat_address_and_a_browser_are_kept_sealed(cast) -> None:
    chat = contacts.add(via="chat", address="ntfys://tk_secret@ntfy.example/desk", at=T0, actor=cast.agent)
    push = contacts.add(via="webpush", address=PUSH, name="Firefox on Linux", at=T0, actor=cast.agent)
    assert "tk_secret" not in chat.address + chat.sealed and chat.address.startswith("ntfy:")
    assert push.address.startswith("Firefox on Linux (") and "push.example" not in push.address
    assert crypto.decrypt(chat.sealed, keys=keys()).startswith("ntfys://tk_secret@")
    assert Delivery.objects.get(channel="webpush").data["target"] == push.sealed


@pytest.mark.parametrize(
    ("via", "address"),
    [("chat", "mailto://x:y@example.com"), ("chat", "file:///etc/passwd"), ("slack", "ada"), ("email", "ada"),
     ("webpush", "{}"), ("webpush", '{"endpoint": "http://10.0.0.1/", "keys": {"p256dh": "a", "auth": "b"}}'),
     ("webpush", "[" * 4000)],
)  # fmt: skip
def test_what_is_no_address_is_refused(cast, via, address) -> None:
    with pytest.raises(Refused):
        contacts.add(via=via, address=address, at=T0, actor=cast.agent)


def test_the_address_of_the_account_needs_no_code_and_comes_once(cast) -> None:
    row = contacts.add(via="email", address="Ada@People.example", at=T0, actor=cast.agent)
    assert row.verified_at == T0 and not Delivery.objects.exists()
    with pytest.raises(Refused, match="already"):
        contacts.add(via="email", address="ada@people.example", at=T0, actor=cast.agent)


def test_nothing_but_its_code_is_sent_to_what_is_not_verified(cast, twilio) -> None:
    method = added(cast, twilio)
    with pytest.raises(Refused, match="Verify it first"):
        drills.test(method=method, at=later(minutes=5), actor=cast.agent)
    assert [row.data["kind"] for row in Delivery.objects.all()] == ["verify"]


def test_what_is_deleted_is_not_sent_any_more(cast, twilio) -> None:
    contacts.delete(method=added(cast, twilio), at=T0, actor=cast.agent)
    assert Delivery.objects.get().state == State.CANCELLED and not ContactMethod.objects.exists()


def test_quiet_hours_have_two_ends(cast) -> None:
    for begin, end in ((time(22), None), (None, time(7)), (time(7), time(7))):
        with pytest.raises(Refused):
            contacts.set_quiet_hours(begin=begin, end=end, at=T0, actor=cast.agent)
    contacts.set_quiet_hours(begin=time(22), end=time(7), at=T0, actor=cast.agent)
    assert Pager.objects.get().is_quiet(time(23))
    contacts.set_quiet_hours(begin=None, end=None, at=T0, actor=cast.agent)
    assert not Pager.objects.get().is_quiet(time(23))


@pytest.mark.parametrize(
    ("urgent", "calm", "said"),
    [(0, 0, "at once"), (3, 3, "after 3 minutes"), (1, None, "after 1 minute for P1 and P2, never for P3 and P4"),
     (None, None, "never")],
)  # fmt: skip
def test_a_rule_is_said_in_words(urgent, calm, said) -> None:
    assert rule_in_words(urgent, calm) == said


def test_others_read_only_a_part_of_an_address(cast) -> None:
    make.contact_method(cast.agent, "sms", "+491515550101")
    (known,) = of([cast.agent])[cast.agent.pk].methods
    assert (known.label, known.masked) == ("SMS +491515550101", "SMS +49 ••• 01")
    assert addresses.masked("email", "ada@people.example") == "a•••@people.example"
    assert addresses.masked("chat", "ntfy: ntfys://…@ntfy.example/desk (1a2b)") == "ntfy"


def test_a_way_fails_as_long_as_its_newest_message_did(cast, twilio) -> None:
    method = make.contact_method(cast.agent, "sms", "+491515550101", channel=twilio)
    letter = drills.test(method=method, at=T0, actor=cast.agent).delivery
    Delivery.objects.filter(pk=letter.pk).update(state=State.DEAD, next_try_at=None, answer="No such number.")
    reach = of([cast.agent, cast.guard])
    assert [one.failing for one in reach[cast.agent.pk].failing] == ["No such number."]
    assert reach[cast.guard.pk].is_mail_only and not reach[cast.agent.pk].is_mail_only
    drills.test(method=method, at=later(minutes=2), actor=cast.agent)
    assert of([cast.agent])[cast.agent.pk].failing == []


def test_a_code_that_was_not_delivered_says_why(cast, twilio) -> None:
    added(cast, twilio)
    Delivery.objects.update(state=State.DEAD, next_try_at=None, answer="No such number.")
    (known,) = of([cast.agent])[cast.agent.pk].methods
    assert known.failing == "No such number." and not known.is_verified


def test_methods_have_a_limit(cast) -> None:
    for place in range(contacts.MOST):
        make.contact_method(cast.agent, "sms", f"+4915155501{place:02}")
    with pytest.raises(Refused, match="20 already"):
        contacts.add(via="email", address="other@people.example", at=T0 + timedelta(days=1), actor=cast.agent)
