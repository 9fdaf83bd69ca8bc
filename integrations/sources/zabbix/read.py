"""Zabbix's media type "webhook": parameters that people fill from Zabbix's {MACROS}.

Macros: https://www.zabbix.com/documentation/current/en/manual/appendix/macros/supported_by_location. Members are known
by the macro's name ({TRIGGER.ID} as trigger_id, triggerId …). The trigger is the key: each problem has a new event.
"""

import re
from collections.abc import Mapping
from typing import Any

from integrations.reading import ACKNOWLEDGED, FIRING, RESOLVED, UPDATE, Reading, Unreadable
from integrations.sources.fields import Fields, inner_json, reading, tags

TITLE = "Zabbix"

_KNOWN = ("triggerid", "eventid", "eventvalue", "eventnseverity", "triggerstatus", "triggername", "eventname")
_ALIKE = ("alertuid", "state", "status", "alertsubject", "subject")  # templates made for other tools
_NUMBERS = {"5": "critical", "4": "error", "3": "warning", "2": "warning", "1": "info"}
_PREFIX = re.compile(
    r"^(?:(?:updated )?problem(?: in [^:]+)?|resolved(?: in [^:]+)?|recovered|recovery|ok|update|"
    r"acknowledged)\s*:\s+",
    re.IGNORECASE,
)


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one problem of a body. `config` is not used. Raises Unreadable."""
    fields = Fields(body)
    if not fields.has(*_KNOWN, *_ALIKE):
        raise Unreadable("None of Zabbix's usual parameters (trigger_id, event_value, event_nseverity …) is there.")
    title = fields.line("eventname", "triggername", "title", "name", "alertsubject", "subject", "message")
    return [
        reading(
            key=fields.key("trigger:", "triggerid")
            or fields.key("", "alertuid", "alertid")
            or fields.key("event:", "eventid", "id"),
            status=_status(fields, title),
            severity=_severity(fields),
            title=_PREFIX.sub("", title),
            links={
                "source": _event_page(fields)
                or fields.link("link", "eventurl", "problemurl", "linktoupstreamdetails", "url"),
                "trigger": fields.link("triggerurl"),
            },
            labels=_labels(fields),
            description=fields.text("description", "alertmessage", "message", "opdata", "eventopdata"),
            source_time=fields.time("timestamp", "eventtimestamp", "lastreceived"),
            raw=fields.raw,
        )
    ]


def _status(fields: Fields, title: str) -> str:
    """A recovery first: it may carry what was done before. An update is a word about a problem, or takes note of it."""
    value = fields.line("eventvalue", "value", "triggervalue", "status")
    word = fields.status("eventstatus", "triggerstatus", "status", "state")
    if value == "0" or word == RESOLVED:
        return RESOLVED
    if fields.line("eventupdatestatus", "updatestatus") == "1":
        return ACKNOWLEDGED if "acknowledged" in fields.line("eventupdateaction", "updateaction").lower() else UPDATE
    if value == "1":
        return FIRING
    return word or (RESOLVED if re.match(r"resolved|recover|ok\b", title, re.IGNORECASE) else FIRING)


def _severity(fields: Fields) -> str | None:
    number = fields.line("eventnseverity", "nseverity", "triggernseverity", "severity")
    return _NUMBERS.get(number) or fields.severity("eventseverity", "triggerseverity", "severity", "priority")


def _event_page(fields: Fields) -> str:
    base, trigger, event = fields.link("zabbixurl"), fields.key("", "triggerid"), fields.key("", "eventid")
    if not (base and trigger.isdecimal() and event.isdecimal()):
        return base
    return f"{base.rstrip('/')}/tr_events.php?triggerid={trigger}&eventid={event}"


def _labels(fields: Fields) -> dict[str, str]:
    group = fields.line("triggerhostgroupname", "hostgroup")
    own = {"host": fields.line("hostname", "host", "hosthost"), "group": group}
    written: object = fields.get("eventtagsjson") or fields.get("eventtags") or fields.get("tags")
    written = inner_json(written) or written
    return tags(written) | {name: value for name, value in own.items() if value}
