"""Slack: what is asked of its API, what its answers mean, and what it may say to us."""

import hashlib
import json
from time import monotonic
from urllib.parse import urlencode

import pytest

from deliveries.models import State
from integrations.channels.callbacks import Unverified
from integrations.channels.facts import Facts
from integrations.channels.slack import CHANNEL, read
from integrations.channels.slack.blocks import content
from integrations.models import ChannelThread
from integrations.reading import Unreadable
from tests import make
from tests.channels import a_channel, a_message, sent

pytestmark = pytest.mark.django_db
# The example of https://docs.slack.dev/authentication/verifying-requests-from-slack.
SECRET, STAMP = "8f742231b10e8888abcd99yyyzzz85a5", 1531420618
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
    b"803a0bc887a14d10d2c447fce8b6703c"
)
SIGNED = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def headers(stamp: object = STAMP, signature: str = SIGNED) -> dict[str, str]:
    return {"X-Slack-Request-Timestamp": str(stamp), "X-Slack-Signature": signature}


def press(action: str = "acknowledge", value: object = "7", *, user: str = "U0123ABCD", **more) -> bytes:
    """A button, as Slack posts it."""
    payload = {
        "type": "block_actions", "user": {"id": user, "username": "ada"}, "channel": {"id": "C0ROOM001"},
        "actions": [{"action_id": action, "value": value, "type": "button"}], "trigger_id": "1", **more,
    }  # fmt: skip
    return urlencode({"payload": json.dumps(payload)}).encode()


@pytest.fixture
def slack(beyond, settings, front):
    """A channel whose API is our small server, which takes every message."""
    settings.SLACK_API = beyond.base
    beyond.answers = {
        "/chat.postMessage": posted("1.1"),
        "/chat.update": posted("1.1"),
        "/chat.postEphemeral": posted("2"),
    }
    return a_channel(
        "slack", config={"room": "C0ROOM001"}, secrets={"bot_token": "xoxb-demo", "signing_secret": SECRET}
    )


def posted(ts: str, channel: str = "C0ROOM001"):
    return (200, json.dumps({"ok": True, "channel": channel, "ts": ts}).encode())


def error(name: str, status: int = 200, **more: str):
    return (status, json.dumps({"ok": False, "error": name}).encode(), more)


def asked(beyond) -> list[tuple[str, dict]]:
    return [(one.path, json.loads(one.body)) for one in beyond.asked]


def labels(message: dict) -> list[str]:
    blocks = [block for block in message["blocks"] if block["type"] == "actions"]
    return [button["text"]["text"] for block in blocks for button in block["elements"]]


# -- what comes in ---------------------------------------------------------------------------------------------------


def test_it_takes_the_signature_of_slacks_own_example():
    read.verify(BODY, headers(), secret=SECRET, now=STAMP + 299)


@pytest.mark.parametrize(
    ("body", "given", "secret", "now"),
    [
        (BODY + b"x", headers(), SECRET, STAMP),
        (BODY, headers(), "another", STAMP),
        (BODY, headers(), "", STAMP),
        (BODY, headers(), SECRET, STAMP + 301),
        (BODY, headers(), SECRET, STAMP - 301),
        (BODY, headers(STAMP + 1), SECRET, STAMP),
        (BODY, headers("١٥٣١"), SECRET, STAMP),
        (BODY, headers("9" * 400), SECRET, STAMP),
        (BODY, headers(signature="v0=ä\ud800"), SECRET, STAMP),
        (BODY, {}, SECRET, STAMP),
    ],
)
def test_it_refuses_what_slack_did_not_sign_just_now(body, given, secret, now):
    with pytest.raises(Unverified):
        read.verify(body, given, secret=secret, now=now)


def test_a_button_says_who_pressed_it_under_which_page():
    said = read.read(press(), "actions")
    assert (said.kind, said.page, said.address, said.conversation) == ("acknowledge", 7, "U0123ABCD", "C0ROOM001")
    assert read.read(press("resolve"), "actions").kind == "resolve"
    assert read.read(press(value="signed.token"), "actions").token == "signed.token"
    assert read.read(press(value="9" * 30), "actions").page is None  # no key of ours is so long


@pytest.mark.parametrize(
    "body",
    [
        press("open"), press("else"), press(value=None), press(value=""), press(actions=[1]),
        press(actions={}), press(type="view_submission"), b"payload=", b"[]", b'{"type": "event_callback"}',
    ],
)  # fmt: skip
def test_what_is_no_button_of_a_page_does_nothing(body):
    assert (read.read(body, "actions").kind, read.read(body, "").page) == ("nothing", None)


@pytest.mark.parametrize("body", [b"", b"payload={", b"[" * 50_000, b"\xff\xfe"])
def test_a_body_that_is_not_slacks_says_why(body):
    with pytest.raises(Unreadable):
        read.read(body, "actions")


