"""Datadog's webhook integration: a JSON template that people write themselves from Datadog's $VARIABLES.

Format: https://docs.datadoghq.com/integrations/webhooks/ – the names of the variables are the usual names of the
members. A variable that was not filled in stays as `$ALERT_ID` and says nothing. The event's own id changes between
firing and recovery; the cycle key stays the same.
"""

import re
from collections.abc import Mapping
from typing import Any

from integrations import values
from integrations.reading import ACKNOWLEDGED, FIRING, NO_DATA, RESOLVED, Reading, Unreadable
from integrations.sources.fields import Fields, reading, tags

TITLE = "Datadog"

_KNOWN = ("alerttransition", "alertid", "alertcyclekey", "alerttitle", "eventtitle", "eventtype", "alertstatus")
_TRANSITIONS = {
    "triggered": FIRING, "retriggered": FIRING, "warn": FIRING, "rewarn": FIRING, "renotify": FIRING, "alert": FIRING,
    "recovered": RESOLVED, "warnrecovered": RESOLVED, "nodatarecovered": RESOLVED, "ok": RESOLVED,
    "nodata": NO_DATA, "renodata": NO_DATA, "acknowledged": ACKNOWLEDGED,
}  # fmt: skip
_MARK = re.compile(
    r"\[(?:p[1-5]|(?:re-?)?(?:triggered|warn(?:ing)?|no data|alert|notify|notified)|(?:monitor )?alert"
    r"|(?:warn |no data )?recovered|acknowledged)(?: on [^\]]*)?\]\s*",
    re.IGNORECASE,
)


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one alert of a body. `config` is not used. Raises Unreadable."""
    fields = Fields(body)
    if not fields.has(*_KNOWN):
        raise Unreadable("None of Datadog's usual names (alert_transition, alert_id, event_title …) is in the body.")
    title = fields.line("alerttitle", "eventtitle", "title")
    marks = " ".join(match.group() for match in _MARK.finditer(title))
    scope = fields.line("alertscope", "scopes", "scope")
    return [
        reading(
            key=fields.key("cycle:", "alertcyclekey")
            or _with_scope(fields.key("alert:", "alertid", "monitorid"), scope)
            or fields.key("aggregation:", "aggregkey"),
            status=_status(fields, marks),
            severity=_severity(fields, marks),
            title=_MARK.sub("", title).strip() or title,
            links={"source": fields.link("link", "url", "eventlink"), "snapshot": fields.link("snapshot")},
            labels=_labels(fields, scope),
            description=fields.text("textonlymsg", "eventmsg", "body", "message"),
            source_time=fields.time("date", "datetime", "lastupdated", "timestamp"),
            group_key=fields.key("", "aggregkey"),
            raw=fields.raw,
        )
    ]


def _with_scope(key: str, scope: str) -> str:
    """A monitor of many hosts has one id and a scope for each of them."""
    return values.key(f"{key}:{scope}") if key and scope else key


def _status(fields: Fields, marks: str) -> str:
    for name in ("alerttransition", "transition", "alertstatus", "status"):
        word = re.sub(r"[^a-z]", "", fields.line(name).lower())
        if word in _TRANSITIONS:
            return _TRANSITIONS[word]
    for word in re.findall(r"[a-z]+", marks.lower().replace("no data", "nodata").replace("-", "")):
        if word in _TRANSITIONS:
            return _TRANSITIONS[word]
    return RESOLVED if fields.line("alerttype").lower() == "success" else FIRING


def _severity(fields: Fields, marks: str) -> str | None:
    """The monitor's priority P1 to P5, else what kind of event it is."""
    for written in (*(fields.line(name) for name in ("alertpriority", "priority", "severity")), marks):
        if found := re.search(r"\bP[1-5]\b", written, re.IGNORECASE):
            return values.severity(found.group())
    return fields.severity("alerttype", "severity") or ("warning" if "warn" in marks.lower() else None)


def _labels(fields: Fields, scope: str) -> dict[str, str]:
    own = {"host": fields.line("hostname", "host"), "metric": fields.line("alertmetric")}
    return tags(fields.get("tags")) | tags(scope) | {name: value for name, value in own.items() if value}
