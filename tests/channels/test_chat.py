"""Other chat: each service through apprise's plugin and our own client, to a real server; what an address may say."""

import ast
import json
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from time import monotonic
from urllib.parse import unquote_plus, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliveries.models import Delivery
from integrations.channels.chat import services
from integrations.channels.chat.send import Sender, quiet
from integrations.models import Channel
from integrations.models.mailbox import keys
from lib import crypto
from tests.channels import a_channel, a_message, sent

pytestmark = pytest.mark.django_db
TOKEN, LONG = "t" * 30, "a" * 32
# By service: an address whose host stands as HOST, or one of a service whose host the plugin itself knows.
ADDRESSES = {
    "ntfy": "ntfy://HOST/desk",
    "Telegram": "tgram://123456789:abcdefg_hijklmnop/12315544",
    "Matrix": "matrix://secret@HOST/!room:matrix.example",
    "Mattermost": f"mmost://HOST/{LONG}",
    "Rocket.Chat": f"rocket://{'a' * 16}/{'b' * 20}@HOST/#desk",
    "Discord": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "Google Chat": "gchat://AAAA/key/token",
    "Gotify": f"gotify://HOST/{LONG}",
    "Pushover": f"pover://{'u' * 30}@{TOKEN}",
    "Zulip": f"zulip://bot@org/{LONG}/stream",
    "Nextcloud Talk": "nctalk://user:password@HOST/room1",
    "Webex": f"wxteams://{'a' * 80}",
}
FIXED = {  # the plugin's attribute that names the host, and what follows it there
    "Telegram": ("notify_url", "/bot"),
    "Discord": ("notify_url", "/api/webhooks"),
    "Google Chat": ("notify_url", "/v1/spaces/{workspace}/messages"),
    "Pushover": ("notify_url", "/1/messages.json"),
    "Zulip": ("notify_url", "/api/v1/messages"),
    "Webex": ("notify_url", "/v1/webhooks/incoming/"),
}
TICKET = {
    "number": 1042,
    "severity": 1,
    "subject": "Checkout is down",
    "site": "Shop",
    "url": "https://desk.example/t/1042",
}


@pytest.fixture
def address_of(beyond, monkeypatch):
    """The address of a service that listens at our small server."""

    def address(service: str) -> str:
        if service in FIXED:
            found = next(each for each in services.SERVICES if each.title == service)
            name, path = FIXED[service]
            monkeypatch.setattr(services.plugin_of(found), name, beyond.base + path)
        return ADDRESSES[service].replace("HOST", urlsplit(beyond.base).netloc)

    return address


@pytest.fixture
def said(beyond):
    """An answer that every service would give."""
    body = {"ok": True, "success": True, "status": 1, "room_id": "!room:matrix.example", "result": "success"}
    beyond.answers[""] = lambda asked: (201 if "/spreed/" in asked.path else 200, json.dumps(body).encode())
    return beyond