# -- what goes out ---------------------------------------------------------------------------------------------------


def test_a_page_is_posted_with_buttons_and_begins_the_tickets_thread(slack, beyond, shop):
    ticket = make.ticket(site=shop)
    facts = {
        "tickets": [
            {"number": ticket.pk, "severity": 1, "subject": "Down", "site": "Shop", "url": "https://d.example/1"}
        ]
    }
    row = sent(a_message(slack, data=facts))
    assert (row.state, row.answer) == (State.SENT, "C0ROOM001 1.1")
    [(path, message)] = asked(beyond)
    assert (path, message["channel"]) == ("/chat.postMessage", "C0ROOM001")
    assert beyond.asked[0].headers["authorization"] == "Bearer xoxb-demo"
    assert labels(message) == ["Acknowledge", "Resolve", "Open"]
    assert ChannelThread.objects.get().root == "1.1"


def test_the_next_page_of_a_ticket_goes_into_its_thread_and_is_seen_in_the_room(slack, beyond):
    ticket = make.ticket()
    facts = {"tickets": [{"number": ticket.pk}]}
    sent(a_message(slack, data=facts))
    beyond.answers["/chat.postMessage"] = posted("2.2")
    sent(a_message(slack, data={**facts, "page": 8}))
    sent(a_message(slack, address="C0OTHER01", data={**facts, "page": 8}))
    below = [(message.get("thread_ts"), message.get("reply_broadcast")) for _, message in asked(beyond)]
    assert below == [(None, None), ("1.1", True), (None, None)]
    thread = ChannelThread.objects.get(address="C0ROOM001")
    assert (thread.root, thread.latest, thread.page) == ("1.1", "2.2", 8)


@pytest.mark.parametrize(
    ("state", "left"),
    [("acknowledged", ["Resolve", "Open"]), ("ended", ["Open"]), ("unanswered", ["Acknowledge", "Resolve", "Open"])],
)
def test_news_of_a_page_rewrite_its_message_and_stand_in_its_thread(slack, beyond, state, left):
    ticket = make.ticket()
    facts = {"tickets": [{"number": ticket.pk, "severity": 1, "subject": "Down", "url": "https://d.example/1"}]}
    sent(a_message(slack, data=facts))
    beyond.asked.clear()
    news = {"kind": "update", "state": state, **facts}
    row = sent(a_message(slack, subject="#1: Ada acknowledged.", body_text="Ada acknowledged.", data=news))
    (first, rewritten), (second, line) = asked(beyond)
    assert (row.state, first, second) == (State.SENT, "/chat.update", "/chat.postMessage")
    assert (rewritten["ts"], labels(rewritten)) == ("1.1", left)
    assert (line["thread_ts"], line["text"], "blocks" in line) == ("1.1", "Ada acknowledged.", False)


def test_news_for_a_person_only_rewrite_their_message(slack, beyond, cast):
    facts = {"tickets": [{"number": make.ticket().pk, "severity": 1}]}
    beyond.answers["/chat.postMessage"] = posted("1.1", channel="D0DIRECT1")
    sent(a_message(slack, address="U0123ABCD", user=cast.agent, data=facts))
    for page in (7, 8):  # their own, and one that they have no message of
        news = {"kind": "update", "state": "ended", "page": page, **facts}
        assert sent(a_message(slack, address="U0123ABCD", user=cast.agent, data=news)).state == State.SENT
    [_, (path, rewritten)] = asked(beyond)
    assert (path, rewritten["channel"], rewritten["ts"]) == ("/chat.update", "D0DIRECT1", "1.1")


@pytest.mark.parametrize(
    ("conversation", "path"), [("C0ROOM001", "/chat.postEphemeral"), ("D0DIRECT1", "/chat.postMessage")]
)
def test_an_answer_to_a_button_is_for_whoever_pressed_it(slack, beyond, conversation, path):
    row = a_message(slack, address=conversation, body_text="Ada <b>", data={"kind": "answer", "to": "U0123ABCD"})
    assert sent(row).state == State.SENT
    [(used, said)] = asked(beyond)
    assert (used, said["channel"], said["text"]) == (path, conversation, "Ada &lt;b&gt;")
    assert said.get("user") == ("U0123ABCD" if conversation[0] == "C" else None)


def test_news_of_an_older_page_leave_the_newer_ones_message_alone(slack, beyond):
    facts = {"tickets": [{"number": make.ticket().pk}]}
    sent(a_message(slack, data={**facts, "page": 8}))
    sent(a_message(slack, data={**facts, "page": 7, "kind": "update", "state": "ended"}))
    assert [path for path, _ in asked(beyond)] == ["/chat.postMessage", "/chat.postMessage"]


