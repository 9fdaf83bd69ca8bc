"""What people do to pages: begin one, call again, call somebody else, acknowledge. Who is called is for the engine."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from accounts.models import User
from oncall import plans, rings, rooms
from oncall.models import Call, CallState, Ladder, Page, PageState
from oncall.roster import Roster
from tickets.actions.conversation import take_note
from tickets.actions.progress import resolve as resolve_ticket
from tickets.errors import Refused
from tickets.events import record, working_on
from tickets.models import Kind, Resolution, Ticket

OVER = "This page is over."


def start(
    *, ticket: Ticket, at: datetime, actor: User | None, via: str, ladder: Ladder | None = None,
    people: Sequence[User] = (), reason: str = "",
) -> Page:  # fmt: skip
    """Call the people of a ladder, or these people, about a ticket. Refused while a page of it is open."""
    with working_on(ticket.pk, at=at) as locked:
        if not locked.is_open:
            raise Refused(f"#{locked.pk} is {locked.status_label.lower()}. Reopen it first.")
        if open_page(locked) is not None:
            raise Refused("People are being called about this ticket already. Add somebody to that page.")
        return begin(locked, at=locked.now, actor=actor, plan=plan_of(ladder, people), ladder=ladder, reason=reason)


def plan_of(ladder: Ladder | None, people: Sequence[User]) -> plans.Plan:
    """Raises Refused when there is nobody to call."""
    if ladder is not None:
        return plans.of_ladder(ladder)
    if not people:
        raise Refused("Choose whom to call.", field="whom")
    return plans.of_people(people)


def begin(
    locked: Ticket, *, at: datetime, actor: User | None, plan: plans.Plan, ladder: Ladder | None, reason: str
) -> Page:
    """A page of a locked ticket that has none open. The next tick takes its first step."""
    return Page.objects.create(
        ticket=locked, ladder=ladder, plan=plan, reason=reason.strip()[:300], started_at=at, started_by=actor,
        left=plan["repeats"], next_at=at,
    )  # fmt: skip


def open_page(ticket: Ticket) -> Page | None:
    """The ticket's page that is not over. The caller holds the ticket's lock if it means to change it."""
    return Page.objects.filter(ticket=ticket).exclude(state=PageState.ENDED).first()


def call_again(*, page: Page, at: datetime, actor: User | None, via: str, reason: str = "") -> Page:
    """Begin at the first step anew, whoever acknowledged."""
    with working_on(page.ticket_id, at=at) as locked:
        row = lock(page)
        if row.state == PageState.ENDED:
            raise Refused(OVER)
        anew(row, at=locked.now, actor=actor, reason=reason or "called again")
        row.save()
    return row


def reassign(
    *, page: Page, at: datetime, actor: User | None, via: str, ladder: Ladder | None = None,
    people: Sequence[User] = (), reason: str = "",
) -> Page:  # fmt: skip
    """Call these instead: what waited of the others is dropped."""
    with working_on(page.ticket_id, at=at) as locked:
        row = lock(page)
        if row.state == PageState.ENDED:
            raise Refused(OVER)
        row.plan, row.ladder = plan_of(ladder, people), ladder
        anew(row, at=locked.now, actor=actor, reason=reason or "called instead")
        row.save()
    return row


def anew(row: Page, *, at: datetime, actor: User | None, reason: str) -> None:
    """At the first step again, for another time through. Does not save."""
    drop(row)
    row.state, row.step, row.attempt, row.left = PageState.CLIMBING, 1, row.attempt + 1, row.plan["repeats"]
    row.acknowledged_at, row.acknowledged_by, row.next_at = None, None, at
    row.started_by, row.reason = actor, reason[:300]


def add_responder(*, page: Page, user: User, at: datetime, actor: User | None, via: str) -> None:
    """Call one more, whoever has acknowledged already, until that one answers."""
    with working_on(page.ticket_id, at=at) as locked:
        row = lock(page)
        if row.state == PageState.ENDED:
            raise Refused(OVER)
        ways = Roster(locked.now).ways(user, locked.severity) if user.is_desk else []
        if not ways:
            raise Refused(f"{user} cannot be reached by anything.", field="whom")
        earlier = Call.objects.filter(page=row, user=user, step=0).order_by("-attempt").first()
        attempt = earlier.attempt + 1 if earlier else 1
        Call.objects.bulk_create(
            Call(page=row, user=user, way=way.name, method=way.method, step=0, attempt=attempt, due_at=way.due_at)
            for way in ways
        )
        data = {"page": row.pk, "people": [str(user)], "reason": "asked to join"}
        record(locked, Kind.PAGED, at=locked.now, actor=actor, via=via, data=data)


def acknowledge(*, page: Page, at: datetime, actor: User, via: str) -> Page:
    """A person takes note: nobody further is called. One that is acknowledged already stays whose it is."""
    with working_on(page.ticket_id, at=at) as locked:
        row = lock(page)
        if row.state == PageState.ENDED:
            raise Refused(OVER)
        drop(row, user=actor)
        if row.state != PageState.ACKNOWLEDGED:
            acknowledged(row, at=locked.now, actor=actor)
            record(locked, Kind.PAGE_ACKNOWLEDGED, at=locked.now, actor=actor, via=via, page=row.pk)
            take_note(locked, at=locked.now, actor=actor, via=via)
    return row


def acknowledged(row: Page, *, at: datetime, actor: User | None) -> None:
    """Write that somebody took note of a locked, open page; those called by hand are still waited for."""
    row.state, row.acknowledged_at, row.acknowledged_by = PageState.ACKNOWLEDGED, at, actor
    row.next_at = next_look(row, at)
    drop(row, by_hand=False)
    row.save()
    rings.call_back(row)
    rooms.tell(row, at=at)


def next_look(row: Page, at: datetime) -> datetime | None:
    """When an acknowledged page begins anew unless there is progress."""
    minutes = row.plan["ack_minutes"]
    return at + timedelta(minutes=minutes) if minutes else None


def resolve(*, page: Page, at: datetime, actor: User, via: str, text: str = "") -> Ticket:
    """From the phone: the ticket is resolved, with the most that a button can say."""
    words = text.strip() or "Resolved by the engineer on call."
    return resolve_ticket(ticket=page.ticket, code=Resolution.FIXED, text=words, at=at, actor=actor, via=via)


def end(row: Page, *, at: datetime) -> None:
    """It is over: nobody is called any more."""
    drop(row)
    row.state, row.ended_at, row.next_at = PageState.ENDED, at, None
    row.save()
    rings.call_back(row)
    rooms.tell(row, at=at)


def drop(row: Page, *, user: User | None = None, by_hand: bool = True) -> None:
    """What waits of this page is not needed any more: of one person, or of everybody but those called by hand."""
    waiting = Call.objects.filter(page=row, state=CallState.WAITING)
    if user is not None:
        waiting = waiting.filter(user=user)
    if not by_hand:
        waiting = waiting.exclude(step=0)
    waiting.update(state=CallState.DROPPED, due_at=None)


def lock(page: Page) -> Page:
    """The row, locked after its ticket."""
    return Page.objects.select_for_update(of=("self",)).get(pk=page.pk)
