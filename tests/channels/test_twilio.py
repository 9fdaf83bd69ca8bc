"""Twilio: what is asked of its API, what its answers mean, what it may say to us, and what it says for us."""

import base64
import hashlib
import json
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

import pytest

from deliveries.models import State
from integrations.channels.callbacks import Unverified
from integrations.channels.twilio import CHANNEL, read, twiml
from integrations.reading import Unreadable
from tests.channels import a_channel, a_message, sent

pytestmark = pytest.mark.django_db
ACCOUNT, NUMBER = "AC" + "0" * 32, "+4915123456789"
# The example of https://www.twilio.com/docs/usage/security#validating-requests.
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": "CA1234567890ABCDE", "Caller": "+12349013030", "Digits": "1234", "From": "+12349013030",
    "To": "+18005551212",
}  # fmt: skip
SIGNED = "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


@pytest.fixture
def twilio(beyond, settings):
    """An account whose API is our small server, which takes everything."""
    settings.TWILIO_API, settings.BASE_URL = beyond.base, "https://desk.example"
    beyond.answers = {"": (201, json.dumps({"sid": "SM1", "status": "queued"}).encode())}
    return a_channel(
        "twilio", config={"account_sid": ACCOUNT, "number": "+12025550100"}, secrets={"auth_token": "12345"}
    )


def sms(text: str, **more: str) -> bytes:
    return urlencode({"MessageSid": "SM9", "From": NUMBER, "To": "+12025550100", "Body": text, **more}).encode()


def signature(raw: bytes, url: str, token: bytes = b"12345") -> str:
    """What Twilio signs a form with, worked out by hashlib alone."""
    fields = sorted(set(parse_qsl(raw.decode("latin-1"), keep_blank_values=True)))
    key, signed = token.ljust(64, b"\0"), (url + "".join(map("".join, fields))).encode("utf-8", "replace")
    inner = hashlib.sha1(bytes(letter ^ 0x36 for letter in key) + signed).digest()
    return base64.b64encode(hashlib.sha1(bytes(letter ^ 0x5C for letter in key) + inner).digest()).decode()


# -- what comes in ---------------------------------------------------------------------------------------------------


def test_it_takes_the_signature_of_twilios_own_example():
    read.verify(urlencode(FORM).encode(), URL, SIGNED, secret="12345")
    assert signature(urlencode(FORM).encode(), URL) == SIGNED


@pytest.mark.parametrize(
    ("form", "url", "given", "secret"),
    [
        ({**FORM, "Digits": "4"}, URL, SIGNED, "12345"),
        (FORM, URL.replace("https", "http"), SIGNED, "12345"),
        (FORM, URL + "3", SIGNED, "12345"),
        (FORM, URL, SIGNED, "another"),
        (FORM, URL, SIGNED, ""),
        (FORM, URL, "", "12345"),
        (FORM, URL, "ä\ud800", "12345"),
    ],
)
def test_it_refuses_what_twilio_did_not_sign_for_this_address(form, url, given, secret):
    with pytest.raises(Unverified):
        read.verify(urlencode(form).encode(), url, given, secret=secret)


def test_the_port_of_the_address_may_be_signed_or_not():
    raw = urlencode(FORM).encode()
    read.verify(raw, URL.replace(".com", ".com:443"), SIGNED, secret="12345")
    with pytest.raises(Unverified):
        read.verify(raw, URL.replace("mycompany", "other"), SIGNED, secret="12345")


@pytest.mark.parametrize("raw", [b"\xff", b"&".join(b"a%d=1" % number for number in range(300))])
def test_a_body_that_is_no_form_is_not_verified(raw):
    with pytest.raises(Unverified):
        read.verify(raw, URL, SIGNED, secret="12345")
    with pytest.raises(Unreadable):
        read.read(raw, "sms")


@pytest.mark.parametrize(
    "text", ["4711", " 4711. ", "ack 4711", "ACK: 4711", "Ok 4711!", "acknowledged 4711", "yes 4711"]
)
def test_four_digits_acknowledge(text):
    said = read.read(sms(text), "sms")
    assert (said.kind, said.code, said.address) == ("acknowledge", "4711", NUMBER)


@pytest.mark.parametrize("text", ["47112", "not 4711", "I am there at 1530", "", "\0", "٤٧١١", "4711 4712", "x" * 5000])
def test_other_words_acknowledge_nothing_and_learn_how(text):
    said = read.read(sms(text), "sms")
    assert (said.kind, said.code) == ("nothing", "") and "four digits" in said.answer


def test_stop_and_start_are_understood_and_never_answered():
    kinds = [read.read(sms(word), "sms") for word in ("STOP", "Stop.", "unsubscribe", "START")]
    assert [said.kind for said in kinds] == ["stop", "stop", "stop", "start"] and not any(s.answer for s in kinds)
    assert read.read(sms("arrêt", OptOutType="STOP"), "sms").kind == "stop"
    assert read.read(sms("info", OptOutType="HELP"), "sms").answer == ""


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ({"MessageStatus": "delivered"}, "delivered"),
        ({"MessageStatus": "undelivered", "ErrorCode": "30003"}, "failed"),
        ({"CallStatus": "no-answer"}, "failed"),
        ({"CallStatus": "busy"}, "failed"),
        ({"CallStatus": "completed"}, "delivered"),
        ({"MessageStatus": "sent"}, "nothing"),
        ({}, "nothing"),
    ],
)
def test_it_tells_what_arrived_from_what_did_not(form, kind):
    said = read.read(urlencode(form).encode(), "status/12")
    assert (said.kind, said.delivery) == (kind, 12)


