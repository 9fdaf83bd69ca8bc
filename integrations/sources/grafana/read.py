"""Grafana: unified alerting's webhook (since 8), which speaks Alertmanager's format and more, and legacy alerting's.

Formats: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
and the "webhook" channel of versions up to 8 (ruleId, ruleName, ruleUrl, state, evalMatches, tags).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

from integrations import values
from integrations.reading import FIRING, NO_DATA, PENDING, SUPPRESSED, Reading, Unreadable
from integrations.sources.alertmanager.read import read as read_unified
from integrations.sources.fields import Fields, reading, tags

TITLE = "Grafana"

_LEGACY_STATES = {"nodata": NO_DATA, "pending": PENDING, "paused": SUPPRESSED}
_PREFIX = ("[alerting]", "[ok]", "[no data]", "[pending]", "[paused]")
_BEST_FIRST = ("panel", "dashboard", "source", "sender")


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """One reading for each alert, or the one of a legacy rule. `config` is not used. Raises Unreadable."""
    if not isinstance(body, Mapping):
        raise Unreadable("Grafana sends an object; this is something else.")
    if isinstance(body.get("alerts"), list):
        found = read_unified(body, headers, config)
        alerts = [alert for alert in body["alerts"] if isinstance(alert, Mapping)]
        return [_with_best_link(one, alert, body) for one, alert in zip(found, alerts, strict=True)]
    fields = Fields(body)
    if not fields.has("ruleid", "rulename", "ruleurl", "evalmatches"):
        raise Unreadable("There is neither a list named “alerts” nor a “ruleId” in the body.")
    return [_legacy(fields)]


def _with_best_link(one: Reading, alert: Mapping[str, Any], envelope: Mapping[str, Any]) -> Reading:
    """Grafana writes some addresses without its own: "?orgId=1"."""
    base = values.link(envelope.get("externalURL"))
    links = dict(one.links)
    if base and "source" not in links and (relative := values.text(alert.get("generatorURL"), 1_000)):
        try:
            joined = values.link(urljoin(base, relative))
        except ValueError:
            joined = ""
        links |= {"source": joined} if joined else {}
    return replace(one, links=links, link=next((links[name] for name in _BEST_FIRST if name in links), ""))


def _legacy(fields: Fields) -> Reading:
    state = fields.line("state").lower().replace("_", "").replace(" ", "")
    labels = tags(fields.get("tags"))
    title = fields.line("rulename") or fields.line("title")
    prefix = next((mark for mark in _PREFIX if title.lower().startswith(mark)), "")
    return reading(
        key=fields.key("rule:", "ruleid") or fields.key("rule:", "rulename"),
        status=_LEGACY_STATES.get(state) or fields.status("state") or FIRING,
        severity=Fields(labels).severity("severity", "level", "priority"),
        title=title[len(prefix) :].strip(),
        links={"source": fields.link("ruleurl"), "image": ""},
        labels=_matched(fields) | labels,
        description=fields.text("message"),
        raw=fields.raw,
    )


def _matched(fields: Fields) -> dict[str, str]:
    """The tags of the first series that the rule matched, and its value."""
    match = next(iter(fields.parts("evalmatches")), Fields(None))
    value = {match.line("metric") or "value": match.get("value")} if match else {}
    return values.labels(value) | tags(match.get("tags"))