def delivery(**data) -> Delivery:
    facts = {"kind": "page", "state": "climbing", "link": "https://desk.example/p/tok", "tickets": [TICKET], "page": 7}
    return Delivery(
        channel="chat", key="c", subject="P1 #1042 Checkout is down", body_text="Checkout is down\nfor 3 minutes",
        data=facts | data, created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def sent_to(address: str, **data):
    """One try at a person's own address."""
    return Sender().send(delivery(target=crypto.encrypt(address, keys=keys()), **data))


@pytest.mark.parametrize("service", ADDRESSES)
def test_it_says_what_happened_and_where_to_acknowledge(service, address_of, said):
    outcome = sent_to(address_of(service))
    assert outcome.result == "sent", outcome
    heard = unquote_plus(said.asked[-1].body.decode())
    assert "P1 #1042 Checkout is down" in heard and "https://desk.example/p/tok" in heard


@pytest.mark.parametrize("service", ADDRESSES)
def test_it_never_asks_an_address_inside(service, address_of, said, settings):
    address = address_of(service)
    settings.INTERNAL_HOSTS = []
    outcome = sent_to(address)
    assert outcome.result == "failed" and "inside your own network" in outcome.answer and said.asked == []
    assert not any(secret in outcome.answer for secret in (TOKEN, LONG, "hijklmnop", "secret", "password", "U711o3dV"))


@pytest.mark.parametrize("service", ADDRESSES)
def test_it_follows_no_redirect(service, address_of, beyond):
    beyond.answers[""] = (307, b"", {"Location": f"{beyond.base}/inside"})
    outcome = sent_to(address_of(service))
    assert outcome.result == "refused" and "redirect" in outcome.answer
    assert not [asked for asked in beyond.asked if asked.path == "/inside"]


@pytest.mark.parametrize("service", ADDRESSES)
@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ((500, b"{}"), "failed"), ((429, b"{}", {"Retry-After": "60"}), "failed"), ((404, b"gone"), "refused"),
        ((410, b""), "refused"), ((200, b"x" * 2**20 + b"x"), "unknown"), ((503, b"[" * 50_000), "failed"),
    ],
    ids=["500", "429", "404", "410", "too much", "garbage"],
)  # fmt: skip
def test_it_tells_what_may_pass_from_what_may_not(service, address_of, beyond, answer, result):
    beyond.answers[""] = answer
    begun = monotonic()
    assert sent_to(address_of(service)).result == result
    assert monotonic() - begun < 4  # no plugin waits for anything by itself


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"not JSON", b'{"ok": false}', b'{"room_id": 7}', b"\xff\xfe"])
@pytest.mark.parametrize("service", ADDRESSES)
def test_it_survives_any_answer(service, address_of, beyond, body):
    beyond.answers[""] = (200, body)
    assert sent_to(address_of(service)).result in ("sent", "refused", "failed", "unknown")


@pytest.mark.parametrize("service", ["Matrix"])  # which asks twice
def test_it_waits_five_seconds_for_all_requests_of_a_message_together(service, address_of, beyond):
    beyond.hold.clear()
    begun = monotonic()
    assert sent_to(address_of(service)).result == "unknown"
    assert 4 < monotonic() - begun < 6.5


def test_it_gives_matrix_the_same_number_at_each_try(address_of, said):
    message = delivery(target=crypto.encrypt(address_of("Matrix"), keys=keys()))
    assert [Sender().send(message).result for _ in range(2)] == ["sent", "sent"]
    puts = [asked for asked in said.asked if asked.method == "PUT"]
    assert len(puts) == 2 and puts[0].path == puts[1].path and puts[0].headers["authorization"] == "Bearer secret"


def test_it_is_loud_about_a_p1_only(address_of, said):
    sent_to(address_of("ntfy"))
    sent_to(address_of("ntfy"), tickets=[TICKET | {"severity": 3}])
    sent_to(address_of("ntfy"), kind="verify", tickets=[])
    assert [asked.headers.get("x-priority") for asked in said.asked] == ["max", None, None]


def test_it_speaks_for_an_admins_room(address_of, said):
    channel = a_channel("chat", secrets={"address": address_of("ntfy")})
    assert sent(a_message(channel)).state == "sent"
    said.answers[""] = (403, b"this token may not")
    assert sent(a_message(channel)).state == "dead"
    channel.refresh_from_db()
    assert channel.trouble == "403 this token may not"
    Channel.objects.update(is_active=False)
    assert sent(a_message(channel)).state == "dead" and len(said.asked) == 2


def test_it_calls_nobody_because_a_customer_wrote_so(address_of, said):
    message = delivery(target=crypto.encrypt(address_of("Discord"), keys=keys()))
    message.subject, message.body_text = "P3 @everyone help", "@here <users/all> @**all** [us](https://evil.example)"
    assert Sender().send(message).result == "sent"
    content = json.loads(said.asked[0].body)["content"]
    assert not any(call in content for call in ("@everyone", "@here", "<users/", "@**", "]("))
    assert quiet("ada@example.com [1] <b> a@b (c)") == "ada@example.com [1] <b> a@b (c)"


