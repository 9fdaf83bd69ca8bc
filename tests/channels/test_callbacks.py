"""What Slack and Twilio call back: verified, stored, done once, answered; and what stays visible when it failed."""

import json
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from deliveries.models import Delivery, State
from integrations.channels import answered
from integrations.models import Channel, Door, Inbound
from integrations.models import State as Intake
from integrations.tasks import interpret_pending
from oncall import engine, proofs, rings
from oncall.actions import drills
from oncall.models import ContactMethod, Page, PageState
from tests import make
from tests.channels import a_channel, a_message
from tests.channels.test_slack import SECRET as SLACK_SECRET
from tests.channels.test_slack import press, signed
from tests.channels.test_twilio import ACCOUNT, NUMBER, signature, sms
from tests.clients import Client

pytestmark = pytest.mark.django_db
BASE = "https://desk.example"


@pytest.fixture
def slack(settings):
    settings.BASE_URL = BASE
    return a_channel("slack", secrets={"bot_token": "xoxb-demo", "signing_secret": SLACK_SECRET})


@pytest.fixture
def twilio(settings):
    settings.BASE_URL = BASE
    config = {"account_sid": ACCOUNT, "number": "+12025550100"}
    return a_channel("twilio", config=config, secrets={"auth_token": "12345"})


@pytest.fixture
def page(cast, front, slack, twilio) -> Page:
    """A page of a P1 for which Ada was called by SMS, phone and Slack."""
    for via, address, channel in (("sms", NUMBER, twilio), ("voice", NUMBER, twilio), ("slack", "U0123ABCD", slack)):
        make.contact_method(cast.agent, via, address, channel=channel)
    make.ladder(cast.agent, team=front, severities=[1])
    now = timezone.now()
    make.ticket(team=front, severity=1, at=now)
    engine.climb_due(now)
    rings.ring_due(now)
    return Page.objects.get()


def to_slack(channel, body: bytes, *, client: Client | None = None, **headers):
    given = signed(body, int(timezone.now().timestamp())) | headers
    url = f"/callbacks/slack/{channel.pk}/actions"
    return (client or Client()).generic("POST", url, body, "application/x-www-form-urlencoded", **given)


def to_twilio(channel, path: str, body: bytes, **headers):
    url = f"/callbacks/twilio/{channel.pk}/{path}"
    given = {"HTTP_X_TWILIO_SIGNATURE": signature(body, f"{BASE}{url}")} | headers
    return Client().generic("POST", url, body, "application/x-www-form-urlencoded", **given)


def spoken(response) -> str:
    return " ".join(ElementTree.fromstring(response.content).itertext())


def call_of(page: Page, channel: str) -> Delivery:
    return Delivery.objects.get(channel=channel, data__page=page.pk)


def test_a_button_acknowledges_and_whoever_pressed_it_is_told(page, slack, cast):
    response = to_slack(slack, press(value=str(page.pk)))
    page.refresh_from_db()
    assert (response.status_code, response.content) == (200, b"")
    assert (page.state, page.acknowledged_by) == (PageState.ACKNOWLEDGED, cast.agent)
    row = Inbound.objects.get(door=Door.CALLBACK)
    assert (row.state, row.channel) == (Intake.DONE, slack) and "is yours" in row.outcomes[0]["outcome"]
    told = Delivery.objects.get(data__kind="answer")
    assert (told.channel, told.address, told.data["to"], told.urgent) == ("slack", "C0ROOM001", "U0123ABCD", True)


def test_the_messages_of_all_who_were_called_in_slack_are_rewritten(page, slack):
    to_slack(slack, press(value=str(page.pk)))
    news = Delivery.objects.get(channel="slack", data__kind="update")
    assert (news.address, news.data["state"], news.data["page"]) == ("U0123ABCD", "acknowledged", page.pk)


def test_resolve_resolves_the_ticket(page, slack):
    to_slack(slack, press("resolve", str(page.pk)))
    page.ticket.refresh_from_db()
    assert page.ticket.status == "resolved"


def test_a_button_of_somebody_the_desk_does_not_know_changes_nothing_and_says_so(page, slack):
    assert to_slack(slack, press(value=str(page.pk), user="U0STRANGER")).status_code == 200
    page.refresh_from_db()
    row = Inbound.objects.get(door=Door.CALLBACK)
    assert (page.state, row.state) == (PageState.CLIMBING, Intake.FAILED)
    assert "contact methods" in row.reason and Delivery.objects.get(data__kind="answer").data["to"] == "U0STRANGER"