def test_a_message_about_several_tickets_lists_them_and_is_rewritten_for_none(slack, beyond):
    facts = {
        "tickets": [
            {"number": make.ticket().pk, "subject": "One"},
            {"number": make.ticket().pk, "subject": "<!here> & two"},
        ]
    }
    sent(a_message(slack, data=facts))
    [(_, message)] = asked(beyond)
    assert "&lt;!here&gt; &amp; two" in json.dumps(message) and "<!here>" not in json.dumps(message)
    assert list(ChannelThread.objects.values_list("root", "page")) == [("1.1", None)] * 2


def test_a_thread_that_somebody_deleted_is_begun_anew_at_the_next_try(slack, beyond):
    facts = {"tickets": [{"number": make.ticket().pk}]}
    sent(a_message(slack, data=facts))
    beyond.answers["/chat.postMessage"] = error("thread_not_found")
    row = sent(a_message(slack, data=facts))
    assert row.state == State.PENDING and not ChannelThread.objects.exists()
    beyond.answers["/chat.postMessage"] = posted("3.3")
    assert sent(row).state == State.SENT and ChannelThread.objects.get().root == "3.3"


def test_a_person_gets_it_by_their_member_id_and_a_code_alone(slack, beyond):
    beyond.answers["/chat.postMessage"] = posted("1.1", channel="D0DIRECT1")
    row = sent(a_message(slack, address="U0123ABCD", body_text="Your code: 4711", data={"kind": "verify"}))
    [(_, message)] = asked(beyond)
    assert (row.state, message["channel"], message["text"]) == (State.SENT, "U0123ABCD", "Your code: 4711")
    assert labels(message) == []


@pytest.mark.parametrize(
    ("answer", "state", "uncertain"),
    [
        (error("ratelimited", 429, **{"Retry-After": "30"}), State.PENDING, False),
        (error("ratelimited"), State.PENDING, False),
        (error("internal_error"), State.PENDING, True),
        (error("channel_not_found"), State.DEAD, False),
        (error("is_archived"), State.DEAD, False),
        (error("invalid_auth"), State.DEAD, False),
        ((500, b"oh"), State.PENDING, False),
        ((200, b"<html>"), State.PENDING, True),
        ((200, b"[1]"), State.PENDING, True),
        ((200, b"x" * 2_000_000), State.PENDING, True),
        ((302, b"", {"Location": "http://10.0.0.1/"}), State.DEAD, False),
    ],
)
def test_it_tells_what_may_pass_from_what_will_not(slack, beyond, answer, state, uncertain):
    beyond.answers["/chat.postMessage"] = answer
    row = sent(a_message(slack))
    assert (row.state, row.uncertain, len(beyond.asked)) == (state, uncertain, 1)


def test_a_wrong_token_is_the_channels_trouble_and_a_wrong_room_is_not(slack, beyond):
    beyond.answers["/chat.postMessage"] = error("channel_not_found")
    sent(a_message(slack, address="C0OTHER01"))
    slack.refresh_from_db()
    assert slack.trouble == ""
    beyond.answers["/chat.postMessage"] = error("token_revoked")
    sent(a_message(slack, address="C0OTHER01"))
    slack.refresh_from_db()
    assert "token_revoked" in slack.trouble


def test_news_to_a_slack_that_hangs_are_given_up_within_the_lease(slack, beyond):
    facts = {"tickets": [{"number": make.ticket().pk}]}
    sent(a_message(slack, data=facts))
    row = a_message(slack, data={**facts, "kind": "update", "state": "ended"})
    beyond.hold.clear()
    began = monotonic()
    row = sent(row)
    assert (row.state, row.uncertain) == (State.PENDING, True) and monotonic() - began < 8


def test_what_others_wrote_is_no_markup():
    from_outside = "<!channel> <https://evil.example|click> & *bold*"
    shown = content(Facts("page", "open", "", "", "", None, ()), from_outside, from_outside)
    assert "<!channel>" not in shown["text"] and "<" not in shown["blocks"][0]["text"]["text"]
    assert all(block["text"]["type"] == "plain_text" for block in shown["blocks"][1:])


def test_the_form_refuses_what_is_no_bot_token_and_no_conversation():
    assert set(CHANNEL.check({"bot_token": "xoxp-1", "room": "#general"})) == {"bot_token", "room"}
    assert CHANNEL.check({"bot_token": "xoxb-1", "room": "C0123ABCD"}) == {}


def signed(body: bytes, stamp: int) -> dict[str, str]:
    """The headers of a request that Slack signs, worked out by hashlib alone."""
    inner = hashlib.sha256(pad(0x36) + b"v0:%d:%b" % (stamp, body)).digest()
    signature = "v0=" + hashlib.sha256(pad(0x5C) + inner).hexdigest()
    return {"HTTP_X_SLACK_REQUEST_TIMESTAMP": str(stamp), "HTTP_X_SLACK_SIGNATURE": signature}


def pad(byte: int) -> bytes:
    return bytes(letter ^ byte for letter in SECRET.encode().ljust(64, b"\0"))
