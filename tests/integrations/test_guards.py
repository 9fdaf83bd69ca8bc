"""Who may speak for a source: by address, by a secret, by a signature; and where the desk itself goes to ask."""

import hmac
import json
import ssl
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from django.utils import timezone

from integrations import outbound, sns
from integrations.models import Inbound, Source, State
from integrations.sources import KINDS
from integrations.tasks import interpret_pending
from tests.mail.servers import make_certificate
from tickets.models import Ticket

FIRING = {kind.name: kind.payloads["firing"] for kind in KINDS.values()}


@pytest.fixture
def post_to(client, db):
    """post_to(kind, secret, networks, **headers) → the status of its example body."""

    def post(kind="generic", *, secret="", networks="", body=None, **headers):
        source = Source(name=f"S{Source.objects.count()}", kind=kind, networks=networks)
        token = source.new_token()
        source.seal(secret)
        source.save()
        raw = FIRING[kind] if body is None else body
        return client.generic("POST", f"/api/v1/sources/{token}", raw, "application/json", **headers).status_code

    return post


def test_a_source_without_guards_takes_from_whoever_has_its_address(post_to):
    assert post_to() == 202


def test_it_takes_from_listed_addresses_only(post_to, settings):
    assert post_to(networks="192.0.2.0/24, 2001:db8::/32", REMOTE_ADDR="192.0.2.9") == 202
    assert post_to(networks="192.0.2.0/24", REMOTE_ADDR="::ffff:192.0.2.9") == 202
    assert post_to(networks="192.0.2.0/24", REMOTE_ADDR="198.51.100.1") == 403
    assert post_to(networks="192.0.2.0/24", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.9") == 403
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert post_to(networks="192.0.2.0/24", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.9") == 202
    assert Inbound.objects.count() == 3


def test_it_asks_for_the_secret_in_a_header(post_to):
    assert post_to(secret="s3cret") == 401
    assert post_to(secret="s3cret", HTTP_X_WEBHOOK_SECRET="other") == 401
    assert post_to(secret="s3cret", HTTP_X_WEBHOOK_SECRET="s3cret") == 202
    assert post_to(secret="s3cret", HTTP_AUTHORIZATION="Bearer s3cret") == 202
    assert post_to(secret="s3cret", HTTP_X_WEBHOOK_SECRET="\udce4") == 401


@pytest.mark.parametrize(
    ("kind", "header"), [("sentry", "HTTP_SENTRY_HOOK_SIGNATURE"), ("grafana", "HTTP_X_GRAFANA_ALERTING_SIGNATURE")]
)
def test_it_checks_the_signature_of_the_body_as_it_came(post_to, kind, header):
    right = hmac.digest(b"s3cret", FIRING[kind], "sha256").hex()
    assert post_to(kind, secret="s3cret", **{header: right}) == 202
    assert post_to(kind, secret="s3cret", body=FIRING[kind] + b" ", **{header: right}) == 401
    assert post_to(kind, secret="s3cret") == 401


def test_a_secret_is_sealed_in_the_database(post_to):
    post_to(secret="s3cret")
    assert "s3cret" not in Source.objects.get().secret and Source.objects.get().open_secret() == "s3cret"


def test_it_takes_the_query_of_a_post_without_a_body_as_its_form(client, shop):
    source = Source(name="Robot", kind="uptimerobot")
    token = source.new_token()
    source.save()
    address = f"/api/v1/sources/{token}?monitorID=7&alertType=1&monitorFriendlyName=Shop"
    assert client.generic("POST", address).status_code == 202
    interpret_pending()
    assert Ticket.objects.get().subject == "Shop"


# -- a real server beyond ----------------------------------------------------------------------------------------------


@pytest.fixture
def beyond(tmp_path, settings, monkeypatch) -> Iterator[SimpleNamespace]:
    """An https server at localhost, which the operator lists: `answers` by path, `asked` the paths."""
    made = make_certificate(tmp_path / "tls")
    settings.INTERNAL_HOSTS, settings.SNS_HOST = ["127.0.0.0/8", "::1"], "localhost"
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    state = SimpleNamespace(answers={}, asked=[])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            status, body, headers = state.answers.get(self.path.partition("?")[0], (404, b"", {}))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.chain, made.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.base = f"https://localhost:{server.server_port}"
    sns.public_key.cache_clear()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_reads_an_answer_and_follows_no_redirect(beyond):
    beyond.answers = {"/a": (200, b"yes", {}), "/b": (302, b"", {"Location": f"{beyond.base}/a"})}
    assert outbound.get(f"{beyond.base}/a?x=1") == outbound.Answer(200, b"yes")
    assert outbound.get(f"{beyond.base}/b").status == 302 and beyond.asked == ["/a?x=1", "/b"]


def test_it_stops_at_an_answer_that_is_too_large(beyond):
    beyond.answers = {"/a": (200, b"x" * (outbound.MAX_BYTES + 1), {})}
    with pytest.raises(outbound.Unreachable, match="bytes"):
        outbound.get(f"{beyond.base}/a")


def test_it_goes_nowhere_inside_that_is_not_listed(beyond, settings):
    settings.INTERNAL_HOSTS = []
    with pytest.raises(outbound.Unreachable, match="INTERNAL_HOSTS"):
        outbound.get(f"{beyond.base}/a")
    assert beyond.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x.example",
        "file:///etc/passwd",
        "https://a:b@x.example",
        "https://[",
        "https://x:y",
        "http://169.254.169.254/",
    ],
)
def test_it_asks_no_other_kind_of_address(url):
    with pytest.raises(outbound.Unreachable):
        outbound.get(url)


