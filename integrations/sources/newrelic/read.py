"""New Relic: the webhook of workflows (issues) and the one of classic notification channels (incidents).

Formats: https://docs.newrelic.com/docs/alerts/get-notified/notification-integrations/#webhook and the default template
of classic channels. An acknowledgement of an issue arrives with the state ACTIVATED: its trigger tells.
"""

from collections.abc import Mapping
from typing import Any

from integrations import values
from integrations.reading import ACKNOWLEDGED, FIRING, RESOLVED, Reading, Unreadable
from integrations.sources.fields import Fields, reading

TITLE = "New Relic"

_STATES = {
    "created": FIRING, "activated": FIRING, "open": FIRING, "opened": FIRING, "closed": RESOLVED, "resolved": RESOLVED,
    "deactivated": RESOLVED, "acknowledged": ACKNOWLEDGED,
}  # fmt: skip
_CLASSIC = ("incidentid", "currentstate", "eventtype", "conditionname", "policyname", "incidenturl")


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one issue or incident of a body. `config` is not used. Raises Unreadable."""
    fields = Fields(body)
    if fields.has("issueurl", "issueid", "issuepageurl") or (fields.has("state") and fields.has("id", "title")):
        return [_issue(fields)]
    if fields.has(*_CLASSIC):
        return [_incident(fields)]
    raise Unreadable("Neither an issue (id, state, issueUrl) nor an incident (incident_id, current_state) is there.")


def _issue(fields: Fields) -> Reading:
    return reading(
        key=fields.key("issue:", "issueid", "id"),
        status=_issue_status(fields),
        severity=fields.severity("priority", "severity"),
        title=_joined(fields.get("title")) or fields.line("issuetitle") or _joined(fields.get("alertconditionnames")),
        links={
            "source": fields.link("issueurl", "issuepageurl", "url"),
            "runbook": fields.link("runbookurl"),
            "chart": fields.link("violationcharturl"),
        },
        labels=_named(fields, policy="alertpolicynames", condition="alertconditionnames", entities="impactedentities"),
        description=fields.text("description", "details") or _joined(fields.get("description")),
        source_time=fields.time("updatedat", "createdat", "timestamp"),
        raw=fields.raw,
    )


def _issue_status(fields: Fields) -> str:
    status = _STATES.get(fields.line("state", "status").lower(), FIRING)
    trigger = fields.line("trigger", "triggerevent").lower()
    told = fields.line("acknowledgedby", "issueacknowledgedby") or fields.line("acknowledgedat")
    if status == FIRING and (told or ("acknowledged" in trigger and "unacknowledged" not in trigger)):
        return ACKNOWLEDGED
    return status


def _incident(fields: Fields) -> Reading:
    kind = fields.line("eventtype").lower().removeprefix("incident_").removeprefix("violation_")
    return reading(
        key=fields.key("incident:", "incidentid"),
        status=_STATES.get(fields.line("currentstate").lower()) or _STATES.get(kind) or FIRING,
        severity=fields.severity("severity", "priority"),
        title=fields.line("conditionname", "details", "policyname"),
        links={
            "source": fields.link("incidenturl"),
            "runbook": fields.link("runbookurl"),
            "chart": fields.link("violationcharturl", "violationcallbackurl"),
        },
        labels=_named(fields, policy="policyname", account="accountname", owner="owner", target="targets"),
        description=fields.text("details"),
        source_time=fields.time("timestamp"),
        raw=fields.raw,
    )


def _joined(value: object) -> str:
    """One line of a text, or of the texts (or names of objects) of a list."""
    items = value if isinstance(value, list) else [value]
    lines = [Fields(item).line("name") if isinstance(item, Mapping) else values.line(item) for item in items[:20]]
    return values.line(", ".join(one for one in lines if one))


def _named(fields: Fields, **names: str) -> dict[str, str]:
    return values.labels({label: _joined(fields.get(name)) for label, name in names.items()})
