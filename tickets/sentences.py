"""What happened, in words: one sentence for each kind of event.

Whatever people wrote goes through `format_html`, so that a name, a reason or a tag is always text.
"""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tickets import page_lines
from tickets.alert_lines import alert
from tickets.models import Channel, Event, Kind, Resolution, Severity, Ticket, TicketKind, Verification
from tickets.states import LABELS, Status

CHOICES: dict[str, dict[str, str]] = {
    "kind": {choice.value: choice.label for choice in TicketKind},
    "channel": {choice.value: choice.label for choice in Channel},
    "severity": {str(choice.value): choice.label for choice in Severity},
}
OBLIGATIONS = {
    "acknowledge": "acknowledgement",
    "first_response": "first response",
    "next_response": "next response",
    "update": "update",
    "resolve": "resolution",
}


def sentence(ticket: Ticket, event: Event) -> SafeString:
    """The event as safe HTML, read from the rows alone: no statement is sent."""
    kind = Kind(event.kind)
    return placement(ticket, event) if kind == Kind.PLACED else SENTENCES.get(kind, plain)(event)


def who(event: Event) -> SafeString:
    """Who did it, in bold; without a person it was the desk itself."""
    return format_html("<b>{}</b>", str(event.actor) if event.actor else "Helpdesk")


def because(event: Event) -> SafeString:
    """ ": the reason given", or nothing."""
    reason = event.data.get("reason") or ""
    return format_html(": {}", reason) if reason else SafeString("")


def did(words: str) -> Callable[[Event], SafeString]:
    """A sentence of the form: who did this, and why."""
    return lambda event: format_html("{} {}{}", who(event), words, because(event))


def instant(value: str | None) -> str:
    """An ISO instant in the reader's zone."""
    if not value:
        return ""
    return date_format(timezone.localtime(datetime.fromisoformat(value)), "D j M, H:i")


def plain(event: Event) -> SafeString:
    return format_html("{} {}", who(event), Kind(event.kind).label.lower())


def opened(event: Event) -> SafeString:
    channel = dict(Channel.choices).get(event.data.get("channel", ""), "another way")
    return format_html("{} opened it by {}", who(event), channel.lower() if channel != "API" else channel)


def placement(ticket: Ticket, event: Event) -> SafeString:
    """Which rule placed it and why; a fallback says so."""
    data = event.data
    team = data.get("team_name", "")
    if data.get("chosen"):
        return format_html("Opened with <b>{}</b>, chosen by hand", team)
    if data.get("fallback") or not data.get("rule_name"):
        return format_html("No routing rule matched: the fallback team <b>{}</b> has it", team)
    reasons = (
        ", ".join(reason(ticket, field, value) for field, value in data.get("because", [])) or "it takes every ticket"
    )
    tags = data.get("tags") or []
    return format_html(
        "Routing rule <b>“{}”</b> placed it with <b>{}</b>: {}{}",
        data["rule_name"], team, reasons, format_html("; tagged {}", ", ".join(tags)) if tags else "",
    )  # fmt: skip


def reason(ticket: Ticket, field: str, value: str) -> str:
    """One condition that held, in words. Ids become names while the ticket still has that value."""
    if field == "text":
        return f"text contains “{value}”"
    if field in CHOICES:
        return f"{field} is {CHOICES[field].get(value, value)}"
    related = getattr(ticket, field, None)
    return f"{field} is {related}" if related is not None and str(related.pk) == value else f"the {field} matches"


def assigned(event: Event) -> SafeString:
    to, before = event.data.get("to_name"), event.data.get("from_name")
    if not to:
        return format_html("{} took it from <b>{}</b>: nobody has it", who(event), before or "its owner")
    if event.actor_id is not None and event.data.get("to") == event.actor_id:
        return format_html("{} took it", who(event))
    return format_html("{} gave it to <b>{}</b>", who(event), to)


