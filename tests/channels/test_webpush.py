"""Web push: what the browser can decrypt, what the push service checks, and the answer from a notification."""

import hmac
import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from threading import Thread
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection
from django.utils import timezone

from deliveries.models import Delivery
from integrations.channels.webpush import send, subscription, vapid
from integrations.models import PushKey
from integrations.models.mailbox import keys
from lib import crypto
from oncall import engine, messages, rings
from oncall.models import Page, Ring
from tests import make
from tests.channels import a_message, sent
from tickets.models import Kind

pytestmark = pytest.mark.django_db
TICKET = {
    "number": 1042,
    "severity": 1,
    "subject": "Checkout is down",
    "site": "Shop",
    "url": "https://desk.example/t/1042",
}
BODY = "P1 #1042 Checkout is down\nfor 3 minutes\n\nAcknowledge: https://desk.example/p/tok"


def plain(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """The other side, written from RFC 8291 and RFC 8188 alone."""

    def __init__(self, endpoint: str, key: ec.EllipticCurvePrivateKey | None = None, auth: bytes = b"0123456789abcdef"):
        self.key, self.auth, self.endpoint = key or ec.generate_private_key(ec.SECP256R1()), auth, endpoint
        self.point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self, **changes) -> str:
        given = {"p256dh": plain(self.point), "auth": plain(self.auth)} | changes
        return json.dumps({"endpoint": self.endpoint, "expirationTime": None, "keys": given})

    def read(self, body: bytes) -> bytes:
        salt, size, length = body[:16], struct.unpack(">I", body[16:20])[0], body[20]
        theirs, record = body[21 : 21 + length], body[21 + length :]
        assert length == 65 and len(record) <= size
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        secret = hkdf(self.auth, shared, b"WebPush: info\0" + self.point + theirs, 32)
        key = hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, record, None)
        return padded.rstrip(b"\0")[:-1]  # the last record's delimiter is 2


def hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return hmac.digest(hmac.digest(salt, secret, "sha256"), info + b"\1", "sha256")[:length]


@pytest.fixture
def listener(beyond) -> Browser:
    beyond.answers[""] = (201, b"", {"Location": "https://push.example/m/1"})
    return Browser(f"{beyond.base}/push/abc")


def delivery(browser: Browser, **data) -> Delivery:
    facts = {
        "kind": "page",
        "state": "climbing",
        "link": "https://desk.example/p/tok",
        "token": "tok",
        "tickets": [TICKET],
    }
    return Delivery(
        channel="webpush", key="ring.1.m1", urgent=True, subject="P1 #1042 Checkout is down", body_text=BODY,
        data=facts | {"page": 7, "target": crypto.encrypt(browser.subscription(), keys=keys())} | data,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def test_its_other_side_reads_the_example_of_the_rfc():
    key = ec.derive_private_key(
        int.from_bytes(raw("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")), ec.SECP256R1()
    )  # RFC 8291, appendix A
    body = (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3"
        "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    example = Browser("", key, raw("BTBZMqHH6r4Tts7J_aSIgg"))
    assert example.read(raw(body)) == b"When I grow up, I want to be a watermelon"


def test_it_tells_the_browser_and_nobody_else(listener, beyond):
    assert send.Sender().send(delivery(listener)).result == "sent"
    asked = beyond.asked[0]
    told = json.loads(listener.read(asked.body))
    assert told["title"] == "P1 #1042 Checkout is down" and told["body"] == "for 3 minutes"
    assert (told["token"], told["link"], told["tag"]) == ("tok", "https://desk.example/p/tok", "page-7")
    assert b"Checkout" not in asked.body and asked.headers["content-encoding"] == "aes128gcm"
    assert (asked.headers["urgency"], asked.headers["ttl"], asked.headers["topic"]) == ("high", "600", "page-7")


def test_the_push_service_can_check_who_we_are(listener, beyond):
    send.Sender().send(delivery(listener))
    scheme, _, given = beyond.asked[0].headers["authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in given.split(","))
    head, claims, signature = parts["t"].split(".")
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(parts["k"]))
    two = raw(signature)
    signed = encode_dss_signature(int.from_bytes(two[:32]), int.from_bytes(two[32:]))
    point.verify(signed, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))  # RFC 7515, ES256
    said = json.loads(raw(claims))
    assert scheme == "vapid" and json.loads(raw(head)) == {"typ": "JWT", "alg": "ES256"}
    assert said["aud"] == beyond.base and said["sub"].startswith("mailto:")
    assert 0 < said["exp"] - datetime.now(UTC).timestamp() <= 24 * 3600
    assert parts["k"] == vapid.key().public


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ((201, b""), "sent"), ((404, b""), "refused"), ((410, b""), "refused"), ((403, b"bad key"), "refused"),
        ((413, b""), "refused"), ((429, b"", {"Retry-After": "9"}), "failed"), ((500, b""), "failed"),
        ((307, b"", {"Location": "http://127.0.0.1:9/"}), "refused"), ((200, b"x" * (2**20 + 1)), "unknown"),
    ],
)  # fmt: skip
def test_it_tells_a_browser_that_is_gone_from_a_service_that_is_busy(listener, beyond, answer, result):
    beyond.answers[""] = answer
    outcome = send.Sender().send(delivery(listener))
    assert outcome.result == result and len(beyond.asked) == 1
    assert ("Subscribe it again" in outcome.answer) == (answer[0] in (404, 410))


