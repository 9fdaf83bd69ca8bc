"""What the timeline's lines about alerts say."""

from collections.abc import Callable
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from tickets.models import Event


def alert(words: str) -> Callable[[Event], SafeString]:
    """A line about an alert: the source, what it did, its title; or how many alerts of a group there are by now."""

    def sentence(event: Event) -> SafeString:
        data = event.data
        source = data.get("source") or "An alert"
        if data.get("alerts") and not data.get("title"):
            return format_html("<b>{}</b>: {}", source, counted(data))
        count, link = data.get("count"), str(data.get("link") or "")
        return format_html(
            "<b>{}</b> {}{}{}{}{}",
            source,
            flapping(data) or ("is calm" if data.get("calm") else words),
            format_html(": {}", data["title"]) if data.get("title") else "",
            format_html(" ({} times)", count) if count and count != 1 else "",
            format_html(' <a class="link" href="{}" rel="noopener noreferrer">Open</a>', link)
            if link.startswith(("https://", "http://"))
            else "",
            after(data),
        )

    return sentence


def flapping(data: dict[str, Any]) -> str:
    """How often it changed, and what that means."""
    if not data.get("flapping"):
        return ""
    return f"flaps, {data['flapping']} changes in {data.get('minutes')} minutes; it stays open until it is calm"


def counted(data: dict[str, Any]) -> str:
    """As in “412 alerts, 37 hosts; 12 still fire”."""
    alerts, hosts, firing = (int(data.get(name) or 0) for name in ("alerts", "hosts", "firing"))
    parts = [f"{alerts:,} alert{'' if alerts == 1 else 's'}"]
    if hosts:
        parts.append(f"{hosts:,} host{'' if hosts == 1 else 's'}")
    fires = f"{firing:,} still fire{'s' if firing == 1 else ''}" if firing else "none fires any longer"
    return f"{', '.join(parts)}; {fires}"


def after(data: dict[str, Any]) -> str:
    """What else there is to know about an alert's line."""
    if data.get("others"):
        return "; others still fire"
    if data.get("asks"):
        return ". Somebody wrote meanwhile: look before it closes"
    if data.get("after"):
        return f". It still fires after the silence “{data['after']}”"
    return f". The last of {counted(data)}" if int(data.get("alerts") or 0) > 1 else ""
