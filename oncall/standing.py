"""Where the page of a ticket stands, in what its readers want to know: who is called, by what, did it arrive, who is
next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from deliveries.models import Delivery, State
from lib.written import Written
from oncall.foreseen import next_called
from oncall.models import Call, CallState, Page, PageState
from tickets.models import Ticket

SHOWN = 40  # calls of one page that are listed
newest = Written[Page](
    lambda ticket: (
        Page.objects.filter(ticket=ticket)
        .select_related("ladder", "acknowledged_by", "started_by")
        .order_by("-started_at", "-pk")[:1]
    ),
    "ticket",
)
# How a call went: (words, tone).
ARRIVED = {
    State.PENDING: ("on its way", "info"), State.SENDING: ("on its way", "info"), State.SENT: ("delivered", "ok"),
    State.KEPT: ("in the local mailbox", "ok"), State.DEAD: ("failed", "bad"), State.BOUNCED: ("came back", "bad"),
    State.CANCELLED: ("called back", "plain"),
}  # fmt: skip
NOT_RUNG = {
    CallState.WAITING: ("to be called", "info"), CallState.RUNG: ("called", "ok"),
    CallState.FAILED: ("failed", "bad"), CallState.DROPPED: ("not needed any more", "plain"),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One call: whom, by what, when, and what became of it. `why`: what the provider said."""

    call: Call
    who: str
    by: str
    at: datetime | None
    said: str
    tone: str
    why: str


@dataclass(frozen=True)
class Standing:
    """An open page. `step` of `steps` is under way; `then` says who is next, at `page.next_at`."""

    page: Page
    step: int
    steps: int
    people: list[str]
    lines: list[Line] = field(default_factory=list)
    more: bool = False
    then: str = ""


def page_of(ticket: Ticket) -> Page | None:
    """The newest page of a ticket: one statement for all regions of its page."""
    if not hasattr(ticket, "newest_page"):
        ticket.newest_page = next(iter(newest.ask(ticket=ticket.pk)), None)  # type: ignore[attr-defined]
    return ticket.newest_page  # type: ignore[attr-defined]


def standing_of(ticket: Ticket, *, at: datetime) -> Standing | None:
    """Of a ticket whose page is open: a fixed number of statements, however many were called."""
    page = page_of(ticket)
    if page is None or not page.is_open:
        return None
    rows = Call.objects.filter(page=page).select_related("user", "room", "method", "ring").order_by("-pk")
    calls = list(rows[: SHOWN + 1])
    step = max(1, min(page.step - 1, len(page.plan["steps"])))
    return Standing(
        page=page, step=step, steps=len(page.plan["steps"]), people=under_way(page, calls, step),
        lines=lines_of(calls[:SHOWN]), more=len(calls) > SHOWN, then=then(page, ticket, at),
    )  # fmt: skip


def under_way(page: Page, calls: Sequence[Call], step: int) -> list[str]:
    """Those whom the step under way calls, and those called by hand."""
    climbing = page.state == PageState.CLIMBING
    now = [
        call for call in reversed(calls)
        if (climbing and call.step == step and call.attempt == page.attempt) or (call.step == 0 and call.due_at)
    ]  # fmt: skip
    return list(dict.fromkeys(str(call.user or call.room) for call in now))


def then(page: Page, ticket: Ticket, at: datetime) -> str:
    """Who is called next: "Ben", "Ada, once more"."""
    if page.state != PageState.CLIMBING or page.next_at is None:
        return ""
    found = next_called(page.plan, page.step, ticket, max(at, page.next_at))
    if found:
        return ", ".join(found[1])
    if page.left and (again := next_called(page.plan, 1, ticket, max(at, page.next_at))):
        return f"{', '.join(again[1])}, once more"
    return "the managers"


def lines_of(calls: Sequence[Call]) -> list[Line]:
    """Each call with what became of its message: one statement."""
    keys = {f"ring.{call.ring_id}.{call.way}" for call in calls if call.ring_id}
    found = Delivery.objects.filter(key__in=keys).only("key", "state", "answer")
    sent = {row.key: row for row in found} if keys else {}
    return [line(call, sent.get(f"ring.{call.ring_id}.{call.way}")) for call in calls]


def line(call: Call, sent: Delivery | None) -> Line:
    by = str(call.method.get_via_display()) if call.method else "Room" if call.room else "E-mail"
    said, tone = ARRIVED[State(sent.state)] if sent else NOT_RUNG[CallState(call.state)]
    why = sent.answer if sent and tone == "bad" else ""
    return Line(call, str(call.user or call.room), by, call.ring.at if call.ring else call.due_at, said, tone, why)