def between(words: str) -> Callable[[Event], SafeString]:
    """A sentence of the form: who did this, from which team to which, and why."""
    return lambda event: format_html(
        "{} {} from {} to <b>{}</b>{}",
        who(event), words, event.data.get("from_name", ""), event.data.get("to_name", ""), because(event),
    )  # fmt: skip


def bounced(event: Event) -> SafeString:
    return format_html("{} bounced it back to <b>{}</b>{}", who(event), event.data.get("from_name", ""), because(event))


def severity_changed(event: Event) -> SafeString:
    return format_html(
        "{} changed the severity from P{} to <b>P{}</b>{}",
        who(event), event.data.get("from", "?"), event.data.get("to", "?"), because(event),
    )  # fmt: skip


def status_changed(event: Event) -> SafeString:
    to = event.data.get("to", "")
    label = LABELS[Status(to)] if to in set(Status) else to
    until = event.data.get("until")
    held = format_html(" until {}", instant(until)) if until else ""
    return format_html("{} set it to <b>{}</b>{}{}", who(event), label, held, because(event))


def tags_changed(event: Event) -> SafeString:
    parts = [
        format_html("{} {}", verb, format_html_join(", ", "<b>{}</b>", ((tag,) for tag in event.data.get(key, []))))
        for key, verb in (("added", "added"), ("removed", "removed"))
        if event.data.get(key)
    ]
    return format_html("{} {} as tags", who(event), format_html_join(" and ", "{}", ((part,) for part in parts)))


def details_changed(event: Event) -> SafeString:
    changes = event.data.get("changed", {})
    return format_html(
        "{} changed {}",
        who(event),
        format_html_join(
            ", ", "{} from “{}” to “{}”", ((name, before or "–", after) for name, (before, after) in changes.items())
        ),
    )


def promised(event: Event) -> SafeString:
    if not event.data.get("expected_by"):
        return format_html("{} took the promised time back", who(event))
    return format_html("{} promised it by <b>{}</b>", who(event), instant(event.data["expected_by"]))


def resolved(event: Event) -> SafeString:
    """Only without a message: nobody answered for the agreed time, or the alert recovered."""
    if event.data.get("silence"):
        return SafeString("Resolved: the requester did not answer for the agreed time")
    code = dict(Resolution.choices).get(event.data.get("code", ""), "")
    return format_html("{} resolved it{}", who(event), format_html(": {}", code) if code else "")


def verified(event: Event) -> SafeString:
    how, evidence = event.data.get("how"), event.data.get("evidence")
    words = {
        Verification.REQUESTER: format_html("{} confirmed that it is fixed", who(event)),
        Verification.QA: format_html("{} checked the fix", who(event)),
        Verification.RECOVERY: SafeString("Verified: the alert recovered and stayed quiet"),
        Verification.SILENCE: SafeString("Verified by silence: nobody objected for the agreed time"),
    }
    said = words[Verification(how)] if how in Verification.values else plain(event)
    return format_html("{}{}", said, format_html(": {}", evidence) if evidence else "")


def ticket_link(number: object) -> SafeString:
    return format_html('<a class="link" href="/tickets/{0}">#{0}</a>', number)


def merged(event: Event) -> SafeString:
    return format_html("{} merged it into {}", who(event), ticket_link(event.data.get("into", "")))


def absorbed(event: Event) -> SafeString:
    return format_html(
        "{} merged {} into this one: {}",
        who(event),
        ticket_link(event.data.get("source", "")),
        event.data.get("subject", ""),
    )


def unmerged(event: Event) -> SafeString:
    return format_html("{} undid the merge into {}", who(event), ticket_link(event.data.get("into", "")))


def moved(event: Event) -> SafeString:
    return format_html(
        "{} moved a message by <b>{}</b> to {}",
        who(event), event.data.get("who", ""), ticket_link(event.data.get("to", "")),
    )  # fmt: skip


def gone(event: Event) -> SafeString:
    """Somebody wrote here, but the message is elsewhere now."""
    return format_html("{} wrote what is now on {}", who(event), ticket_link(event.data.get("moved_to", "")))


