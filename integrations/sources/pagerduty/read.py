"""PagerDuty's Events API, for whatever sends to it: version 2 (alerts and changes) and version 1.

Formats: https://developer.pagerduty.com/docs/events-api-v2-overview and /docs/events-api-v1-overview.
"""

from collections.abc import Mapping
from typing import Any

from integrations import values
from integrations.reading import ACKNOWLEDGED, CHANGE_EVENT, FIRING, RESOLVED, Reading, Unreadable
from integrations.sources.fields import Fields, reading

TITLE = "PagerDuty Events API"

ACTIONS = {"trigger": FIRING, "acknowledge": ACKNOWLEDGED, "resolve": RESOLVED}


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one event of a body. The header `given-key` is what the door answered for an event without a key. `config` is
    not used. Raises Unreadable."""
    fields = Fields(body)
    payload = fields.part("payload")
    action = fields.line("eventaction", "eventtype").lower()
    change = "change/enqueue" in headers.get("path", "") or (
        payload.line("summary") != "" and not fields.has("eventaction")
    )
    if not change and action not in ACTIONS:
        raise Unreadable("The event's action is none of trigger, acknowledge and resolve.")
    listed = (*fields.parts("links"), *fields.parts("contexts"))
    links = {one.line("text") or "link": one.link("href") for one in listed[:20]}
    own = {name: payload.line(name) for name in ("source", "component", "group", "class")}
    details = payload.get("customdetails") or fields.get("details")
    return [
        reading(
            key="" if change else fields.key("", "dedupkey", "incidentkey") or headers.get("given-key", ""),
            status=CHANGE_EVENT if change else ACTIONS[action],
            severity=None if change else payload.severity("severity"),
            title=payload.line("summary") or fields.line("description"),
            links={"source": fields.link("clienturl")} | links,
            labels=values.labels(details) | {name: value for name, value in own.items() if value},
            description=payload.text("summary") or fields.text("description"),
            source_time=payload.time("timestamp"),
            raw=fields.raw,
        )
    ]