def test_of_the_keys_four_acknowledges_and_any_other_asks_again():
    assert read.read(b"Digits=4", "voice/12").kind == "acknowledge"
    assert {read.read(raw, "voice/12").kind for raw in (b"Digits=6", b"Digits=44", b"", b"CallSid=1")} == {"asked"}


@pytest.mark.parametrize("path", ["", "status", "status/x", "voice/" + "9" * 30, "other/1"])
def test_an_address_that_is_not_ours_is_no_callback(path):
    with pytest.raises(Unreadable):
        read.read(b"", path)


# -- what goes out ---------------------------------------------------------------------------------------------------


def test_an_sms_bears_its_words_and_where_twilio_tells_us_what_became_of_it(twilio, beyond):
    row = sent(
        a_message(twilio, way="sms", address="+49 151 23456789", body_text="P1 #1042 Down\nAcknowledge: answer 4711")
    )
    [asked] = beyond.asked
    assert (row.state, row.answer, asked.path) == (State.SENT, "SM1", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    assert base64.b64decode(asked.headers["authorization"].split()[1]) == f"{ACCOUNT}:12345".encode()
    assert asked.form == {
        "To": NUMBER, "From": "+12025550100", "ValidityPeriod": "900",
        "Body": "P1 #1042 Down\nAcknowledge: answer 4711",
        "StatusCallback": f"https://desk.example/callbacks/twilio/{twilio.pk}/status/{row.pk}",
    }  # fmt: skip


def test_a_service_sends_instead_of_the_number_where_one_is_set(twilio, beyond):
    twilio.config["messaging_service"] = "MG1"
    twilio.save()
    sent(a_message(twilio, way="sms", address=NUMBER))
    assert beyond.asked[0].form["MessagingServiceSid"] == "MG1" and "From" not in beyond.asked[0].form


def test_a_long_subject_is_cut_and_the_way_to_answer_stays(twilio, beyond):
    sent(a_message(twilio, way="sms", address=NUMBER, body_text="P1 " + "x" * 400 + "\nAcknowledge: answer 4711"))
    assert beyond.asked[0].form["Body"].endswith("…\nAcknowledge: answer 4711")
    assert len(beyond.asked[0].form["Body"]) < 200


def test_a_call_asks_us_what_to_say(twilio, beyond):
    row = sent(a_message(twilio, way="voice", address=NUMBER))
    form = beyond.asked[0].form
    assert beyond.asked[0].path.endswith("/Calls.json") and row.state == State.SENT
    assert form["Url"] == f"https://desk.example/callbacks/twilio/{twilio.pk}/voice/{row.pk}"
    assert (form["Method"], form["StatusCallback"].rpartition("/")[0][-6:]) == ("POST", "status")


@pytest.mark.parametrize("address", ["", "0151 2345", "+0 12", "U0123ABCD", "+1" + "0" * 20])
def test_what_is_no_phone_number_is_never_dialled(twilio, beyond, address):
    assert sent(a_message(twilio, way="voice", address=address)).state == State.DEAD and beyond.asked == []


def refusal(code: int, status: int = 400):
    return (status, json.dumps({"code": code, "message": "It is not possible", "status": status}).encode())


@pytest.mark.parametrize(
    ("answer", "state", "uncertain"),
    [
        (refusal(21211), State.DEAD, False),  # no valid number
        (refusal(21610), State.DEAD, False),  # they answered STOP
        (refusal(20003, 401), State.DEAD, False),
        (refusal(20404, 404), State.DEAD, False),
        (refusal(20429, 429), State.PENDING, False),
        (refusal(14107), State.PENDING, False),
        ((503, b"busy"), State.PENDING, False),
        ((200, b"{}"), State.PENDING, True),
        ((200, b"not json"), State.PENDING, True),
        ((201, b"x" * 2_000_000), State.PENDING, True),
        ((307, b"", {"Location": "http://169.254.169.254/"}), State.DEAD, False),
    ],
)
def test_it_tells_what_may_pass_from_what_will_not(twilio, beyond, answer, state, uncertain):
    beyond.answers[""] = answer
    row = sent(a_message(twilio, way="sms", address=NUMBER))
    assert (row.state, row.uncertain, len(beyond.asked)) == (state, uncertain, 1)


def test_the_form_refuses_what_is_no_sid():
    assert set(CHANNEL.check({"account_sid": "AC1", "messaging_service": "x"})) == {"account_sid", "messaging_service"}
    assert CHANNEL.check({"account_sid": ACCOUNT}) == {}


# -- what is said ----------------------------------------------------------------------------------------------------


def test_words_from_outside_stay_words():
    hostile = '</Say><Dial>+1900</Dial> & \0\x1b\ufffe\ud800 "x"'
    for answer in (twiml.message(hostile), twiml.statement(hostile), twiml.question(hostile, action='a"b&c')):
        tags = {element.tag for element in ElementTree.fromstring(answer).iter()}
        assert tags <= {"Response", "Say", "Message", "Gather", "Hangup"}


def test_a_question_waits_for_one_key_twice_and_hangs_up():
    root = ElementTree.fromstring(twiml.question("P1", action="https://desk.example/x"))
    assert [child.tag for child in root] == ["Gather", "Gather", "Say", "Hangup"]
    assert root[0].attrib["numDigits"] == "1" and root[0].attrib["action"] == "https://desk.example/x"


def test_a_code_is_spelt():
    assert twiml.spelt("Your code: 471123") == "Your code: 4, 7, 1, 1, 2, 3"
