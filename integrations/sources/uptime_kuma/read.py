"""Uptime Kuma's notification of type "Webhook": {heartbeat, monitor, msg}.

Format: https://github.com/louislam/uptime-kuma, server/notification-providers/webhook.js. Without a heartbeat it is a
note (a test, an expiring certificate), not the state of a monitor.
"""

import re
from collections.abc import Mapping
from typing import Any

from integrations import values
from integrations.reading import FIRING, IGNORED, MAINTENANCE, PENDING, RESOLVED, Reading, Unreadable
from integrations.sources.fields import Fields, reading, tags

TITLE = "Uptime Kuma"

_STATES = {"0": FIRING, "1": RESOLVED, "2": PENDING, "3": MAINTENANCE}


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one monitor of a body. `config` is not used. Raises Unreadable."""
    fields = Fields(body)
    if not fields.has("heartbeat", "monitor"):
        raise Unreadable("Uptime Kuma sends “heartbeat”, “monitor” and “msg”; this is something else.")
    beat, monitor = fields.part("heartbeat"), fields.part("monitor")
    return [
        reading(
            key=monitor.key("monitor:", "id") or beat.key("monitor:", "monitorid"),
            status=_status(beat),
            title=monitor.line("name", "pathname") or _named_in(fields.line("msg"), beat),
            links={"source": monitor.link("url")},
            labels=_labels(monitor),
            description=beat.text("msg") or fields.text("msg"),
            source_time=beat.time("time"),
            raw=fields.raw,
        )
    ]


def _status(beat: Fields) -> str:
    if not beat:
        return IGNORED
    return _STATES.get(beat.line("status")) or beat.status("status") or FIRING


def _named_in(text: str, beat: Fields) -> str:
    """The monitor's name in "[API] [🔴 Down] Timeout"; of a note, all of it."""
    found = re.match(r"\[([^\]]+)\] *\[", text) if beat else None
    return values.line(found.group(1)) if found else text


def _labels(monitor: Fields) -> dict[str, str]:
    own = {"host": monitor.line("hostname"), "port": monitor.line("port"), "type": monitor.line("type")}
    return tags(monitor.get("tags")) | {name: value for name, value in own.items() if value}