def rated(event: Event) -> SafeString:
    return format_html("{} rated it <b>{} of 5</b>", who(event), event.data.get("score", "?"))


def unowned(event: Event) -> SafeString:
    return format_html("<b>Nobody owns this P{}</b> five minutes after it came in", event.data.get("severity", 1))


def warned(event: Event) -> SafeString:
    stage = event.data.get("stage") or "the deadline is near"
    return format_html("<b>{}</b>: {}{}", obligation(event), stage, due(event))


def escalated(event: Event) -> SafeString:
    """A stage after the deadline; or what a stage did besides telling people, or could not do."""
    stage = event.data.get("stage", "")
    if event.data.get("refused"):
        return format_html("<b>Could not be done</b> at {}: {}", stage, event.data["refused"])
    if event.data.get("do") == "start_ladder":
        return format_html("The on-call ladder was started at {}", stage)
    return format_html("<b>{}</b>: {}{}", obligation(event), stage, due(event))


def breached(event: Event) -> SafeString:
    return format_html("<b>{} missed its deadline</b>{}", obligation(event), due(event))


def obligation(event: Event) -> str:
    name = str(event.data.get("obligation", "deadline"))
    return OBLIGATIONS.get(name, name.replace("_", " ")).capitalize()


def due(event: Event) -> SafeString:
    return format_html(", due {}", instant(event.data["due"])) if event.data.get("due") else SafeString("")


def article_linked(event: Event) -> SafeString:
    title, removed = event.data.get("title", ""), event.data.get("removed")
    if not title:
        return format_html(
            "{} {}", who(event), "took “not worth an article” back" if removed else "found it not worth an article"
        )
    return format_html("{} {} the article <b>{}</b>", who(event), "unlinked" if removed else "linked", title)


def delivery_failed(event: Event) -> SafeString:
    return format_html(
        "A message to <b>{}</b> could not be delivered{}", event.data.get("to", "the requester"), because(event)
    )


SENTENCES: dict[Kind, Callable[[Event], SafeString]] = {
    Kind.OPENED: opened,
    Kind.ACKNOWLEDGED: did("acknowledged it"),
    Kind.ASSIGNED: assigned,
    Kind.TEAM_CHANGED: between("moved it"),
    Kind.HANDED_OVER: between("handed it over"),
    Kind.HANDOVER_ACCEPTED: did("accepted the handover"),
    Kind.HANDOVER_BOUNCED: bounced,
    Kind.SEVERITY_CHANGED: severity_changed,
    Kind.STATUS_CHANGED: status_changed,
    Kind.TAGS_CHANGED: tags_changed,
    Kind.DETAILS_CHANGED: details_changed,
    Kind.PROMISED: promised,
    Kind.RESOLVED: resolved,
    Kind.VERIFIED: verified,
    Kind.CLOSED: did("closed it"),
    Kind.REOPENED: did("reopened it"),
    Kind.CANCELLED: did("cancelled it"),
    Kind.MERGED: merged,
    Kind.ABSORBED: absorbed,
    Kind.UNMERGED: unmerged,
    Kind.MOVED: moved,
    Kind.RECEIVED: gone,
    Kind.NOTED: gone,
    Kind.RATED: rated,
    Kind.REMINDED: lambda event: SafeString("The requester was reminded"),
    Kind.UNOWNED: unowned,
    Kind.WOKEN: lambda event: SafeString("The hold ended"),
    Kind.WARNED: warned,
    Kind.BREACHED: breached,
    Kind.ESCALATED: escalated,
    Kind.PAGED: page_lines.paged,
    Kind.PAGE_ACKNOWLEDGED: page_lines.acknowledged,
    Kind.PAGE_UNANSWERED: page_lines.unanswered,
    Kind.ALERT_FIRED: alert("fired"),
    Kind.ALERT_REPEATED: alert("fired again"),
    Kind.ALERT_RESOLVED: alert("recovered"),
    Kind.ARTICLE_LINKED: article_linked,
    Kind.DELIVERY_FAILED: delivery_failed,
}
