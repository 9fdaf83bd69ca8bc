"""Handing a message to a provider: what each answer means for the delivery."""

import json

import pytest

from integrations.channels.posting import post, post_form, post_json, read_object
from integrations.outbound import MAX_BYTES


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, "sent"), (202, "sent"), (301, "refused"), (307, "refused"), (400, "refused"), (404, "refused"),
        (410, "refused"), (408, "failed"), (409, "failed"), (425, "failed"), (429, "failed"), (500, "failed"),
        (503, "failed"),
    ],
)  # fmt: skip
def test_it_takes_a_status_for_what_it_is(beyond, status, result):
    beyond.answers[""] = (status, b'{"error": "because"}', {"Location": "http://127.0.0.1/"})
    posted = post_json(beyond.base, {"a": "ü"})
    assert (posted.outcome.result, posted.status, posted.json) == (result, status, {"error": "because"})
    assert str(status) in posted.outcome.answer
    assert json.loads(beyond.asked[0].body) == {"a": "ü"} and len(beyond.asked) == 1


def test_it_says_how_long_it_is_asked_to_wait(beyond):
    beyond.answers[""] = (429, b"slow\0 down", {"Retry-After": "30"})
    assert post(beyond.base, b"").outcome.answer == "429 slow down (Retry-After: 30)"


def test_it_posts_a_form(beyond):
    post_form(beyond.base, {"To": "+49 30", "Body": "a&b=c"})
    assert beyond.asked[0].form == {"To": "+49 30", "Body": "a&b=c"}


def test_what_was_never_handed_over_failed_and_what_may_have_been_heard_is_unknown(beyond):
    assert post("http://127.0.0.1:9/", b"").outcome.result == "failed"
    assert post("no address", b"").outcome.result == "failed"
    beyond.answers[""] = (200, b"x" * (MAX_BYTES + 1))
    assert post(beyond.base, b"").outcome.result == "unknown"
    beyond.hold.clear()
    assert post(beyond.base, b"", seconds=0.2).outcome.result == "unknown"


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]"])
def test_it_never_asks_an_address_inside(host, settings):
    settings.INTERNAL_HOSTS = []
    outcome = post(f"https://{host}/", b"").outcome
    assert outcome.result == "failed" and ("inside your own network" in outcome.answer or "never" in outcome.answer)


@pytest.mark.parametrize("body", [b"", b"[1]", b"no", b'"a"', b"\xff", b"[" * 100_000, b"1" * 5000, b'{"a": NaN'])
def test_garbage_is_an_empty_answer(body):
    assert read_object(body) == {}
