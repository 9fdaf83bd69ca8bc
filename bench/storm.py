"""From the alert to the person: how long until the first message is handed over, and what a storm makes of it.

Real web, schedule and worker processes, and a mail server that takes everything at once.
"""

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from aiosmtpd.controller import Controller
from django.db.models import Min
from django.utils import timezone

from accounts.models import Role, Team, User
from bench.desk import Desk, as_json, free_port, percentile
from bench.pages import alert_source, post_steadily
from deliveries.models import Delivery
from integrations.models import Inbound, Source, State
from oncall.models import Ladder, Ring, Step, Target, TargetKind
from soak import processes
from tickets.models import Severity, Ticket

PEOPLE = 60
DRAINED_WITHIN = 300.0  # seconds


class Inbox:
    """When each call arrived, by its subject: seconds of time.time(). Other letters are taken and forgotten."""

    def __init__(self) -> None:
        self.came: list[tuple[float, str]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        head = envelope.content.partition(b"\r\n\r\n")[0].decode(errors="replace")
        subject = head.partition("Subject: ")[2].partition("\r\n")[0]
        if not subject.startswith("["):
            self.came.append((time.time(), subject))
        return "250 taken"


@contextmanager
def working_desk() -> Iterator[Inbox]:
    """The schedule and two workers, which send to the inbox."""
    port, inbox = free_port(), Inbox()
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    mail = {"EMAIL_HOST": "127.0.0.1", "EMAIL_USE_TLS": "false"}
    running = [processes.beat(), processes.worker(1, port), processes.worker(2, port)]
    server.start()
    try:
        for one in running:
            one.env |= mail
            one.start()
        until(lambda: not Inbound.objects.filter(state=State.PENDING).exists())  # what was there before
        yield inbox
    finally:
        for one in running:
            one.stop()
        server.stop()


def on_call(name: str, people: int) -> Team:
    """A team without members, whose ladder calls one of so many people in turn."""
    team = Team.objects.create(name=name, slug=name.lower().replace(" ", "-"))
    ladder = Ladder.objects.create(name=name, team=team, changed_at=timezone.now(), ack_minutes=None)
    step = Step.objects.create(ladder=ladder, position=1, wait_minutes=30, round_robin=True)
    for number in range(people):
        address = f"{team.slug}{number}@desk.example"
        user = User.objects.create(email=address, name=f"Engineer {number}", role=Role.AGENT)
        Target.objects.create(step=step, kind=TargetKind.USER, user=user)
    return team


def first_message(desk: Desk, inbox: Inbox) -> dict[str, Any]:
    """A P1 a second, each of another key and for another person: from its 202 to the mail server's 250."""
    source, secret = alert_source("alertmanager", team=on_call("Bench pages", PEOPLE), severity=Severity.P1)
    posted = post_steadily(desk, secret, lambda number: body(source, f"p1-{number}"), rate=1, total=PEOPLE, threads=2)
    until(lambda: len(inbox.came) >= PEOPLE)
    waits = []
    for number, accepted in posted.accepted.items():
        came = [at for at, subject in inbox.came if f"p1-{number} " in f"{subject} "]
        waits += [came[0] - accepted] if came else []
    return {"pages": len(waits), "lost": PEOPLE - len(waits), **spread(waits)}


def storm(desk: Desk, inbox: Inbox, *, bodies: int, seconds: int, keys: int) -> dict[str, Any]:
    """So many bodies over so many keys: what is lost, what became of it, how often the one on call was called."""
    source, secret = alert_source("alertmanager", team=on_call("Bench storm", 1), severity=Severity.P1)
    inbox.came.clear()
    began = time.time()
    posted = post_steadily(
        desk, secret, lambda number: body(source, f"storm-{number % keys}"), rate=bodies / seconds, total=bodies
    )
    ours = Inbound.objects.filter(source=source)
    drained = until(lambda: not ours.filter(state=State.PENDING).exists())
    tickets = Ticket.objects.filter(team__name="Bench storm")
    until(lambda: bool(inbox.came))
    first = tickets.aggregate(first=Min("events__recorded_at"))["first"]
    rings = list(
        Ring.objects.filter(user__email="bench-storm0@desk.example").order_by("at").values_list("at", flat=True)
    )
    apart = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(rings)]
    return {
        "bodies": bodies, "refused": len(posted.failed), "posted_in_s": round(posted.wall, 1),
        "p50_ms": round(percentile(posted.walls, 0.5), 1), "p95_ms": round(percentile(posted.walls, 0.95), 1),
        "lost": bodies - ours.filter(state=State.DONE).count(), "keys": keys, "tickets": tickets.count(),
        "first_ticket_s": since(began, first), "first_message_s": round(min(at for at, _ in inbox.came) - began, 2),
        "drained_s_after": round(drained, 1), "times_called": len(rings), "least_s_apart": min(apart, default=None),
        "messages": Delivery.objects.filter(urgent=True, ticket__team__name="Bench storm").count(),
    }  # fmt: skip


def body(source: Source, name: str) -> bytes:
    """One critical alert of that key and title."""
    example = json.loads(source.reader.payloads["firing"]) if source.reader else {}
    one = example["alerts"][0]
    labels = {"alertname": name, "severity": "critical"}
    one |= {"fingerprint": name, "status": "firing", "labels": labels, "annotations": {"summary": name}}
    return as_json(example | {"alerts": [one]})


def since(began: float, at: datetime | None) -> float | None:
    return round(at.timestamp() - began, 2) if at else None


def spread(values: list[float]) -> dict[str, float]:
    """Seconds: median, 95th and 99th in a hundred."""
    return {f"p{part}_s": round(percentile(values, part / 100), 2) for part in (50, 95, 99)} if values else {}


def until(done: Any) -> float:
    """Seconds until it is so."""
    began = time.monotonic()
    while not done() and time.monotonic() < began + DRAINED_WITHIN:
        time.sleep(0.2)
    return time.monotonic() - began


def pages(desk: Desk, *, seconds: int) -> dict[str, Any]:
    """Both, one after the other."""
    with working_desk() as inbox:
        return {
            "first_message": first_message(desk, inbox),
            "storm": storm(desk, inbox, bodies=10_000 * seconds // 60, seconds=seconds, keys=50),
        }
