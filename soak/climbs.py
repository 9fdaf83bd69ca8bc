"""A thousand ladders that are climbed while workers die: every step's calls are there once and in time, everybody is
called about everything, and nobody twice within two minutes."""

import random
from collections import Counter, defaultdict
from datetime import timedelta

from django.db.models import F, Max
from django.utils import timezone

from accounts.models import Role, Team, User
from deliveries.models import Delivery, DeliveryAttempt
from oncall import plans
from oncall.models import Call, CallState, Page, PageState, Ring
from oncall.rings import APART
from tickets.models import Event, Kind, Severity, Ticket

NAME = "Soak ladders"
STEPS = 3
LATE = 10.0  # seconds that a step may be late
REACHED = 200  # people who are called


def begin(count: int, *, within: int, seed: int) -> None:
    """So many pages of a ladder of three steps, begun at random within the first part of so many seconds; nobody
    answers."""
    team = Team.objects.create(name=NAME, slug="soak-ladders")
    people = User.objects.bulk_create(
        User(email=f"pager{number}@desk.example", name=f"Pager {number}", role=Role.AGENT) for number in range(REACHED)
    )
    dice, now, wait = random.Random(seed), timezone.now(), max(2, within // (STEPS + 2))
    tickets = Ticket.objects.bulk_create(
        Ticket(
            subject=f"Soak page {number}", severity=Severity.P1, team=team, channel="monitor",
            opened_at=now, last_event_at=now,
        )
        for number in range(count)
    )  # fmt: skip
    pages = []
    for ticket in tickets:
        plan = plans.of_people([]) | {"name": NAME, "repeats": 0}
        step = plan["steps"][0] | {"wait": wait}
        plan["steps"] = [
            step | {"targets": [{"kind": "user", "id": user.pk}]} for user in dice.sample(people, STEPS)
        ]  # fmt: skip
        at = now + timedelta(seconds=dice.uniform(0, within - STEPS * wait))
        pages.append(Page(ticket=ticket, plan=plan, started_at=at, next_at=at))
    Page.objects.bulk_create(pages)


def ours() -> list[Page]:
    return list(Page.objects.filter(plan__name=NAME))


def unfinished() -> int:
    """Pages still climbing, and calls still to be made."""
    climbing = Page.objects.filter(plan__name=NAME, state=PageState.CLIMBING).count()
    return climbing + Call.objects.filter(state=CallState.WAITING).count()


def late() -> dict[int, float]:
    """By page, how many seconds its latest step came after its time."""
    pages = {page.ticket_id: page for page in ours()}
    lines = defaultdict(list)
    for ticket, at in (
        Event.objects.filter(ticket__in=pages, kind=Kind.PAGED).order_by("at").values_list("ticket", "at")
    ):
        lines[ticket].append(at)
    found = {}
    for ticket, page in pages.items():
        wait = timedelta(seconds=page.plan["steps"][0]["wait"])
        expected = [page.started_at, *(at + wait for at in lines[ticket])]
        found[page.pk] = max(
            ((at - due).total_seconds() for at, due in zip(lines[ticket], expected, strict=False)), default=0.0
        )
    return found


def broken() -> dict[str, list[str]]:
    """Each broken promise with examples."""
    pages = ours()
    calls = Counter(Call.objects.filter(page__plan__name=NAME).values_list("page", "step"))
    lines = Counter(Event.objects.filter(ticket__pages__in=pages).values_list("ticket", "kind"))
    unrung = Call.objects.filter(page__plan__name=NAME).exclude(state=CallState.RUNG)
    return {
        "a step whose call is not there once": [
            f"page {page.pk} step {step}: {calls[page.pk, step]}"
            for page in pages
            for step in range(1, STEPS + 1)
            if calls[page.pk, step] != 1
        ],
        "a page whose history is not there once": [
            f"#{page.ticket_id}: {lines[page.ticket_id, Kind.PAGED]} steps, "
            f"{lines[page.ticket_id, Kind.PAGE_UNANSWERED]} ends"
            for page in pages
            if (lines[page.ticket_id, Kind.PAGED], lines[page.ticket_id, Kind.PAGE_UNANSWERED]) != (STEPS, 1)
        ],
        "a step that came late": [f"page {pk}: {seconds:.1f} s" for pk, seconds in late().items() if seconds > LATE],
        "a call that was never made": [str(call) for call in unrung],
        "somebody called twice within two minutes": too_soon(),
        "a call without its one message": messages(),
    }


def too_soon() -> list[str]:
    last: dict[int | None, Ring] = {}
    found = []
    for ring in Ring.objects.order_by("user", "at"):
        if ring.user_id in last and ring.at - last[ring.user_id].at < APART:
            found.append(f"user {ring.user_id} at {ring.at}")
        last[ring.user_id] = ring
    return found


def messages() -> list[str]:
    there = set(Delivery.objects.filter(urgent=True).values_list("key", flat=True))
    wanted = {f"ring.{ring}.{way}" for ring, way in Call.objects.exclude(ring=None).values_list("ring", "way")}
    return sorted(wanted ^ there)


def figures() -> dict[str, object]:
    """How it went: steps, rings, the latest step, and the longest from a call to the provider's answer."""
    slowest = DeliveryAttempt.objects.filter(delivery__urgent=True, outcome="sent").aggregate(
        longest=Max(F("at") - F("delivery__created_at"))
    )["longest"]
    return {
        "pages": Page.objects.filter(plan__name=NAME).count(),
        "calls": Call.objects.count(),
        "rings": Ring.objects.count(),
        "latest_step_s": round(max(late().values(), default=0.0), 2),
        "longest_to_hand_over_s": round(slowest.total_seconds(), 2) if slowest else None,
    }
