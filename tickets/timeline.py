"""One timeline of messages and events, as a page shows it: icon, sentence, runs of small changes folded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tickets.asking import LIMIT, newest_events
from tickets.models import Event, Kind, Ticket
from tickets.naming import name_people
from tickets.sentences import sentence
from tickets.states import Status

FOLD_FROM = 3
PEOPLE = ("requester", "assignee", "resolved_by", "verified_by")

SMALL = {
    Kind.ACKNOWLEDGED: "acknowledged",
    Kind.ASSIGNED: "assignee",
    Kind.TEAM_CHANGED: "team",
    Kind.STATUS_CHANGED: "status",
    Kind.TAGS_CHANGED: "tags",
    Kind.DETAILS_CHANGED: "details",
    Kind.REMINDED: "reminder",
    Kind.WOKEN: "hold ended",
    Kind.ALERT_REPEATED: "alert repeated",
    Kind.ARTICLE_LINKED: "article",
    Kind.CANCELLED: "cancelled",
}
# Told by a line of its own (resolved, closed, cancelled): the bare move would say it twice.
TOLD_ELSEWHERE = {Status.RESOLVED, Status.CLOSED, Status.CANCELLED}

ICONS = {
    Kind.OPENED: "ticket",
    Kind.PLACED: "route",
    Kind.ACKNOWLEDGED: "eye",
    Kind.ASSIGNED: "user-check",
    Kind.TEAM_CHANGED: "users",
    Kind.HANDED_OVER: "arrow-up",
    Kind.HANDOVER_ACCEPTED: "check",
    Kind.HANDOVER_BOUNCED: "undo-2",
    Kind.SEVERITY_CHANGED: "flag",
    Kind.STATUS_CHANGED: "circle-dot",
    Kind.TAGS_CHANGED: "tag",
    Kind.DETAILS_CHANGED: "pencil",
    Kind.PROMISED: "calendar-clock",
    Kind.RESOLVED: "circle-check",
    Kind.VERIFIED: "check-check",
    Kind.CLOSED: "archive",
    Kind.REOPENED: "rotate-ccw",
    Kind.CANCELLED: "ban",
    Kind.MERGED: "git-merge",
    Kind.ABSORBED: "git-merge",
    Kind.UNMERGED: "undo-2",
    Kind.MOVED: "corner-down-right",
    Kind.RECEIVED: "corner-down-right",
    Kind.NOTED: "corner-down-right",
    Kind.RATED: "star",
    Kind.REMINDED: "bell",
    Kind.UNOWNED: "siren",
    Kind.WOKEN: "alarm-clock",
    Kind.WARNED: "timer",
    Kind.BREACHED: "circle-alert",
    Kind.ESCALATED: "trending-up",
    Kind.PAGED: "phone",
    Kind.PAGE_ACKNOWLEDGED: "check",
    Kind.PAGE_UNANSWERED: "siren",
    Kind.ALERT_FIRED: "bell-ring",
    Kind.ALERT_REPEATED: "refresh-cw",
    Kind.ALERT_RESOLVED: "heart-pulse",
    Kind.ARTICLE_LINKED: "book-open",
    Kind.DELIVERY_FAILED: "mail-warning",
}
TONES = {
    Kind.BREACHED: "bad",
    Kind.ESCALATED: "bad",
    Kind.UNOWNED: "bad",
    Kind.PAGE_UNANSWERED: "bad",
    Kind.PAGE_ACKNOWLEDGED: "ok",
    Kind.DELIVERY_FAILED: "bad",
    Kind.ALERT_FIRED: "bad",
    Kind.RESOLVED: "ok",
    Kind.VERIFIED: "ok",
    Kind.ALERT_RESOLVED: "ok",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: `shape` is "message", "event" or "fold" (then `lines` holds the folded ones, `text` their names)."""

    shape: str
    event: Event
    icon: str = ""
    tone: str = ""
    text: SafeString = SafeString("")
    lines: tuple["Line", ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """The newest lines, oldest first; `cut` when older ones were left out; `placed` is how routing put it there."""

    lines: list[Line]
    cut: bool
    placed: Event | None


def timeline_of(ticket: Ticket, *, everything: bool = False) -> Timeline:
    """A ticket's history for the desk, and the people of both: three statements at most, however long it is."""
    found = newest_events.ask(everything, pk=ticket.pk)
    cut = not everything and len(found) > LIMIT
    events = found[:LIMIT][::-1] if cut else found[::-1]
    name_people(
        *((ticket, key) for key in PEOPLE),
        *((event, "actor") for event in events),
        *((event.message, "author") for event in events if event.message),
    )
    with_files = [event.message for event in events if event.message and event.message.has_files]
    if with_files:
        prefetch_related_objects(with_files, "files")
    placed = next((event for event in events if event.kind == Kind.PLACED and event.ticket_id == ticket.pk), None)
    return Timeline(lines=fold(lines_of(ticket, events)), cut=cut, placed=placed)


def lines_of(ticket: Ticket, events: Iterable[Event]) -> list[Line]:
    """Every event as a line; moves that another line tells are left out."""
    lines = []
    for event in events:
        if event.message is not None:
            lines.append(Line("message", event, icon=ICONS.get(Kind(event.kind), "")))
        elif event.kind == Kind.STATUS_CHANGED and event.data.get("to") in TOLD_ELSEWHERE:
            continue
        else:
            lines.append(line_of(ticket, event))
    return lines


def line_of(ticket: Ticket, event: Event) -> Line:
    kind = Kind(event.kind)
    text = sentence(ticket, event)
    return Line("event", event, icon=ICONS.get(kind, "circle-dot"), tone=TONES.get(kind, ""), text=text)


def fold(lines: Sequence[Line]) -> list[Line]:
    """Runs of three small changes and more become one line that opens."""
    folded: list[Line] = []
    run: list[Line] = []

    def end_run() -> None:
        if len(run) >= FOLD_FROM:
            names = list(dict.fromkeys(SMALL[Kind(line.event.kind)] for line in run))
            text = format_html("{} changes: {}", len(run), ", ".join(names))
            folded.append(Line("fold", run[-1].event, text=text, lines=tuple(run)))
        else:
            folded.extend(run)
        run.clear()

    for line in lines:
        if line.shape == "event" and Kind(line.event.kind) in SMALL:
            run.append(line)
            continue
        end_run()
        folded.append(line)
    end_run()
    return folded
