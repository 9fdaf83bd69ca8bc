"""Mail that is handed to us: by a pipe, or posted by a provider."""

import base64
import io
import json
import os
import subprocess
import sys
from urllib.parse import quote

import pytest
from django.conf import settings as project
from django.db import connection

from integrations import inbound
from integrations.models import Inbound, Mailbox, State
from integrations.views.mail_door import receive
from tests.mail.conftest import letter

RAW = b"Message-ID: <1@acme.example>\r\nFrom: cora@acme.example\r\nSubject: Caf\xe9 8-bit\r\n\r\n+ & = \xe9\xff%41\r\n"


@pytest.fixture
def mailbox(db) -> Mailbox:
    return Mailbox.objects.create(name="Support", address="desk@helpdesk.example", protocol="push")


@pytest.fixture
def url(mailbox) -> str:
    token = mailbox.new_token()
    mailbox.save()
    return f"/api/v1/mailboxes/{token}"


def form(*fields: tuple[str, bytes], boundary: str = "xYzZy") -> tuple[bytes, str]:
    """A multipart form to the byte."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n"
        for name, value in fields
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def sns(content: str) -> bytes:
    inner = {"notificationType": "Received", "mail": {"messageId": "x"}, "content": content}
    return json.dumps({"Type": "Notification", "Message": json.dumps(inner)}).encode()


TEXT = RAW.decode("latin-1").encode("utf-8")
WAYS = {
    "raw": (RAW, "message/rfc822", RAW),
    "raw without a type": (RAW, "", RAW),
    "mailgun": (*form(("recipient", b"desk@x"), ("body-mime", RAW), ("body-mime", b"second")), RAW),
    "mailgun, plain form": (
        b"recipient=x&body-mime=" + quote(RAW).replace("%20", "+").encode(), "application/x-www-form-urlencoded", RAW,
    ),
    "sendgrid": (*form(("headers", b"x"), ("email", RAW), ("envelope", b"{}")), RAW),
    "postmark": (json.dumps({"From": "x", "RawEmail": TEXT.decode()}).encode(), "application/json", TEXT),
    "ses as text": (sns(TEXT.decode()), "text/plain; charset=UTF-8", TEXT),
    "ses as base64": (sns(base64.encodebytes(RAW).decode()), "text/plain", RAW),
}  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "raw"), WAYS.values(), ids=WAYS)
def test_it_takes_raw_mail_however_it_is_wrapped(client, url, mailbox, body, kind, raw):
    answer = client.generic("POST", url + "/mime", body, content_type=kind)
    row = Inbound.objects.get()
    assert (answer.status_code, answer.json()) == (202, {"receipt": str(row.receipt), "state": "pending"})
    assert (bytes(row.raw), row.mailbox, row.sender, row.door) == (raw, mailbox, "cora@acme.example", "mail")


def test_the_same_mail_twice_has_one_receipt(client, url):
    first, second = (client.generic("POST", url, RAW, content_type="message/rfc822").json() for _ in range(2))
    assert first == second and Inbound.objects.count() == 1


HOSTILE = {
    "empty": (b"", "message/rfc822"),
    "noise": (bytes(range(256)) * 400, "message/rfc822"),
    "no boundary": (b"x", "multipart/form-data"),
    "no field": form(("subject", b"x")),
    "torn form": (b"--b\r\nContent-Disposition: form-data; name=email", "multipart/form-data; boundary=b"),
    "a form of nothing": (b"\r\n" * 50_000, "multipart/form-data; boundary=b"),
    "many parts": form(*[(f"f{n}", b"") for n in range(5000)]),
    "json array": (b"[]", "application/json"),
    "deep json": (b"[" * 50_000, "application/json"),
    "json of other types": (b'{"RawEmail": 7, "Message": {"a": 1}, "content": []}', "application/json"),
    "sns in sns": (json.dumps({"Message": "[1]"}).encode(), "application/json"),
    "a lone surrogate": (b'{"RawEmail": "Subject: \\ud800\\u0000"}', "application/json"),
    "not base64": (b'{"content": "===="}', "application/json"),
    "headers only": (b"X: " + b"y" * 300_000, "message/rfc822"),
    "nul": (b"Subject: a\0b\r\nFrom: \0@x\r\nMessage-ID: <\0>\r\n\r\n\0", "message/rfc822"),
}


@pytest.mark.parametrize(("body", "kind"), HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_posted_is_taken_or_refused_with_words(client, url, body, kind):
    answer = client.generic("POST", url, body, content_type=kind)
    assert answer.status_code == 202 or (answer.status_code == 422 and answer.json()["title"])
    assert Inbound.objects.count() == (answer.status_code == 202)


def test_an_unknown_address_and_another_method_are_refused(client, url):
    assert client.generic("POST", url[:-1] + "x", RAW).status_code == 404
    assert client.get(url).status_code == 405


def test_what_is_too_large_is_refused_and_leaves_a_row_that_says_so(client, url, settings):
    settings.MAIL_MAX_BYTES = 5000
    for size in (6000, 20_000):
        answer = client.generic("POST", url, letter(size, body="x" * size), content_type="message/rfc822")
        assert answer.status_code == 413 and "at most" in answer.json()["title"]
    rows = Inbound.objects.filter(state=State.FAILED)
    assert rows.count() == 2 and all("MAIL_MAX_BYTES" in row.reason for row in rows)


def test_what_was_refused_may_come_whole_another_time(client, url, settings):
    settings.MAIL_MAX_BYTES = 5000
    big = letter("big", body="x" * 6000)
    client.generic("POST", url, big, content_type="message/rfc822")
    settings.MAIL_MAX_BYTES = 50_000
    assert client.generic("POST", url, big, content_type="message/rfc822").status_code == 202
    assert bytes(Inbound.objects.get(state=State.PENDING).raw) == big


def test_a_replay_of_what_was_refused_says_so_again(client, url, settings):
    settings.MAIL_MAX_BYTES = 100
    client.generic("POST", url, RAW + b"x" * 100, content_type="message/rfc822")
    row = Inbound.objects.get()
    assert inbound.replay(row, at=row.received_at)
    [claimed] = inbound.claim(row.received_at, batch=1)
    inbound.interpret(claimed, now=row.received_at)
    row.refresh_from_db()
    assert row.state == State.FAILED and "at most" in row.reason


def test_amazon_s_question_waits_in_the_log_for_a_person(client, url):
    asks = {"Type": "SubscriptionConfirmation", "SubscribeURL": "https://sns.example/confirm?x=1"}
    answer = client.generic("POST", url, json.dumps(asks).encode(), content_type="text/plain; charset=UTF-8")
    row = Inbound.objects.get()
    assert answer.status_code == 202 and row.state == State.IGNORED and "https://sns.example/confirm?x=1" in row.reason


def test_a_paused_mailbox_keeps_what_comes_for_a_replay(client, url, mailbox):
    Mailbox.objects.update(is_active=False)
    client.generic("POST", url, RAW, content_type="message/rfc822")
    row = Inbound.objects.get()
    assert row.state == State.IGNORED and "paused" in row.reason and inbound.replay(row, at=row.received_at)


# -- the pipe --------------------------------------------------------------------------------------------------------
def pipe(raw: bytes, *args: str, **env: str) -> "subprocess.CompletedProcess[bytes]":
    """`manage.py receive_mail` as a mail server runs it."""
    db = connection.settings_dict
    where = f"postgresql://{db['USER']}:{db['PASSWORD']}@:{db['PORT']}/{db['NAME']}?host={quote(db['HOST'], safe='')}"
    return subprocess.run(
        [sys.executable, "manage.py", "receive_mail", *args], input=raw, capture_output=True, cwd=project.BASE_DIR,
        env=os.environ | {"DATABASE_URL": where} | env, check=False,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_the_pipe_stores_and_is_silent(mailbox):
    done = pipe(RAW, "--mailbox", "Desk+h.1.2@helpdesk.example")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    row = Inbound.objects.get()
    assert (bytes(row.raw), row.state, row.path, row.ticket) == (RAW, State.PENDING, "pipe", None)


@pytest.mark.django_db(transaction=True)
def test_the_pipe_says_try_again_whatever_went_wrong(mailbox):
    assert pipe(RAW, "--mailbox", "nobody@helpdesk.example").returncode == 75
    assert pipe(b"", "--mailbox", mailbox.address).returncode == 75
    assert pipe(RAW, "--no-such-option").returncode == 75
    assert pipe(RAW, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none").returncode == 75
    assert pipe(letter(1, body="x" * 9000), MAIL_MAX_BYTES="5000").returncode == 75
    assert Inbound.objects.exclude(state=State.FAILED).count() == 0
    assert pipe(RAW, RECIPIENT=mailbox.address).returncode == 0
    assert pipe(RAW).returncode == 0  # again, to the only mailbox: the same mail
    assert Inbound.objects.filter(state=State.PENDING).count() == 1


def test_a_chunked_body_is_read_to_its_end(rf, url):
    request = rf.post(url, content_type="message/rfc822")
    request.META |= {"wsgi.input": io.BytesIO(RAW), "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    assert receive(request, url.rpartition("/")[2]).status_code == 202
    assert bytes(Inbound.objects.get().raw) == RAW