@pytest.fixture
def signer(beyond):
    """signer(body) → the body as SNS would have signed it, and the certificate in its place."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now + timezone.timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    beyond.answers["/sns.pem"] = (200, certificate.public_bytes(serialization.Encoding.PEM), {})
    beyond.answers["/confirm"] = (200, b"<ok/>", {})

    def sign(body, version="2"):
        body = body | {"SigningCertURL": f"{beyond.base}/sns.pem", "SignatureVersion": version}
        hashed = hashes.SHA256() if version == "2" else hashes.SHA1()
        given = key.sign(sns.signed_text(body).encode(), padding.PKCS1v15(), hashed)
        return body | {"Signature": b64encode(given).decode()}

    return sign


@pytest.fixture
def said(client, shop):
    """said(body) → the intake row that a CloudWatch source made of it."""
    source = Source(name="CloudWatch", kind="cloudwatch_sns")
    token = source.new_token()
    source.save()

    def say(body):
        client.generic("POST", f"/api/v1/sources/{token}", json.dumps(body).encode(), "text/plain")
        interpret_pending()
        return Inbound.objects.latest("id")

    return say


@pytest.mark.parametrize("version", ["1", "2"])
def test_an_alarm_that_sns_signed_opens_a_ticket(signer, said, version):
    assert said(signer(json.loads(FIRING["cloudwatch_sns"]), version)).state == State.DONE
    assert Ticket.objects.get().subject == "checkout-5xx"


def test_a_changed_alarm_opens_nothing(signer, said):
    body = signer(json.loads(FIRING["cloudwatch_sns"]))
    row = said(body | {"Message": body["Message"].replace("checkout", "payment")})
    assert (row.state, Ticket.objects.count()) == (State.FAILED, 0) and "signature" in row.reason


@pytest.mark.parametrize(
    "change", [{"Signature": None}, {"Signature": "?"}, {"SigningCertURL": "https://elsewhere.example/a.pem"},
               {"SigningCertURL": "http://localhost/a.pem"}, {"SigningCertURL": 7}],
)  # fmt: skip
def test_it_believes_no_other_signature(signer, said, beyond, change):
    row = said(signer(json.loads(FIRING["cloudwatch_sns"])) | change)
    assert row.state == State.FAILED and Ticket.objects.count() == 0 and beyond.asked == []


def test_a_signed_subscription_is_confirmed(signer, said, beyond):
    asks = json.loads(KINDS["cloudwatch_sns"].payloads["subscription"]) | {"SubscribeURL": f"{beyond.base}/confirm?t=1"}
    row = said(signer(asks))
    assert "/confirm?t=1" in beyond.asked and row.state == State.IGNORED and "subscription" in row.reason


def test_an_unsigned_subscription_and_one_at_another_host_are_not(signer, said, beyond):
    asks = json.loads(KINDS["cloudwatch_sns"].payloads["subscription"])
    said(asks | {"SubscribeURL": f"{beyond.base}/confirm"})
    said(signer(asks | {"SubscribeURL": "https://elsewhere.example/confirm"}))
    assert [path for path in beyond.asked if "confirm" in path] == []
    assert set(Inbound.objects.values_list("state", flat=True)) == {State.FAILED}


def test_a_certificate_that_cannot_be_fetched_now_is_asked_for_again(signer, said, beyond):
    certificate = beyond.answers.pop("/sns.pem")
    row = said(signer(json.loads(FIRING["cloudwatch_sns"])))
    assert row.state == State.PENDING and row.next_try_at
    beyond.answers["/sns.pem"] = certificate
    Inbound.objects.update(next_try_at=timezone.now())
    interpret_pending()
    assert Ticket.objects.count() == 1
