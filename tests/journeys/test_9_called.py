"""From the alert to the engineer, and back to quiet: nobody answers the first call, the second acknowledges by the link
in it, an agent works it, it recovers by itself, and stays quiet."""

import json
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from deliveries import claims, urgent
from deliveries.models import Delivery, State
from integrations import inbound, recovery
from integrations.models import Inbound, Source
from oncall import engine, rings
from oncall.models import Page, PageState
from sla.models import Clock
from sla.sweep import sweep
from tests import make
from tests.clients import Client
from tickets.actions import conversation
from tickets.models import Kind, Severity, Ticket, Verification
from tickets.states import Status

pytestmark = pytest.mark.django_db


class Post:
    """Takes everything; `letters` by recipient."""

    def __init__(self) -> None:
        self.letters: dict[str, list[str]] = {}

    async def handle_DATA(self, server, session, envelope) -> str:
        mail = message_from_bytes(envelope.content, policy=policy.default)
        text = mail.get_body(("plain",)).get_content()
        for recipient in envelope.rcpt_tos:
            self.letters.setdefault(recipient, []).append(f"{mail['Subject']}\n{text}")
        return "250 taken"


@pytest.fixture
def post(settings) -> Iterator[Post]:
    handler = Post()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        settings.EMAIL_PORT = probe.getsockname()[1]
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "127.0.0.1", False
    server = Controller(handler, hostname="127.0.0.1", port=settings.EMAIL_PORT)
    server.start()
    yield handler
    server.stop()


def tick(at) -> None:
    """What the worker does at that instant."""
    inbound.interpret_all(inbound.claim(at, batch=20), now=at)
    engine.climb_due(at)
    rings.ring_due(at)
    for delivery in claims.claim(at, urgent=True):
        urgent.send_alone(delivery)
    sweep(at)
    recovery.verify_due(at)


def test_an_alert_reaches_the_engineer_and_ends_in_quiet(cast, front, shop, post):
    make.ladder(cast.agent, cast.other_agent, team=front, severities=[1, 2])
    source = Source(name="Prometheus", kind="alertmanager", site=shop, team=front, quiet_minutes=15)
    token = source.new_token()
    source.save()
    body = json.loads(source.reader.payloads["firing"])
    body["alerts"] = body["alerts"][:1]
    body["alerts"][0]["labels"]["severity"] = "critical"

    def say(status: str) -> None:
        body["alerts"][0]["status"] = body["status"] = status
        answer = Client().post(f"/api/v1/sources/{token}", json.dumps(body), content_type="application/json")
        assert answer.status_code == 202

    # The alert: a P1, and the first engineer is called.
    say("firing")
    came = Inbound.objects.get().received_at
    tick(came + timedelta(seconds=1))
    ticket = Ticket.objects.get()
    assert (ticket.severity, ticket.status) == (Severity.P1, Status.NEW)
    assert list(post.letters) == ["ada@people.example"]

    # Nobody answers: after five minutes the second one is.
    tick(came + timedelta(minutes=5, seconds=2))
    assert list(post.letters) == ["ada@people.example", "ben@people.example"]

    # Who opens the link in it, signed in nowhere, and presses its one button.
    [letter] = post.letters["ben@people.example"]
    link = re.search(r"https?://\S+?(/p/\S+)", letter)[1]
    page = Client().get(link)
    assert page.status_code == 200 and ticket.subject in page.content.decode()
    assert Page.objects.get().state == PageState.CLIMBING  # a GET changes nothing
    assert Client().post(link).status_code == 302
    ticket.refresh_from_db()
    assert (Page.objects.get().state, Page.objects.get().acknowledged_by) == (PageState.ACKNOWLEDGED, cast.other_agent)
    assert ticket.status == Status.ACKNOWLEDGED
    tick(came + timedelta(minutes=12))
    assert {who: len(letters) for who, letters in post.letters.items()} == {
        "ada@people.example": 1, "ben@people.example": 1,
    }  # fmt: skip

    # An agent works it.
    conversation.note(
        ticket=ticket, body="The pool is full; restarted.", at=came + timedelta(minutes=13), actor=cast.agent, via="web"
    )

    # It recovers by itself, and stays quiet.
    say("resolved")
    tick(timezone.now() + timedelta(seconds=1))
    ticket.refresh_from_db()
    assert (ticket.status, Page.objects.get().state) == (Status.RESOLVED, PageState.ENDED)
    resolved_at = ticket.resolved_at
    tick(resolved_at + timedelta(minutes=16))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.verification) == (Status.CLOSED, Verification.RECOVERY)

    # The clocks tell the same: taken note of when the second engineer pressed the button, resolved when it recovered.
    clocks = {clock.obligation: clock for clock in Clock.objects.filter(ticket=ticket)}
    pressed = ticket.events.get(kind=Kind.PAGE_ACKNOWLEDGED).at
    assert clocks["acknowledge"].stopped_at == pressed and clocks["resolve"].stopped_at == resolved_at
    assert not any(clock.breached_at for clock in clocks.values())
    assert [event.kind for event in ticket.events.order_by("id") if event.kind.startswith("page")] == [
        Kind.PAGED, Kind.PAGED, Kind.PAGE_ACKNOWLEDGED,
    ]  # fmt: skip
    assert not Delivery.objects.filter(urgent=True).exclude(state=State.SENT).exists()
