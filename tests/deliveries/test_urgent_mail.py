"""Mail that wakes somebody."""

import socket
from email import message_from_bytes, policy
from threading import Thread
from time import monotonic

import pytest
from django.utils import timezone

from deliveries import claims
from deliveries.models import Delivery
from deliveries.senders import email
from deliveries.urgent import send_alone
from tests.deliveries.test_sending import Provider, provider  # noqa: F401

pytestmark = pytest.mark.django_db


def urgent() -> Delivery:
    now = timezone.now()
    Delivery.objects.create(
        key="page 1", address="ada@people.example", subject="P1 #1042 Checkout is down", body_text="Checkout is down",
        data={"link": "https://desk.example/p/token"}, urgent=True, created_at=now, next_try_at=now,
    )  # fmt: skip
    [row] = claims.claim(now, urgent=True)
    return row


def test_it_is_marked_as_urgent_and_carries_the_link(provider: Provider):  # noqa: F811
    send_alone(urgent())
    mail = message_from_bytes(provider.taken[0], policy=policy.default)
    assert (mail["Importance"], mail["X-Priority"]) == ("high", "1 (Highest)")
    assert mail["Auto-Submitted"] == "auto-generated" and mail["From"]
    assert "Acknowledge: https://desk.example/p/token" in mail.get_content()
    assert Delivery.objects.get().state == "sent"


@pytest.mark.parametrize("chatty", [False, True], ids=["silent", "dripping"])
def test_a_server_that_takes_its_time_is_left_within_five_seconds(settings, monkeypatch, chatty):
    monkeypatch.setattr(email, "URGENT_SECONDS", 0.6)
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "127.0.0.1", False
    row = urgent()
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_PORT = server.getsockname()[1]

        def speak() -> None:
            connected, _ = server.accept()
            with connected:
                try:
                    if chatty:
                        connected.sendall(b"220 here\r\n")
                    while connected.recv(1000):
                        if chatty:
                            drip(connected)
                except OSError:
                    return

        def drip(connected: socket.socket) -> None:
            connected.settimeout(0.05)
            while True:
                connected.sendall(b"250-and\r\n")
                try:
                    if not connected.recv(10):
                        return
                except TimeoutError:
                    continue

        thread = Thread(target=speak, daemon=True)
        thread.start()
        began = monotonic()
        send_alone(row)
        assert monotonic() - began < 3
        thread.join(5)
        assert not thread.is_alive()
    assert Delivery.objects.get().state == "pending"
