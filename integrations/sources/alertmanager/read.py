"""Prometheus Alertmanager's webhook, version 4 and older, and what speaks the same format (Grafana, Mimir, Loki).

Format: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config – an envelope around a list of alerts.
The envelope says "firing" while any of its alerts fires, so each alert's own status decides.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from integrations import values
from integrations.reading import FIRING, RESOLVED, Reading, Unreadable

TITLE = "Prometheus Alertmanager"

_TITLES = ("summary", "title", "message", "description", "details")
_DESCRIPTIONS = ("description", "details", "message", "summary")


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """One reading for each alert of the body. `config` is not used. Raises Unreadable."""
    if not isinstance(body, Mapping):
        raise Unreadable("Alertmanager sends an object with a list named “alerts”; this is something else.")
    alerts = body.get("alerts", body.get("alert"))  # version 1 named the list "alert"
    if not isinstance(alerts, list):
        raise Unreadable("There is no list named “alerts” in the body.")
    found = [_read_alert(alert, body) for alert in alerts if isinstance(alert, Mapping)]
    if alerts and not found:
        raise Unreadable("The list “alerts” holds no alert: each must be an object.")
    return found


def _read_alert(alert: Mapping[str, Any], envelope: Mapping[str, Any]) -> Reading:
    own, common = values.labels(alert.get("labels")), values.labels(envelope.get("commonLabels"))
    notes = values.labels(envelope.get("commonAnnotations")) | values.labels(alert.get("annotations"))
    told = {name: alert[name] for name in ("summary", "description") if name in alert}  # version 1
    notes |= values.labels(told)
    status = _status(alert) or _status(envelope) or FIRING
    name = own.get("alertname") or common.get("alertname", "")
    links = _links(alert, envelope, notes, own)
    return Reading(
        key=_key(alert),
        status=status,
        severity=_severity(own) or _severity(common),
        title=next((line for name_ in _TITLES if (line := values.line(notes.get(name_)))), "") or values.line(name),
        link=next((links[name_] for name_ in ("source", "sender") if name_ in links), ""),
        links=links,
        labels=common | own,
        description=next((notes[name_] for name_ in _DESCRIPTIONS if name_ in notes), ""),
        source_time=_time(alert, status),
        group_key=values.key_of_group(envelope.get("groupKey")),
        raw=alert,
    )


def _status(part: Mapping[str, Any]) -> str | None:
    value = part.get("status")
    return values.status(value.get("state") if isinstance(value, Mapping) else value)


def _key(alert: Mapping[str, Any]) -> str:
    """The fingerprint (since version 4 of 2018), else a hash of the labels, which are what makes an alert itself."""
    if given := values.key(alert.get("fingerprint")):
        return given
    labels = alert.get("labels")
    if not isinstance(labels, Mapping) or not labels:
        return ""
    return "labels:" + sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16]


def _severity(labels: Mapping[str, str]) -> str | None:
    return next(
        (word for name in ("severity", "level", "priority") if (word := values.severity(labels.get(name)))), None
    )


def _time(alert: Mapping[str, Any], status: str) -> datetime | None:
    began, ended = values.time(alert.get("startsAt")), values.time(alert.get("endsAt"))
    return (ended or began) if status == RESOLVED else began


def _links(
    alert: Mapping[str, Any], envelope: Mapping[str, Any], notes: Mapping[str, str], labels: Mapping[str, str]
) -> dict[str, str]:
    payload = alert.get("payload")
    generator = alert.get("generatorURL") or (payload.get("generatorURL") if isinstance(payload, Mapping) else None)
    found = {
        "source": values.link(generator),
        "runbook": _noted("runbook", notes, labels),
        "dashboard": values.link(alert.get("dashboardURL")) or _noted("dashboard", notes, labels),
        "panel": values.link(alert.get("panelURL")),
        "silence": values.link(alert.get("silenceURL")),
        "sender": values.link(envelope.get("externalURL")),
    }
    return {name: address for name, address in found.items() if address}


def _noted(name: str, notes: Mapping[str, str], labels: Mapping[str, str]) -> str:
    """The address in an annotation such as runbook, runbook_url or runbookUrl; one with a placeholder that no label can
    fill comes last."""
    found = [values.link(note) for key, note in sorted(notes.items()) if key.lower().startswith(name)]
    found = [address for address in found if address]
    whole = [address for address in found if set(re.findall(r"\{(\w+)\}", address)) <= labels.keys()]
    return next(iter(whole + found), "")
