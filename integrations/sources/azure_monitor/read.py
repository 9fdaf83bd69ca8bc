"""Azure Monitor's action-group webhook: the common alert schema, and the older ones of metrics, logs and activity.

Formats: https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema and
.../alerts-non-common-schema-definitions.
"""

from collections.abc import Mapping
from typing import Any

from integrations import values
from integrations.reading import FIRING, RESOLVED, Reading, Unreadable
from integrations.sources.fields import Fields, reading

TITLE = "Azure Monitor"

_SEVERITIES = {"0": "critical", "1": "error", "2": "warning", "3": "info", "4": "info"}
_CONDITIONS = dict.fromkeys(("resolved", "deactivated", "closed", "ok", "available"), RESOLVED)
_SEARCHES = ("linktofilteredsearchresultsui", "linktosearchresultsui", "linktosearchresults")


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one alert of a body. `config` is not used. Raises Unreadable."""
    fields = Fields(body)
    data = fields.part("data") or fields
    if essentials := data.part("essentials"):
        return [_common(data, essentials)]
    if activity := data.part("context", "activitylog"):
        return [_activity(data, activity)]
    if context := data.part("context"):
        return [_metric(data, context)]
    if data.has("alertrulename", "searchquery"):
        return [_log(data)]
    raise Unreadable("Neither “essentials” of the common alert schema nor a “context” is there.")


def _common(data: Fields, essentials: Fields) -> Reading:
    context = data.part("alertcontext")
    condition = next(iter(context.part("condition").parts("allof")), Fields(None))
    dimensions = {one.line("name"): one.get("value") for one in condition.parts("dimensions")}
    targets = essentials.get("configurationitems")
    own = {
        "service": essentials.line("monitoringservice"),
        "target": values.line(targets[0]) if isinstance(targets, list) and targets else "",
        "metric": condition.line("metricname"),
    }
    status = _status(essentials.line("monitorcondition"))
    return reading(
        key=essentials.key("", "alertid", "originalertid"),
        status=status,
        severity=_severity(essentials.get("severity")),
        title=essentials.line("alertrule") or context.line("name", "alertrulename"),
        links={
            "source": essentials.link("investigationlink"),
            "search": condition.link(*_SEARCHES) or context.link(*_SEARCHES),
        },
        labels=values.labels(dimensions) | values.labels(data.get("customproperties")) | values.labels(own),
        description=essentials.text("description"),
        source_time=essentials.time("resolveddatetime" if status == RESOLVED else "fireddatetime", "fireddatetime"),
        raw=data.raw,
    )


def _metric(data: Fields, context: Fields) -> Reading:
    own = {"resource": context.line("resourcename"), "group": context.line("resourcegroupname")}
    return reading(
        key=context.key("", "id") or context.key("", "name"),
        status=_status(data.line("status")),
        severity=_severity(context.get("severity")),
        title=context.line("name") or context.line("resourcename"),
        links={"source": context.link("portallink")},
        labels=values.labels(data.get("properties")) | values.labels(own),
        description=context.text("description"),
        source_time=context.time("timestamp"),
        raw=data.raw,
    )


def _activity(data: Fields, log: Fields) -> Reading:
    properties = log.part("properties")
    return reading(
        key=log.key("", "correlationid", "eventdataid", "operationid"),
        status=_status(properties.line("stage", "currenthealthstatus") or log.line("status")),
        severity=log.severity("level"),
        title=properties.line("title") or log.line("operationname", "description", "eventsource"),
        links={"source": log.link("portallink")},
        labels=values.labels({"resource": log.line("resourceid"), "group": log.line("resourcegroupname")}),
        description=properties.text("communication") or log.text("description"),
        source_time=log.time("eventtimestamp", "submissiontimestamp"),
        raw=data.raw,
    )


def _log(data: Fields) -> Reading:
    return reading(
        key=data.key("rule:", "alertruleid", "alertrulename"),
        status=_status(data.line("monitorcondition")),
        severity=_severity(data.get("severity")),
        title=data.line("alertrulename"),
        links={"source": data.link(*_SEARCHES)},
        labels=values.labels({"workspace": data.line("workspaceid", "applicationid")}),
        description=data.text("description", "searchquery"),
        source_time=data.time("searchintervalendtimeutc"),
        raw=data.raw,
    )


def _status(word: str) -> str:
    """Other words say how an operation went ("Succeeded"), not that an alert is over."""
    return _CONDITIONS.get(word.lower(), FIRING)


def _severity(value: object) -> str | None:
    written = values.line(value)
    return _SEVERITIES.get(written.lower().removeprefix("sev")) or values.severity(written)
