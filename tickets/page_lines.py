"""What the timeline says of pages (the ladder, the people and the rest are `oncall`'s)."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tickets.models import Event

VIAS = {
    "sms": "by SMS", "voice": "by phone", "slack": "in Slack", "email": "by mail", "link": "by the link in it",
    "webpush": "from the notification",
}  # fmt: skip


def paged(event: Event) -> SafeString:
    """A step: whom it calls, or why it was skipped."""
    data = event.data
    if skipped := data.get("skipped"):
        return format_html("On call, step {}: <b>skipped</b>, {}", data.get("step", 1), skipped)
    why = format_html(": {}", data["reason"]) if data.get("reason") else SafeString("")
    caller = format_html("<b>{}</b> calls", str(event.actor)) if event.actor else SafeString("Calling")
    return format_html("{} {}{}", caller, listed([*data.get("people", []), *data.get("channels", [])]), why)


def acknowledged(event: Event) -> SafeString:
    name = str(event.actor) if event.actor else "The pager"
    return format_html("<b>{} acknowledged the page</b> {}", name, VIAS.get(event.via, ""))


def unanswered(event: Event) -> SafeString:
    return format_html("<b>Nobody was reached</b>{}", f": {event.data['reason']}" if event.data.get("reason") else "")


def listed(names: Sequence[str]) -> SafeString:
    return format_html_join(", ", "<b>{}</b>", ((name,) for name in names))
