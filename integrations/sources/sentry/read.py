"""Sentry: the webhooks of an integration (issue, error, event_alert, metric_alert) and the legacy plugin's.

Formats: https://docs.sentry.io/organization/integrations/integration-platform/webhooks/. The header
Sentry-Hook-Resource names what it is about; the body's own members tell as much.
"""

import re
from collections.abc import Mapping
from typing import Any

from integrations import values
from integrations.reading import (
    ACKNOWLEDGED,
    FIRING,
    IGNORED,
    RESOLVED,
    SUPPRESSED,
    UPDATE,
    Reading,
    Unreadable,
)
from integrations.sources.fields import Fields, reading, tags

TITLE = "Sentry"

_ACTIONS = {
    "created": FIRING, "triggered": FIRING, "unresolved": FIRING, "regression": FIRING, "escalating": FIRING,
    "critical": FIRING, "warning": FIRING, "open": FIRING, "unarchived": FIRING, "resolved": RESOLVED,
    "assigned": ACKNOWLEDGED, "archived": SUPPRESSED, "ignored": SUPPRESSED, "unassigned": UPDATE, "updated": UPDATE,
    "deleted": IGNORED,
}  # fmt: skip
_ASIDE = {"installation": IGNORED, "comment": UPDATE, "seer": UPDATE}


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one issue, event or metric of a body. `config` is not used. Raises Unreadable."""
    fields = Fields(body)
    data = fields.part("data")
    resource = next((value for name, value in headers.items() if name.lower() == "sentry-hook-resource"), "")
    if data and fields.has("action"):
        return [_hook(fields, data, resource)]
    if fields.has("event", "projectname", "projectslug", "culprit"):
        return [_plugin(fields)]
    raise Unreadable("Neither an “action” with its “data” nor a legacy plugin's “project” and “event” is there.")


def _hook(fields: Fields, data: Fields, resource: str) -> Reading:
    action = fields.line("action").lower()
    status = _ASIDE.get(resource) or _ACTIONS.get(action, UPDATE)
    if metric := data.part("metricalert"):
        return _metric(data, metric, action)
    issue = data.part("issue")
    thing = issue or data.part("event") or data.part("error")
    page = thing.link("permalink", "weburl") if issue else thing.link("weburl")
    return reading(
        key=thing.key("issue:", "id") if issue else _of_event(thing),
        status=status if thing else _ASIDE.get(resource, IGNORED),
        severity=_level(thing),
        title=_title(thing) or data.line("title", "triggeredrule", "issuetitle"),
        links={"source": page},
        labels=_labels(thing, rule=data.line("triggeredrule")),
        description=thing.text("message", "culprit", "location"),
        source_time=thing.time("datetime", "timestamp", "lastseen"),
        raw=fields.raw,
    )


def _of_event(event: Fields) -> str:
    """The issue of an event: by its id, or at the end of the issue's address in the API."""
    if found := event.key("issue:", "issueid", "groupid"):
        return found
    address = re.search(r"/issues/(\d+)/?$", event.line("issueurl"))
    return f"issue:{address.group(1)}" if address else ""


def _metric(data: Fields, metric: Fields, action: str) -> Reading:
    rule = metric.part("alertrule")
    return reading(
        key=metric.key("metric_alert:", "id", "identifier"),
        status=_ACTIONS.get(action, UPDATE),
        severity=values.severity(action),
        title=metric.line("title") or data.line("descriptiontitle") or rule.line("name"),
        links={"source": data.link("weburl") or metric.link("weburl")},
        labels=_labels(metric, rule=rule.line("name")),
        description=data.text("descriptiontext"),
        source_time=metric.time("dateclosed", "datedetected", "datecreated", "datestarted"),
        raw=data.raw,
    )


def _plugin(fields: Fields) -> Reading:
    event = fields.part("event")
    return reading(
        key=fields.key("issue:", "id") or event.key("issue:", "issueid"),
        status=fields.status("status") or FIRING,
        severity=_level(fields) or _level(event),
        title=event.line("title") or event.part("metadata").line("title") or fields.line("message", "culprit"),
        links={"source": fields.link("url") or event.link("weburl")},
        labels=_labels(event, project=fields.line("projectslug", "projectname", "project")),
        description=fields.text("message", "culprit"),
        source_time=event.time("datetime", "timestamp", "received"),
        raw=fields.raw,
    )


def _title(thing: Fields) -> str:
    meta = thing.part("metadata")
    return thing.line("title") or meta.line("title", "value") or thing.line("message", "culprit")


def _level(thing: Fields) -> str | None:
    return thing.severity("level") or values.severity(tags(thing.get("tags")).get("level"))


def _labels(thing: Fields, **more: str) -> dict[str, str]:
    project = thing.part("project")
    own = {"project": project.line("slug", "name"), "environment": thing.line("environment")} | more
    return tags(thing.get("tags")) | {name: value for name, value in own.items() if value}
