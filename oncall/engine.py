"""The climb: which pages take their next step now. Every second; the database says what is due.

Steps are taken inside the transaction that claims their page, so each happens once, however often a worker is killed.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from lib import rows
from lib.sweeps import each_alone
from oncall import plans, rooms
from oncall.actions.paging import anew
from oncall.models import Call, Page, PageState
from oncall.roster import Called, Roster
from tickets.events import record, working_on_all
from tickets.models import Kind, Ticket

log = logging.getLogger(__name__)
BATCH, TOGETHER = 500, 50
AFTER_NOBODY = timedelta(minutes=30)  # nobody was reached: it begins anew
ATTEMPTS = 20  # times through the steps; then only a person begins anew


def climb_due(now: datetime) -> int:
    """Take the steps that are due; answers how many pages it moved. A batch that fails is taken one by one."""
    due = Page.objects.filter(next_at__lte=now).order_by("next_at").values_list("ticket", flat=True)
    tickets, moved = list(due[:BATCH]), 0
    for first in range(0, len(tickets), TOGETHER):
        some = tickets[first : first + TOGETHER]
        try:
            moved += climb(some, now)
        except Exception:  # one that cannot be climbed must not keep the others' people asleep
            log.exception("pages of %s failed together", some)
            moved += each_alone(some, lambda one: climb([one], now), "the page of #%s failed")
    return moved


def climb(pks: Sequence[int], now: datetime) -> int:
    """One transaction. Tickets that somebody else works on just now wait for the next tick."""
    with transaction.atomic():
        free = Ticket.objects.select_for_update(of=("self",), skip_locked=True).filter(pk__in=pks).order_by("pk")
        with working_on_all(list(free.values_list("pk", flat=True)), at=now) as tickets:
            due = Page.objects.select_for_update(of=("self",)).filter(ticket__in=tickets, next_at__lte=now)
            pages = {page.ticket_id: page for page in due.select_related("started_by", "acknowledged_by")}
            roster, calls = Roster(now), list[Call]()
            roster.foresee(user for page in pages.values() for user in plans.people_of(page.plan, page.step))
            for ticket in tickets:
                if page := pages.get(ticket.pk):
                    page.ticket = ticket
                    calls += take_step(page, ticket, roster)
                    rows.update(page)
            rows.insert(calls, new_only=True)
            for page in pages.values():
                if page.state == PageState.UNANSWERED:
                    rooms.tell(page, at=now)
    return len(pages)


def take_step(page: Page, ticket: Ticket, roster: Roster) -> list[Call]:
    """The next step that reaches anybody; those that do not are skipped and noted. Answers the calls to be made."""
    if page.state != PageState.CLIMBING and not begun_anew(page, roster.at):
        return []
    steps = page.plan["steps"]
    while True:
        if page.step > len(steps):
            if not page.left or not Call.objects.filter(page=page, attempt=page.attempt, step__gt=0).exists():
                return nobody_reached(page, ticket, roster)
            page.step, page.attempt, page.left = 1, page.attempt + 1, page.left - 1
        step, number = steps[page.step - 1], page.step
        page.step += 1
        called = roster.called(step, ticket)
        if called.people or called.rooms:
            page.next_at = roster.at + timedelta(seconds=step["wait"])
            note(page, ticket, number, called)
            return calls_of(page, ticket, number, called, roster)
        note(page, ticket, number, called)


def begun_anew(page: Page, now: datetime) -> bool:
    """Acknowledged and no progress since, or nobody was reached a while ago: once more, as long as that may be."""
    if page.attempt >= ATTEMPTS:
        page.next_at = None
        return False
    if page.state == PageState.ACKNOWLEDGED:
        reason = f"acknowledged by {page.acknowledged_by or 'somebody'}, and no progress since"
    else:
        reason = "nobody was reached before"
    anew(page, at=now, actor=None, reason=reason)
    return True


def nobody_reached(page: Page, ticket: Ticket, roster: Roster) -> list[Call]:
    """It is said loudly: on the ticket, on the page of whoever is on call, and to the managers, by all their ways."""
    page.state, page.next_at = PageState.UNANSWERED, roster.at + AFTER_NOBODY
    managers = [user for user in roster.managers(ticket) if roster.ways(user, ticket.severity)]
    tried = Call.objects.filter(page=page, user__isnull=False).values("user").distinct().count()
    reason = f"{tried} people were called, and nobody acknowledged" if tried else "there was nobody to call"
    if tried == 1:
        reason = "one person was called, and did not acknowledge"
    data = {"page": page.pk, "reason": reason, "people": [str(user) for user in managers]}
    record(ticket, Kind.PAGE_UNANSWERED, at=ticket.now, data=data)
    return calls_of(page, ticket, len(page.plan["steps"]) + 1, Called(managers, [], []), roster)


def note(page: Page, ticket: Ticket, number: int, called: Called) -> None:
    """A line of history: whom the step calls, or why it is skipped."""
    data: dict[str, Any] = {"page": page.pk, "step": number, "attempt": page.attempt}
    if called.people or called.rooms:
        data |= {"people": [str(user) for user in called.people], "channels": [str(room) for room in called.rooms]}
        if number == 1 and page.reason:
            data["reason"] = page.reason
    else:
        data["skipped"] = "; ".join(called.missing)
    actor = page.started_by if number == 1 and "skipped" not in data else None
    record(ticket, Kind.PAGED, at=ticket.now, actor=actor, data=data)


def calls_of(page: Page, ticket: Ticket, number: int, called: Called, roster: Roster) -> list[Call]:
    """Each person by each of their ways, when its time comes; each room at once."""
    common = {"page": page, "step": number, "attempt": page.attempt}
    people = [
        Call(user=user, way=way.name, method=way.method, due_at=way.due_at, **common)
        for user in called.people
        for way in roster.ways(user, ticket.severity)
    ]
    return people + [Call(room=room, way="room", due_at=roster.at, **common) for room in called.rooms]
