"""Microsoft Teams: what a workflow is sent."""

import json

import pytest

from integrations.models import Channel
from tests.channels import TICKET, a_channel, a_message, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def teams(beyond) -> Channel:
    return a_channel("teams", secrets={"url": f"{beyond.base}/workflows/1?sig=abc"})


def card(beyond):
    [attachment] = json.loads(beyond.asked[-1].body)["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    return attachment["content"]


def words(found):
    return [run["text"] for block in found["body"] for run in block["inlines"]]


def test_it_posts_a_card_with_links_to_acknowledge_and_to_the_ticket(beyond, teams):
    beyond.answers[""] = (202, b"")
    done = sent(a_message(teams))
    assert (done.state, beyond.asked[0].path) == ("sent", "/workflows/1?sig=abc")
    found = card(beyond)
    assert (found["type"], found["version"]) == ("AdaptiveCard", "1.4")
    assert [(one["type"], one["title"], one["url"]) for one in found["actions"]] == [
        ("Action.OpenUrl", "Acknowledge", "https://desk.example/p/token"),
        ("Action.OpenUrl", "Open #1042", TICKET["url"]),
    ]
    assert words(found)[0] == "P1 #1042 Checkout is down"


def test_a_subject_cannot_become_a_link(beyond, teams):
    sent(a_message(teams))
    found = card(beyond)
    assert {block["type"] for block in found["body"]} == {"RichTextBlock"}  # its runs know no Markdown
    assert any("[down](https://evil.example)" in text for text in words(found))


def test_news_offers_nothing_to_acknowledge(beyond, teams):
    sent(a_message(teams, subject="#1042 acknowledged by Ada", data={"kind": "update", "state": "acknowledged"}))
    assert [one["title"] for one in card(beyond)["actions"]] == ["Open #1042"]


def test_a_storm_stays_below_the_size_that_teams_takes(beyond, teams):
    many = [TICKET | {"number": number, "subject": "ü" * 400} for number in range(500)]
    sent(a_message(teams, data={"tickets": many}, body_text="x" * 50_000))
    assert len(beyond.asked[0].body) < 28 * 1024 and "and 490 more" in words(card(beyond))


def test_what_there_are_buttons_for_is_not_said_twice(beyond, teams):
    body = "P1 #1042 Checkout is down (Shop)\nWhy: nobody answered\n\nAcknowledge: https://desk.example/p/token"
    sent(a_message(teams, body_text=body, data={"state": "climbing", "more": 3}))
    assert words(card(beyond))[1:] == [
        "Why: nobody answered", f"#1042 · P1 · Shop · {TICKET['subject']}", "and 3 more",
    ]  # fmt: skip
    assert len(card(beyond)["actions"]) == 2


def test_a_test_has_no_links_and_no_tickets(beyond, teams):
    sent(a_message(teams, data={"kind": "drill", "tickets": [], "link": "", "page": None}))
    assert card(beyond)["actions"] == []


@pytest.mark.parametrize(
    ("answer", "state"),
    [((429, b""), "pending"), ((502, b"<html>"), "pending"), ((404, b"{}"), "dead"), ((401, b"bad sig"), "dead")],
)
def test_what_may_pass_is_tried_again_and_the_channel_says_what_is_wrong(beyond, teams, answer, state):
    beyond.answers[""] = answer
    assert sent(a_message(teams)).state == state
    teams.refresh_from_db()
    assert teams.trouble.startswith(str(answer[0])) and teams.failing_since
    beyond.answers[""] = (202, b"")
    sent(a_message(teams))
    teams.refresh_from_db()
    assert (teams.trouble, teams.failing_since) == ("", None)


def test_it_is_not_led_inside_by_a_redirect(beyond, teams):
    beyond.answers[""] = (302, b"", {"Location": f"{beyond.base}/inside"})
    done = sent(a_message(teams))
    assert (done.state, len(beyond.asked)) == ("dead", 1) and "redirect" in done.answer


def test_one_that_is_off_or_gone_or_locked_up_sends_nothing(beyond, teams, settings):
    Channel.objects.update(sealed="nonsense")
    assert "enter them again" in sent(a_message(teams)).answer
    teams.refresh_from_db()
    assert "enter them again" in teams.trouble
    Channel.objects.update(is_active=False)
    assert sent(a_message(teams)).state == "dead"
    message = a_message(teams)
    teams.delete()
    assert (sent(message).state, beyond.asked) == ("dead", [])