def test_a_customers_markup_is_text_to_telegram(address_of, said):
    message = delivery(target=crypto.encrypt(address_of("Telegram"), keys=keys()))
    message.subject = "P1 x < y <a href='https://evil.example'>log in</a>"
    assert Sender().send(message).result == "sent"
    text = json.loads(said.asked[0].body)["text"]
    assert text.startswith("P1 x &lt; y &lt;a href") and "<a" not in text and "\r\nfor 3 minutes\r\n" in text


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "does not begin"), ("file:///etc/passwd", "does not begin"), ("exec://rm", "does not begin"),
        ("mailtos://a:b@mail.example", "does not begin"), ("json://10.0.0.1/", "does not begin"),
        ("ntfys://ntfy.example/desk?attach=file:///etc/passwd", "“attach”"),
        ("ntfys://ntfy.example/desk?email=a@b.example", "“email”"),
        ("ntfys://ntfy.example/desk?verify=no", "“verify”"),
        ("ntfys://ntfy.example/desk?rto=600", "“rto”"),
        ("ntfys://ntfy.example/desk?+X-Email=a@b.example", "“+x-email”"),
        ("tgram://123456789:abcdefg_hijklmnop/1?template=/etc/passwd", "“template”"),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?%74emplate=/etc/passwd", "“template”"),
        ("gotifys://gotify.example/token?redirect=yes", "“redirect”"),
        ("ntfys://ntfy.example/one/two", "just one"), ("tgram://123456789:abcdefg_hijklmnop", "just one"),
        ("tgram://123456789:abcdefg_hijklmnop/1/2", "just one"),
        ("matrixs://user:password@matrix.example/!room:matrix.example", "access token"),
        ("matrixs://token", "does not fit"), ("tgram://x", "does not fit"), ("discord://", "does not fit"),
        ("https://hooks.example/x", "cannot be told"), ("https://[x", "cannot be told"),
        ("https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?template=/x", "“template”"),
        ("ntfys://ntfy.example/a\nb", "characters"),
        ("ntfys://ntfy.example/" + "a" * 2000, "too long"),
    ],
)  # fmt: skip
def test_it_takes_no_other_address(address, why):
    assert why in services.wrong_with(address)


@given(st.sampled_from(sorted(services.BY_SCHEME)), st.text(alphabet="/:@?#&=%+-.!~[]|ab1Zü 💩", max_size=60))
def test_whatever_is_typed_is_taken_or_said_to_be_wrong(scheme, rest):
    address = f"{scheme}://{rest}"
    if not services.wrong_with(address):
        assert services.label(address)


def test_a_webhooks_own_address_can_be_pasted():
    pasted = "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
    assert services.wrong_with(pasted) == "" and services.label(pasted).startswith("Discord: discord://4...8/")


@pytest.mark.parametrize("service", services.SERVICES, ids=lambda service: service.title)
def test_a_plugin_has_no_other_way_out(service):
    module = import_module(f"apprise.plugins.{service.module}")
    assert services.plugin_of(service) and vars(module)["requests"] is services.REQUESTS_GUARDED
    tree = ast.parse(Path(module.__file__).read_text())
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    assert not {name.partition(".")[0] for name in imported} & {
        "socket",
        "http",
        "subprocess",
        "smtplib",
        "ssl",
        "asyncio",
    }
    used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and getattr(n.value, "id", "") == "requests"}
    assert used <= set(dir(services.REQUESTS_GUARDED))


def test_a_plugin_never_speaks_outside_a_message(address_of, said):
    _, plugin = services.read(address_of("ntfy"))
    assert not plugin.notify(body="x", title="y") and said.asked == []
