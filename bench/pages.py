"""What is asked of the desk: pages, creations, alerts."""

import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.tokens import issue_token
from bench import cpu
from bench.desk import Desk, Request, as_json, percentile
from catalog.models import Site
from integrations.models import Source
from tickets.models import Event, Form, Message, Ticket

WORDS = ["object class", "method returns", "import module", "string value", "default argument"]


def people() -> tuple[User, str, str]:
    """(a manager, her session cookie, an API token of hers)."""
    user, _ = User.objects.get_or_create(email="bench@scale.example", defaults={"name": "Bench", "role": Role.ADMIN})
    client = Client()
    client.force_login(user)
    _, secret = issue_token(user=user, name="bench", scopes=["tickets:read", "tickets:write"])
    return user, f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}", secret


def statements(user: User, path: str) -> int:
    """SQL statements of one page."""
    client = Client()
    client.force_login(user)
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as found:
        client.get(path)
    return len(found)


def a_ticket_of_ten() -> int:
    """An open ticket, filled up to ten messages."""
    ticket = Ticket.objects.filter(status="diagnosing").order_by("pk").first()
    assert ticket is not None
    missing = 10 - ticket.messages.count()
    model = ticket.messages.first()
    assert model is not None
    for number in range(missing):
        message = Message(
            ticket=ticket, author=model.author, from_desk=bool(number % 2), audience="public", body=model.body,
            html=model.html, html_version=model.html_version, at=model.at + timedelta(minutes=number + 50),
        )  # fmt: skip
        message.save()
        kind = "replied" if number % 2 else "received"
        Event.objects.create(ticket=ticket, kind=kind, at=message.at, actor=model.author, via="bench", message=message)
    return ticket.pk


def reading(desk: Desk, user: User, cookie: str, times: int) -> dict[str, Any]:
    """The pages an agent and a manager look at."""
    head = {"Cookie": cookie}
    number = a_ticket_of_ten()
    pages = {
        "queue": "/queue/all?status=open",
        "queue_needs_me": "/queue/needs-me",
        "ticket": f"/tickets/{number}",
        "dashboard": "/dashboard?days=30",
        "dashboard_90_days": "/dashboard?days=90",
    }
    results = {}
    for name, path in pages.items():
        results[name] = desk.measure(lambda n, p=path: ("GET", p, None, head), times=times)
        results[name]["statements"] = statements(user, path)

    def search(n: int) -> Request:
        return ("GET", "/search?q=" + WORDS[n % len(WORDS)].replace(" ", "+"), None, head)

    results["search"] = desk.measure(search, times=times)
    results["search"]["statements"] = statements(user, "/search?q=object+class")
    return results


def writing(desk: Desk, token: str, times: int) -> dict[str, Any]:
    """Tickets by API, for people who are known; and by form, each from a stranger, who is told."""
    site = Site.objects.filter(slug__startswith="scale").first()
    assert site is not None
    Form.objects.get_or_create(slug="bench", defaults={"title": "Bench", "site": site})

    def by_api(n: int) -> Request:
        body = {
            "subject": f"Bench {n}",
            "body": "It does not work.",
            "site": site.slug,
            "requester": {"email": f"r{n % 500}@scale.example"},
        }
        head = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": secrets.token_hex(8),
        }
        return ("POST", "/api/v1/tickets", as_json(body), head)

    def by_form(n: int) -> Request:
        body = {
            "subject": f"Bench {n}",
            "description": "It does not work.",
            "site": site.slug,
            "email": f"bench{n}{secrets.token_hex(3)}@scale.example",
        }
        head = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8)}
        return ("POST", "/api/v1/forms/bench/submissions", as_json(body), head)

    return {
        "create_by_api": desk.measure(by_api, times=times, expect=(201,)),
        "create_by_form": desk.measure(by_form, times=times, expect=(201, 202)),
    }


def alerts(desk: Desk, *, rate: int, seconds: int) -> dict[str, Any]:
    """Bodies posted at a steady rate; the latency of each from the moment it was due."""
    source, secret = alert_source("alertmanager")
    body = json.loads(source.reader.payloads["firing"]) if source.reader else {}

    def of_key(number: int) -> bytes:
        body["alerts"][0]["fingerprint"] = f"bench{number % 50}"
        return as_json(body)

    before = cpu.used([desk.web.pid, desk.database])
    posted = post_steadily(desk, secret, of_key, rate=rate, total=rate * seconds)
    spent = cpu.used([desk.web.pid, desk.database]) - before
    return {
        "asked_per_s": rate, "reached_per_s": round(len(posted.walls) / posted.wall, 1), "refused": len(posted.failed),
        "p50_ms": round(percentile(posted.walls, 0.5), 1), "p95_ms": round(percentile(posted.walls, 0.95), 1),
        "cpu_ms": round(1000 * spent / len(posted.walls), 2),
    }  # fmt: skip


def alert_source(kind: str, **fields: Any) -> tuple[Source, str]:
    """A new source and its token."""
    source = Source(name=f"Bench {secrets.token_hex(3)}", kind=kind, **fields)
    secret = source.new_token()
    source.save()
    return source, secret


@dataclass
class Posted:
    """What came of posting: milliseconds of each from when it was due, statuses other than 202, when each was accepted
    (of time.time(), by number), and seconds in all."""

    walls: list[float] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    accepted: dict[int, float] = field(default_factory=dict)
    wall: float = 0.0


def post_steadily(
    desk: Desk, secret: str, body: Callable[[int], bytes], *, rate: float, total: int, threads: int = 16
) -> Posted:
    """So many bodies, so many a second."""
    found, lock, turn = Posted(), threading.Lock(), iter(range(total))
    began = time.perf_counter() + 0.5

    def post() -> None:
        link = desk.connect()
        while True:
            with lock:
                number = next(turn, None)
                if number is None:
                    return
                raw = body(number)
            due = began + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            status = desk.ask(link, ("POST", f"/api/v1/sources/{secret}", raw, {"Content-Type": "application/json"}))
            found.walls.append(1000 * (time.perf_counter() - due))
            found.accepted[number] = time.time()
            if status != 202:
                found.failed.append(status)

    workers = [threading.Thread(target=post) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found.wall = time.perf_counter() - began
    return found
