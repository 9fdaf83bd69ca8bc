"""Valkey is gone, or takes connections and never answers: people and machines notice nothing, and nothing is lost.

A real gunicorn whose every Redis address leads nowhere; afterwards, what beat would run once Valkey is back.
"""

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.tokens import issue_token
from deliveries.models import Delivery, State
from deliveries.send import send_due
from integrations.models import Inbound, Source
from integrations.models import State as Intake
from integrations.sources import KINDS
from integrations.tasks import interpret_pending
from tests import make
from tests.make import later
from tickets.models import Form, Ticket

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

NORMAL = 1.0  # seconds; a single wait for Redis would take as long (helpdesk.live.PATIENCE)
TIMES = 3
CSRF = "c" * 32
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(params=["refuses", "never answers"])
def away(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a Redis that is not there."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "never answers":
            listener.listen(128)
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


class Desk:
    """A web server of its own; post() measures."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.took: dict[str, list[float]] = {}

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        began = time.monotonic()
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        self.took.setdefault(path, []).append(time.monotonic() - began)
        connection.close()
        return found

    def form(self, path: str, *, cookie: str = "", **fields: object) -> int:
        body = urlencode(fields).encode()
        cookies = f"csrftoken={CSRF}; {cookie}"
        return self.ask("POST", path, body, Content_Type=FORM, Cookie=cookies, X_CSRFToken=CSRF)[0]

    def json(self, path: str, body: object, **headers: str) -> int:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path, raw, Content_Type="application/json", **headers)[0]


@pytest.fixture
def desk(away: str) -> Iterator[Desk]:
    """gunicorn over this test's database, with Redis away."""
    db = connection.settings_dict
    where = f"postgresql://{db['USER']}:{db['PASSWORD']}@:{db['PORT']}/{db['NAME']}?host={quote(db['HOST'], safe='')}"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        env = os.environ | {
            "DATABASE_URL": where, "REDIS_URL": away, "CELERY_BROKER_URL": away, "WEB_WORKERS": "1",
            "DEBUG": "true",  # static files straight from the source
        }  # fmt: skip
        web = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "python:helpdesk.runtime.web", "helpdesk.wsgi:application",
             "--bind", f"fd://{listener.fileno()}"],
            env=env, cwd=settings.BASE_DIR, pass_fds=(listener.fileno(),), start_new_session=True,
        )  # fmt: skip
        found = Desk(listener.getsockname()[1])
        try:
            assert found.ask("GET", "/help/")[0] == 200
            found.took.clear()  # that was the start
            yield found
        finally:
            web.terminate()
            web.wait(20)


def cookie_of(user: Any) -> str:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


def several(act: Callable[[int], int], expected: int) -> None:
    """Once to warm up, then as often as is measured."""
    assert [act(number) for number in range(TIMES + 1)] == [expected] * (TIMES + 1)


def test_everything_that_matters_works_in_its_normal_time_and_catches_up(cast: Any, shop: Any, desk: Desk) -> None:
    Form.objects.create(title="Help", slug="help", is_active=True)
    hers = make.ticket(requester=cast.customer, site=shop)
    source = Source(name="Prometheus", kind="alertmanager", site=shop)
    alerts = f"/api/v1/sources/{source.new_token()}"
    source.save()
    agent = cookie_of(cast.agent)
    token = "Bearer " + issue_token(user=cast.customer, name="t", scopes=("tickets:write",))[1]

    def submit(number: int) -> int:
        return desk.form(
            "/help/new", subject=f"Form {number}", description="500", kind="incident", site=shop.pk, email="p@x.example"
        )

    def call(number: int) -> int:
        body = {"subject": f"Api {number}", "site": "shop"}
        return desk.json("/api/v1/tickets", body, Authorization=token, Idempotency_Key=f"k{number}")

    def reply(number: int) -> int:
        path = f"/tickets/{hers.pk}/replies"
        return desk.form(path, cookie=agent, body=f"Reply {number}", audience="public", then="diagnosing")

    several(submit, 302)
    several(call, 201)
    several(lambda _: desk.json(alerts, KINDS["alertmanager"].payloads["firing"]), 202)
    several(reply, 302)
    several(lambda _: desk.ask("GET", "/queue/all", Cookie=agent)[0], 200)
    slow = {path: times for path, times in desk.took.items() if statistics.median(times[-TIMES:]) >= NORMAL}
    assert not slow

    # A browser that asks for live updates is told to poll instead.
    assert desk.ask("GET", "/live", Cookie=agent)[0] == 204

    # Nothing is lost: what can be done is done, what a worker does waits in rows.
    many = TIMES + 1
    for words in ("Form", "Api"):
        assert Ticket.objects.filter(subject__startswith=words).count() == many
    assert hers.messages.filter(body__startswith="Reply").count() == many
    assert Inbound.objects.filter(state=Intake.PENDING).count() == many
    waiting = Delivery.objects.filter(state=State.PENDING)
    assert waiting.filter(ticket__subject__startswith="Form").count() == many
    assert waiting.filter(event__kind="replied").count() == many

    # Valkey is back: beat ticks again.
    interpret_pending()
    send_due(later(days=3650))
    assert Ticket.objects.filter(channel="alert").count() == 1
    assert not Inbound.objects.filter(state=Intake.PENDING).exists()
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.KEPT}
