"""Signing in by XOAUTH2: a token server that answers as Microsoft's and Google's do."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest

from integrations.mail import oauth
from integrations.mail.check import try_connection
from integrations.mail.oauth import Grant
from tests.mail.conftest import letter, mailbox_at
from tests.mail.servers import TOKEN
from tests.mail.test_fetch import look, subjects

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(settings, inside) -> Iterator[SimpleNamespace]:
    """`asked` holds what came; `answer` is what is said next."""
    state = SimpleNamespace(asked=[], answer=(200, {"access_token": TOKEN, "expires_in": 3600}))

    class Tokens(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            state.asked.append({name: values[0] for name, values in parse_qs(body).items()} | {"path": self.path})
            status, said = state.answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(said if isinstance(said, bytes) else json.dumps(said).encode())

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Tokens) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://localhost:{server.server_port}"
        settings.MAIL_TOKEN_URLS = {"microsoft": url + "/{tenant}/token", "google": url + "/token"}
        oauth._known.clear()
        yield state
        server.shutdown()


def by_oauth(serving, sign_in: str = "microsoft", **fields):
    secret = Grant("refresh me", "client secret").packed()
    return mailbox_at(
        serving, serving.protocol or "imap", sign_in=sign_in, oauth_client="client", secret=secret, **fields
    )


def test_it_signs_in_with_a_fresh_access_token(serving, tokens):
    serving.box.put(letter(1))
    mailbox = look(by_oauth(serving, oauth_tenant="acme.example"))
    assert (mailbox.error, subjects()) == ("", ["Mail 1"])
    [asked] = tokens.asked
    assert asked["path"] == "/acme.example/token" and asked["refresh_token"] == "refresh me"
    assert asked["client_secret"] == "client secret" and asked["grant_type"] == "refresh_token"
    assert {"imap": "IMAP", "pop3": "POP"}[serving.protocol] + ".AccessAsUser.All" in asked["scope"]


def test_one_token_serves_until_it_ends(serving, tokens):
    mailbox = look(by_oauth(serving, "google"))
    look(mailbox)
    assert len(tokens.asked) == 1
    tokens.answer = (200, {"access_token": TOKEN, "expires_in": 60})  # too short to be kept
    oauth._known.clear()
    look(look(mailbox))
    assert len(tokens.asked) == 3


def test_a_new_refresh_token_is_kept(imap, tokens):
    tokens.answer = (200, {"access_token": TOKEN, "refresh_token": "the next", "expires_in": "3600"})
    mailbox = look(by_oauth(imap))
    assert Grant.read(mailbox.open_secret()) == Grant("the next", "client secret")
    look(mailbox)
    assert len(tokens.asked) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((400, {"error": "invalid_grant", "error_description": "AADSTS70: ended.\r\nTrace"}), "AADSTS70: ended"),
        ((200, {"token": "none"}), "it answered 200"),
        ((302, {}), "it answered 302"),
        ((200, b"<html>"), "no proper answer"),
        ((200, b"[" * 5000), "no proper answer"),
        ((500, b""), "no proper answer"),
    ],
)  # fmt: skip
def test_what_the_provider_says_is_told(imap, tokens, answer, words):
    tokens.answer = answer
    mailbox = look(by_oauth(imap))
    assert mailbox.error.startswith("Sign-in:") and words in mailbox.error
    assert "refresh me" not in mailbox.error and "client secret" not in mailbox.error


def test_a_token_that_the_mail_server_does_not_take(serving, tokens):
    tokens.answer = (200, {"access_token": "stale", "expires_in": 3600})
    failed = [result for result in try_connection(by_oauth(serving)) if result.state == "failed"]
    assert "refused the sign-in" in failed[0].words


def test_the_tenant_cannot_change_where_the_token_is_asked_for(imap, tokens):
    mailbox = look(by_oauth(imap, oauth_tenant="x/../../evil"))
    assert "tenant" in mailbox.error and tokens.asked == []
