"""Google Cloud Monitoring's webhook and Pub/Sub channels: {version, incident}.

Format: https://cloud.google.com/monitoring/support/notification-options#webhooks. Through a push subscription of
Pub/Sub the same JSON comes in base64 as `message.data`.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from integrations import values
from integrations.reading import FIRING, RESOLVED, Reading, Unreadable
from integrations.sources.fields import Fields, inner_json, reading

TITLE = "Google Cloud Monitoring"
MAX_DATA = 1_000_000


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one incident of a body. `config` is not used. Raises Unreadable."""
    fields = Fields(body)
    incident = fields.part("incident") or Fields(_pushed(fields.part("message").get("data"))).part("incident")
    if not incident:
        raise Unreadable("Google Cloud Monitoring sends an “incident”; there is none in the body.")
    note = incident.part("documentation")
    status = incident.status("state") or FIRING
    return [
        reading(
            key=incident.key("incident:", "incidentid"),
            status=status,
            severity=_severity(incident),
            title=incident.line("summary") or note.line("subject") or incident.line("conditionname", "policyname"),
            links={"source": incident.link("url")} | _links(note),
            labels=_labels(incident),
            description=note.text("content") or incident.text("summary"),
            source_time=incident.time(*(("endedat", "startedat") if status == RESOLVED else ("startedat",))),
            raw=incident.raw,
        )
    ]


def _pushed(data: object) -> object:
    if not isinstance(data, str) or len(data) > MAX_DATA:
        return None
    try:
        return inner_json(b64decode(data).decode())
    except ValueError:
        return None


def _severity(incident: Fields) -> str | None:
    """The policy's severity, else what its labels say."""
    meta = incident.part("metadata")
    places = (meta.part("systemlabels"), incident.part("policyuserlabels"), meta.part("userlabels"))
    return incident.severity("severity") or next(
        (found for place in places if (found := place.severity("severity", "priority"))), None
    )


def _links(note: Fields) -> dict[str, str]:
    return {one.line("displayname") or "link": one.link("url") for one in note.parts("links")[:10]}


def _labels(incident: Fields) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in (incident.part("resource"), incident.part("metric"), incident.part("metadata")):
        found |= values.labels(part.get("userlabels")) | values.labels(part.get("labels"))
    found |= values.labels(incident.get("policyuserlabels"))
    own = {"resource": incident.line("resourcedisplayname", "resourcename"), "policy": incident.line("policyname")}
    return found | {name: value for name, value in own.items() if value}
