"""Mail through the whole intake into PostgreSQL, one worker: stored, read, threaded, made into tickets and answers."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from bench import cpu
from bench.mail import messages
from catalog.models import Site
from deliveries.models import Delivery
from integrations import inbound
from integrations.mail import intake
from integrations.models import Door, Inbound, Mail, Mailbox
from tickets.models import Ticket

WARM_UP = 20  # not counted: a worker has long read its templates and policies
_NEST = b"--b\nContent-Type: multipart/mixed; boundary=b\n\n"
POISON: tuple[Callable[[int], bytes], ...] = (
    lambda n: bytes((7 * n + at * at) % 256 for at in range(20_000)),
    lambda n: b"Content-Type: multipart/mixed; boundary=b\n\n" + _NEST * 5_000 + b"%d" % n,
    lambda n: b"Subject: long\nContent-Type: text/plain" + b"; name*0=" + b"x" * 200_000 + b"\n\n%d" % n,
    lambda n: (
        b"Message-ID: <" + b"%d" % n * 3_000 + b"@x.example>\nFrom: \0@\xff\nSubject: =?utf-8?Q?a=0D=0AB:?=\n\n\0"
    ),
    lambda n: b"From: x@y.example\nContent-Type: text/html; charset=nonsense\n\n" + b"<div>" * 60_000 + b"%d" % n,
)


def mail_intake(database: int, *, times: int = 400) -> dict[str, Any]:
    """New mail, answers to what was answered, a mail of 25 MB, and 1,000 queued with a poison mail in every ten."""
    site = Site.objects.first()
    box = Mailbox.objects.create(
        name="Bench", address=f"bench{time.time_ns()}@desk.example", site=site, protocol="push"
    )
    shapes = messages()[:3]  # without the bounce
    put(box, [raw(shapes[n % 3], f"warm{n}", f"warm{n}@bench.example") for n in range(WARM_UP)])
    work()
    began = timezone.now()
    new = [raw(shapes[n % 3], f"new{n}", f"customer{n}@bench.example") for n in range(times)]
    stored = measured(database, times, lambda: put(box, new))
    result: dict[str, Any] = {"stored": stored, "new_tickets": measured(database, times, work)}
    letters = Delivery.objects.filter(created_at__gte=began, address__endswith="@bench.example", ticket__isnull=False)
    answers = [
        raw(shapes[n % 3], f"answer{n}", letter.address, letter.message_id)
        for n, letter in enumerate(letters.order_by("id")[:times])
    ]
    result["answers"] = measured(database, len(answers), lambda: put(box, answers) + work())
    lines = (b"QUJD" * 19 + b"\n") * 330_000
    big = raw(shapes[2].replace(b"\n--mix--", b"\n" + lines + b"--mix--"), "big", "big@bench.example")
    result["mail_of_25_mb"] = measured(database, 1, lambda: put(box, [big]) + work())
    result["queue_with_poison"] = poisoned(database, box)
    result["outcomes"] = dict(
        Mail.objects.filter(mailbox=box).order_by().values_list("outcome").annotate(n=Count("pk"))
    )
    result["tickets"] = Ticket.objects.filter(mail__mailbox=box).distinct().count()
    return result


def raw(shape: bytes, name: str, sender: str, answers: str = "") -> bytes:
    """A mail of this shape, from this sender, with ids of its own."""
    head, _, rest = shape.partition(b"\nDate: ")
    _, _, body = rest.partition(b"MIME-Version: 1.0\n")
    lines = [
        f"From: {sender}",
        "To: bench@desk.example",
        f"Subject: Bench {name}",
        f"Message-ID: <{name}@bench.example>",
    ]
    lines += [f"In-Reply-To: {answers}", f"References: {answers}"] if answers else []
    return "\n".join([*lines, "MIME-Version: 1.0", ""]).encode() + body


def put(box: Mailbox, mails: Iterable[bytes]) -> int:
    """Store them, as a mailbox that is fetched does: each committed before the next."""
    return sum(intake.store(box, mail, timezone.now())[1] for mail in mails)


def work() -> int:
    """What one worker does until nothing is left, what failed once included: its wait is not waited for."""
    done, later = 0, timezone.now()
    while Inbound.objects.filter(door=Door.MAIL, next_try_at__isnull=False).exists():
        while rows := inbound.claim(later, batch=20):
            inbound.interpret_all(rows, now=later)
            done += len(rows)
        later += timedelta(minutes=5)
    return done


def measured(database: int, count: int, run: Callable[[], int]) -> dict[str, Any]:
    """Messages a second by the clock, and both processors' work for each."""
    before, own, began = cpu.used([database]), time.process_time(), time.perf_counter()
    run()
    wall = time.perf_counter() - began
    spent = time.process_time() - own, cpu.used([database]) - before
    return {
        "mails": count, "per_s": round(count / wall, 1), "wall_s": round(wall, 2),
        "cpu_ms_each": round(1000 * sum(spent) / count, 2), "of_it_postgres_ms": round(1000 * spent[1] / count, 2),
    }  # fmt: skip


def poisoned(database: int, box: Mailbox) -> dict[str, Any]:
    """A thousand stored, a tenth of them hostile; how long until each is a ticket or lies apart with its reason."""
    shapes = messages()[:3]
    mails = [
        POISON[n // 10 % len(POISON)](n)
        if n % 10 == 0
        else raw(shapes[n % 3], f"queued{n}", f"queued{n}@bench.example")
        for n in range(1_000)
    ]
    put(box, mails)
    rows = Inbound.objects.filter(mailbox=box)
    newest = rows.order_by("-pk").values_list("pk", flat=True)[999]
    logging.disable(logging.CRITICAL)  # each failure is a traceback
    try:
        figures = measured(database, 1_000, work)
    finally:
        logging.disable(logging.NOTSET)
    states = rows.filter(pk__gte=newest).order_by().values_list("state").annotate(n=Count("pk"))
    reasons = rows.filter(pk__gte=newest, state="failed").order_by().values_list("reason").annotate(n=Count("pk"))
    return figures | {"became": dict(states), "reasons": {reason[:80]: n for reason, n in reasons}}