def test_a_worker_sends_it_and_gives_up_on_a_browser_that_is_gone(listener, beyond):
    target = {"target": crypto.encrypt(listener.subscription(), keys=keys()), "channel": None}
    assert sent(a_message(None, way="webpush", address="Firefox", data=target)).state == "sent"
    beyond.answers[""] = (410, b"")
    gone = sent(a_message(None, way="webpush", address="Firefox", data=target))
    assert gone.state == "dead" and "Subscribe it again" in gone.answer


def test_it_never_asks_an_address_inside(listener, beyond, settings):
    settings.INTERNAL_HOSTS = []
    outcome = send.Sender().send(delivery(listener))
    assert outcome.result == "failed" and "inside" in outcome.answer and beyond.asked == []


def test_whatever_a_customer_writes_fits(listener, beyond):
    message = delivery(listener, tickets=[TICKET | {"url": "https://desk.example/" + "x" * 900}] * 10)
    message.subject, message.body_text = "\N{SNOWMAN}" * 400, "\N{PILE OF POO}\n" * 4000
    assert send.Sender().send(message).result == "sent" and len(beyond.asked[0].body) <= 4096
    assert json.loads(listener.read(beyond.asked[0].body))["title"].startswith("\N{SNOWMAN}")


def test_only_an_open_page_can_be_acknowledged_from_it(listener, beyond):
    for data in ({"kind": "drill"}, {"state": "ended"}, {"kind": "verify", "tickets": [], "page": None}):
        send.Sender().send(delivery(listener, **data))
    told = [json.loads(listener.read(asked.body)) for asked in beyond.asked]
    assert [one["token"] for one in told] == ["", "", ""] and "topic" not in beyond.asked[2].headers


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "null", "[" * 100_000, "x" * 5000, "{}", '{"endpoint": 7, "keys": []}',
        Browser("http://push.example/").subscription(), Browser("https://a@push.example/").subscription(),
        Browser("https:///").subscription(), Browser("https://[::1/").subscription(),
        Browser("https://p.example/").subscription(p256dh=plain(b"\4" + b"\1" * 64)),
        Browser("https://p.example/").subscription(p256dh=plain(b"short")),
        Browser("https://p.example/").subscription(p256dh="ü"), Browser("https://p.example/").subscription(p256dh=7),
        Browser("https://p.example/").subscription(auth=""),
    ],
)  # fmt: skip
def test_it_takes_no_other_subscription(text):
    with pytest.raises(subscription.Unfit):
        subscription.read(text)
    message = Delivery(data={"target": crypto.encrypt(text, keys=keys())}, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert send.Sender().send(message).result == "refused"


def test_a_key_that_was_lost_is_said(listener, beyond, settings):
    message = delivery(listener)
    settings.SECRET_KEY = "another key of more than thirty-two characters"
    outcome = send.Sender().send(message)
    assert outcome.result == "refused" and "subscribe the browser again" in outcome.answer and beyond.asked == []


@pytest.mark.django_db(transaction=True)
def test_two_that_ask_first_at_once_get_one_key():
    found = []

    def ask() -> None:
        found.append(vapid.key().public)
        connection.close()

    askers = [Thread(target=ask) for _ in range(6)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(found) == 6 and len(set(found)) == 1 and PushKey.objects.count() == 1
    assert len(raw(found[0])) == 65 and "PRIVATE" not in PushKey.objects.get().sealed


def test_the_worker_is_a_script_at_the_root(client):
    answer = client.get("/sw.js")
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/javascript") and "no-cache" in answer["Cache-Control"]
    assert '"/callbacks/webpush/answers"' in text and "{%" not in text


def test_a_phone_can_keep_the_desk_on_its_home_screen(client, cast, as_user):
    assert '<link rel="manifest" href="/desk.webmanifest">' in as_user(cast.agent).get("/oncall/").content.decode()
    answer = client.get("/desk.webmanifest")
    assert answer.json()["display"] == "standalone" and answer["Content-Type"] == "application/manifest+json"


@pytest.mark.parametrize(
    "body", [b"", b"token=", b"token=1.2.3", b"\xff\xfe", b"token=" + b"x" * 5000, b"&" * 300, b"{}"]
)
def test_an_answer_without_our_token_is_told_nothing(client, body):
    answer = client.post("/callbacks/webpush/answers", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (400, 403) and "detail" not in answer.json()


def answered(client, token: str):
    body = urlencode({"token": token})
    return client.post("/callbacks/webpush/answers", body, content_type="application/x-www-form-urlencoded")


def test_a_page_reaches_the_browser_and_is_acknowledged_from_there(client, cast, front, listener, beyond):
    now = timezone.now()
    make.ladder(cast.agent, team=front, severities=[1])
    make.contact_method(cast.agent, "webpush", "Firefox", sealed=crypto.encrypt(listener.subscription(), keys=keys()))
    ticket = make.ticket(team=front, severity=1, at=now, subject="Checkout is down")
    engine.climb_due(now)
    rings.ring_due(now)
    assert send.Sender().send(Delivery.objects.get(channel="webpush", data__kind="page")).result == "sent"
    token = json.loads(listener.read(beyond.asked[0].body))["token"]
    posted = answered(client, token)
    assert (posted.status_code, posted.json()) == (200, {"said": f"#{ticket.pk} is yours."})
    page = Page.objects.get()
    assert (page.state, page.acknowledged_by) == ("acknowledged", cast.agent)
    assert answered(client, token).status_code == 200  # once more changes nothing
    assert ticket.events.filter(kind=Kind.PAGE_ACKNOWLEDGED, via="webpush").count() == 1


def test_an_old_answer_is_told_nothing(client, cast):
    ring = Ring.objects.create(user=cast.agent, at=timezone.now() - timedelta(days=2), code="4711")
    assert answered(client, messages.token(ring)).status_code == 403