def test_what_failed_can_be_replayed_from_the_intake_log(page, slack, cast, as_user):
    to_slack(slack, press(value=str(page.pk), user="U0LATER01"))
    row = Inbound.objects.get(door=Door.CALLBACK)
    ContactMethod.objects.filter(via="slack").update(address="U0LATER01")
    assert b"U0LATER01" in as_user(cast.admin).get(f"/intake/{row.receipt}").content
    as_user(cast.admin).post(f"/intake/{row.receipt}/replays")
    interpret_pending()
    page.refresh_from_db()
    assert page.acknowledged_by == cast.agent
    assert as_user(cast.manager).get(f"/intake/{row.receipt}").status_code == 404


def test_the_same_callback_again_is_done_once(page, slack):
    for _ in range(3):
        assert to_slack(slack, press(value=str(page.pk))).status_code == 200
    assert Inbound.objects.filter(door=Door.CALLBACK).count() == 1
    assert Delivery.objects.filter(data__kind="answer").count() == 1


def test_what_a_request_could_not_finish_the_worker_does(page, slack):
    raw, now = press(value=str(page.pk)), timezone.now()
    row, _ = answered.keep(slack, raw, path="actions", content_type="", at=now - 2 * answered.LEASE)
    interpret_pending()
    row.refresh_from_db()
    page.refresh_from_db()
    assert (row.state, page.state) == (Intake.DONE, PageState.ACKNOWLEDGED)


def test_the_button_of_a_drill_confirms_it(slack, cast):
    method = make.contact_method(cast.agent, "slack", "U0123ABCD", channel=slack)
    drill = drills.test(method=method, at=timezone.now(), actor=cast.agent)
    token = proofs.token(drill)
    to_slack(slack, press(value=token))
    drill.refresh_from_db()
    assert drill.confirmed_at is not None
    to_slack(slack, press(value=token + "x"))
    assert Inbound.objects.filter(state=Intake.FAILED).count() == 1


def test_slack_is_told_that_the_address_is_ours(slack):
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"}).encode()
    response = to_slack(slack, body)
    assert (response.status_code, response.content, response["Content-Type"]) == (200, b"3eZbrw1a", "text/plain")
    assert not Inbound.objects.exists()


def test_an_sms_with_the_code_acknowledges_and_is_answered(page, twilio, cast):
    response = to_twilio(twilio, "sms", sms(f"ack {call_of(page, 'sms').data['code']}"))
    page.refresh_from_db()
    assert page.acknowledged_by == cast.agent and "is yours" in spoken(response)
    assert response["Content-Type"].startswith("text/xml")


def test_a_wrong_code_says_so_and_a_number_that_we_never_wrote_to_gets_no_answer(page, twilio):
    right = call_of(page, "sms").data["code"]
    wrong = f"{(int(right) + 1) % 10_000:04}"
    assert "not a call of ours" in spoken(to_twilio(twilio, "sms", sms(wrong)))
    assert "four digits" in spoken(to_twilio(twilio, "sms", sms("who is this?")))
    assert spoken(to_twilio(twilio, "sms", sms(right, From="+4915100000000"))) == ""
    page.refresh_from_db()
    assert page.state == PageState.CLIMBING


def test_stop_is_noted_at_the_contact_method_until_start(page, twilio):
    assert spoken(to_twilio(twilio, "sms", sms("STOP"))) == ""
    method = ContactMethod.objects.get(via="sms")
    assert "STOP" in method.trouble
    to_twilio(twilio, "sms", sms("START", MessageSid="SM10"))
    method.refresh_from_db()
    assert method.trouble == ""


def test_a_call_reads_the_page_out_and_its_key_acknowledges(page, twilio, cast):
    path = f"voice/{call_of(page, 'voice').pk}"
    asked = to_twilio(twilio, path, b"CallSid=CA1")
    assert f"P1 ticket {page.ticket_id} Checkout fails" in spoken(asked) and "Press 4" in spoken(asked)
    assert f"{BASE}/callbacks/twilio/{twilio.pk}/{path}" in asked.content.decode()
    assert "Press 4" in spoken(to_twilio(twilio, path, b"CallSid=CA1&Digits=6"))
    assert "is yours" in spoken(to_twilio(twilio, path, b"CallSid=CA1&Digits=4"))
    page.refresh_from_db()
    assert page.acknowledged_by == cast.agent


