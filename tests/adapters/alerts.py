"""The readers of alert sources behind one function of bytes, for running samples kept outside this repository."""

from collections.abc import Mapping
from typing import Any

from integrations.mail.parse import parse
from integrations.reading import load
from integrations.sources import KINDS
from integrations.sources.email.parts import parts_of

_ALSO = {
    "pagerduty_events_v1": "pagerduty",
    "pagerduty_events_v2": "pagerduty",
    "pagerduty_change_events": "pagerduty",
    "pagerduty_v1": "pagerduty",
    "pagerduty_v2": "pagerduty",
    "opsgenie_api": "opsgenie",
    "prometheus": "alertmanager",
    "grafana_legacy": "grafana",
    "new_relic": "newrelic",
    "cloudwatch": "cloudwatch_sns",
    "azure": "azure_monitor",
    "gcp": "gcp_monitoring",
    "stackdriver": "gcp_monitoring",
    "mail": "email",
    "uptimekuma": "uptime_kuma",
}


def read(source: str, body: bytes, headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the desk reads in a body of that kind of source: key, status, severity, title, link of each alert, None
    where there is nothing. Raises integrations.reading.Unreadable."""
    kind = KINDS[_ALSO.get(source, source)]
    named = {name.lower(): value for name, value in headers.items()}
    is_mail = kind.name == "email" and not body.lstrip().startswith(b"{")
    return [
        {
            "key": one.key or None,
            "status": one.status,
            "severity": one.severity,
            "title": one.title or None,
            "link": one.link or None,
        }
        for one in kind.read(parts_of(parse(body)) if is_mail else load(body), named, None)
    ]
