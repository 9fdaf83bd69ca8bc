"""What the timeline means for pages. Binding: a ticket and its page never disagree. Rows only; the next tick acts."""

from collections.abc import Sequence

from deliveries.models import Delivery
from integrations.episodes.flapping import is_held
from oncall import plans, rings
from oncall.actions import paging
from oncall.models import Page, PageState
from tickets.events import follows
from tickets.models import Event, Kind, Ticket

STARTS = {Kind.OPENED, Kind.SEVERITY_CHANGED, Kind.TEAM_CHANGED, Kind.HANDED_OVER, Kind.REOPENED, Kind.UNOWNED}
ENDS = {Kind.RESOLVED, Kind.CLOSED, Kind.CANCELLED, Kind.MERGED}
# What a person does on the ticket takes note of its page as well...
TAKES_NOTE = {Kind.ACKNOWLEDGED, Kind.REPLIED, Kind.STATUS_CHANGED, Kind.HANDOVER_ACCEPTED}
# ...and is progress.
PROGRESS = TAKES_NOTE | {Kind.NOTED, Kind.ASSIGNED, Kind.PROMISED, Kind.SEVERITY_CHANGED, Kind.DETAILS_CHANGED}
KINDS = frozenset(STARTS | ENDS | PROGRESS | {Kind.ESCALATED, Kind.DELIVERY_FAILED})
ANSWERS = ("ack", "acknowledge", "acknowledged", "ok", "on it")


@follows(kinds=KINDS)
def follow(events: Sequence[Event]) -> None:
    """Begin, acknowledge, put off and end pages. One statement for tickets without a page and without a ladder."""
    found = Page.objects.filter(ticket__in={event.ticket_id for event in events}).exclude(state=PageState.ENDED)
    pages: dict[int, Page | None] = {page.ticket_id: page for page in found}
    for event in events:
        page = pages.get(event.ticket_id)
        if page:
            page.ticket = event.ticket
        pages[event.ticket_id] = told(event, page)


def told(event: Event, page: Page | None) -> Page | None:
    """One line; answers the page that is open afterwards."""
    if event.kind == Kind.DELIVERY_FAILED:
        key = Delivery.objects.filter(pk=event.data.get("delivery", 0)).values_list("key", flat=True).first()
        rings.failed(event.ticket, key or "", str(event.data.get("reason", "")), at=event.at)
        return page and Page.objects.get(pk=page.pk)
    if page and event.kind in ENDS:
        paging.end(page, at=event.at)
        return None
    if event.kind in STARTS or event.data.get("do") == "start_ladder":
        return started(event, page)
    return page and noticed(event, page)


def started(event: Event, page: Page | None) -> Page | None:
    """A page for a ticket that a ladder is for: a new one, or another's instead of the one that another team climbs."""
    ticket, by_stage = event.ticket, event.data.get("do") == "start_ladder"
    moved = event.kind in (Kind.TEAM_CHANGED, Kind.HANDED_OVER)
    if not ticket.is_open or (page and not moved) or stays_quiet(event, ticket):
        return page and noticed(event, page)
    ladder = plans.fitting(ticket, by_itself=not by_stage and event.kind != Kind.UNOWNED)
    if ladder is None or (page and page.ladder_id == ladder.pk):
        return page
    if page:
        paging.end(page, at=event.at)
    reason = why(event)
    return paging.begin(
        ticket, at=event.at, actor=None, plan=plans.of_ladder(ladder), ladder=ladder, reason=reason
    )  # fmt: skip


def stays_quiet(event: Event, ticket: Ticket) -> bool:
    """An agent who reopens is at it already; a ticket that flapping holds calls nobody again; and one that somebody has
    acknowledged calls nobody because its severity was lowered."""
    if event.kind == Kind.REOPENED:
        return is_held(ticket) or bool(event.actor and event.actor.is_desk)
    return event.kind == Kind.SEVERITY_CHANGED and ticket.severity >= int(event.data.get("from") or 0)


def why(event: Event) -> str:
    """The reason that the people called read."""
    match event.kind:
        case Kind.REOPENED:
            return "it was reopened"
        case Kind.UNOWNED:
            return "nobody owns it"
        case Kind.SEVERITY_CHANGED:
            return f"it is P{event.ticket.severity} now"
        case Kind.TEAM_CHANGED | Kind.HANDED_OVER:
            return f"it went to {event.ticket.team}"
        case Kind.ESCALATED:
            return str(event.data.get("stage", ""))
    return ""


def noticed(event: Event, page: Page) -> Page:
    """A person of the desk did something: that acknowledges, or is progress."""
    if event.actor is None or not event.actor.is_desk or event.kind not in PROGRESS:
        return page
    if page.state != PageState.ACKNOWLEDGED:
        if event.kind in TAKES_NOTE or answered_by_mail(event):
            paging.drop(page, user=event.actor)
            paging.acknowledged(page, at=event.at, actor=event.actor)
    elif page.next_at is not None:
        page.next_at = paging.next_look(page, event.at)
        page.save(update_fields=["next_at"])
    return page


def answered_by_mail(event: Event) -> bool:
    """Whether somebody answered the mail that called them: "ack"."""
    if event.kind != Kind.NOTED or event.via != "email" or event.message is None:
        return False
    first = event.message.body.strip().partition("\n")[0].strip(" .!").lower()
    return first in ANSWERS