def test_a_call_with_a_code_spells_it_and_asks_nothing(twilio):
    row = a_message(twilio, way="voice", address=NUMBER, body_text="Your code: 471123", data={"kind": "verify"})
    response = to_twilio(twilio, f"voice/{row.pk}", b"CallSid=CA1")
    assert spoken(response).count("4, 7, 1, 1, 2, 3") == 3 and b"Gather" not in response.content


def test_a_channel_says_nothing_of_what_another_sent(page, twilio):
    other = Channel.objects.create(name="Other", kind="twilio", sealed=twilio.sealed)
    response = to_twilio(other, f"voice/{call_of(page, 'voice').pk}", b"Digits=4")
    page.refresh_from_db()
    assert page.state == PageState.CLIMBING and "no such message" in spoken(response)
    assert to_twilio(twilio, f"status/{call_of(page, 'slack').pk}", b"MessageStatus=failed").status_code == 204
    assert call_of(page, "slack").state == State.PENDING


def test_an_sms_that_did_not_arrive_shows_on_its_delivery_and_the_next_way_is_used(page, twilio):
    row = call_of(page, "sms")
    Delivery.objects.filter(pk=row.pk).update(state=State.SENT, next_try_at=None, answer="SM1")
    body = urlencode({"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"}).encode()
    assert to_twilio(twilio, f"status/{row.pk}", body).status_code == 204
    row.refresh_from_db()
    assert row.state == State.BOUNCED and "30003" in row.answer
    assert page.calls.get(method__via="sms").state == "failed"
    assert "30003" in ContactMethod.objects.get(via="sms").trouble


def test_an_sms_that_arrived_says_so(page, twilio):
    row = call_of(page, "sms")
    Delivery.objects.filter(pk=row.pk).update(state=State.SENT, next_try_at=None, answer="SM1")
    to_twilio(twilio, f"status/{row.pk}", b"MessageStatus=delivered")
    row.refresh_from_db()
    assert (row.state, row.answer) == (State.SENT, "SM1 delivered")


@pytest.mark.parametrize("path", ["sms", "status/1", "voice/1"])
@pytest.mark.parametrize("signed_for", ["", "nonsense", "another body"])
def test_what_twilio_did_not_sign_is_told_nothing(twilio, path, signed_for):
    given = signature(b"Body=x", f"{BASE}/x") if signed_for == "another body" else signed_for
    response = to_twilio(twilio, path, b"Digits=4", HTTP_X_TWILIO_SIGNATURE=given)
    assert (response.status_code, response["Content-Type"]) == (403, "application/problem+json")
    assert response.json() == {"type": "about:blank", "title": "Forbidden", "status": 403}
    assert not Inbound.objects.exists()


def test_the_host_that_a_request_names_is_not_what_is_verified(twilio):
    body = sms("4711")
    url = f"http://evil.example/callbacks/twilio/{twilio.pk}/sms"
    given = {"HTTP_HOST": "evil.example", "HTTP_X_TWILIO_SIGNATURE": signature(body, url)}
    assert to_twilio(twilio, "sms", body, **given).status_code == 403


def test_a_channel_of_another_kind_or_of_nobody_is_told_nothing(slack, twilio):
    for pk in (twilio.pk, 10**6, 10**30):
        assert to_slack(Channel(pk=pk), press()).status_code == 403
    slack.sealed = "broken"
    slack.save()
    assert to_slack(slack, press()).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"payload=" + b"[" * 60_000,
        b"payload=%00%ED%A0%80",
        b"[]",
        b'{"type": NaN}',
        b"a=1&" * 5000,
    ],
)
def test_no_body_that_is_signed_breaks_it_and_each_is_kept(slack, twilio, body):
    assert to_slack(slack, body).status_code < 500
    assert {to_twilio(twilio, path, body).status_code < 500 for path in ("sms", "status/7", "voice/7")} == {True}
    assert Inbound.objects.filter(channel=slack).exists()


def test_a_body_beyond_the_limit_is_refused(slack):
    assert to_slack(slack, b"x" * 300_000).status_code == 413


def test_only_post_is_taken(slack, client):
    assert client.get(f"/callbacks/slack/{slack.pk}/actions").status_code == 405


def test_a_forged_origin_needs_no_token_of_ours_as_the_signature_is_asked(page, slack):
    strict = Client(enforce_csrf_checks=True)
    assert to_slack(slack, press(value=str(page.pk)), client=strict).status_code == 200
