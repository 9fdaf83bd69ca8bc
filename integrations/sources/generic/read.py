"""Any JSON: fields are found by the names that monitoring tools commonly use, or by the source's own JMESPath mapping.

A mapping names an expression for any of key, status, severity, title, description, link, time, group_key, and `alerts`
for the list to read one by one. `status_map` and `severity_map` turn the sender's words into ours. A field that is
mapped is never guessed; one that is not mapped is.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from integrations import values
from integrations.reading import FIRING, RESOLVED, SEVERITIES, Reading, Unreadable

TITLE = "Generic JSON"
FIELDS = ("key", "status", "severity", "title", "description", "link", "time", "group_key")
MAX_EXPRESSION = 1_000

# Names as `_plain` writes them, best first. `id` comes late: some senders number every message with it.
_NAMES = {
    "key": "dedupkey deduplicationkey fingerprint alertuid alertkey incidentkey alertid incidentid alias uid monitorid"
    " checkid key id uuid",
    "status": "status state alertstatus alertstate currentstate eventaction eventtype action transition alerttransition"
    " alerttypefriendlyname",
    "severity": "severity level priority urgency importance importancelevel",
    "title": "title summary subject headline name alertname rulename checkname monitorfriendlyname message text"
    " description details alertdetails reason",
    "description": "description message text details body alertdetails longdescription reason summary",
    "link": "link url href alerturl incidenturl ruleurl linktoupstreamdetails clienturl weburl htmlurl permalink"
    " generatorurl externalurl monitorurl source",
    "time": "time timestamp occurredat startsat startedat createdat date eventtime",
    "group_key": "groupkey group",
}
_NAMES_OF = {field: names.split() for field, names in _NAMES.items()}
_TRUTHS = {"ok": True, "healthy": True, "up": True, "success": True, "resolved": True, "recovered": True, "isup": True}
_TRUTHS |= {"firing": False, "alert": False, "down": False, "isdown": False, "failed": False, "error": False}
_INNER = ("alert", "event", "incident", "payload", "data", "check", "monitor", "annotations", "labels", "details")
_PRIORITIES = {"1": "critical", "2": "error", "3": "warning", "4": "info", "5": "info"}


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """One reading for an object, or one for each object of a list. `config` is the mapping. Raises Unreadable."""
    mapping = config if isinstance(config, Mapping) else {}
    found = [_read_one(part, mapping) for part in _parts(body, mapping)]
    if not found:
        raise Unreadable("There is no JSON object in the body.")
    return found


def problems(config: object) -> list[tuple[str, str]]:
    """What must be put right in a mapping before it is saved, as (field, message)."""
    if not isinstance(config, Mapping):
        return [("mapping", "A mapping is an object of field names and expressions.")]
    found = []
    for name, value in config.items():
        if name in ("status_map", "severity_map"):
            allowed = SEVERITIES if name == "severity_map" else values.STATUSES
            words = set(value.values()) if isinstance(value, Mapping) and _all_text(value.values()) else {"?"}
            found += [(name, f"Use only {', '.join(allowed)}.")] if words - set(allowed) else []
        elif name not in (*FIELDS, "alerts"):
            found.append((str(name), f"Unknown field “{name}”."))
        elif value:
            try:
                _compiled(name, value)
            except Unreadable as error:
                found.append((name, error.reason))
    return found


def _parts(body: object, mapping: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if mapping.get("alerts"):
        body = _search("alerts", mapping["alerts"], body)
    elif isinstance(body, Mapping) and isinstance(body.get("alerts"), list):
        body = body["alerts"]
    parts = body if isinstance(body, list) else [body]
    return [part for part in parts if isinstance(part, Mapping) and part]


def _read_one(part: Mapping[str, Any], mapping: Mapping[str, Any]) -> Reading:
    places = _places(part)

    def candidates(field: str) -> Iterable[Any]:
        if mapping.get(field):
            return [_search(field, mapping[field], part)]
        return [place[name] for name in _NAMES_OF[field] for place in places if name in place]

    def first(field: str, clean: Any) -> Any:
        return next((value for found in candidates(field) if (value := clean(found))), None)

    status = first("status", lambda word: _mapped(word, mapping.get("status_map")) or values.status(word))
    if status is None and not mapping.get("status"):
        status = _truth(places)
    key, title = first("key", values.key) or "", first("title", values.line) or ""
    if not (key or title or status):
        raise Unreadable("No title, status or key was found. Map the fields of this source to say where they are.")
    severity = first("severity", lambda word: _mapped(word, mapping.get("severity_map")) or values.severity(word))
    if severity is None and not mapping.get("severity"):
        severity = next(
            (_PRIORITIES.get(values.line(place.get("priority"))) for place in places if "priority" in place), None
        )
    link = first("link", values.link) or ""
    return Reading(
        key=key,
        status=status or FIRING,
        severity=severity,
        title=title,
        link=link,
        links={"source": link} if link else {},
        labels=values.labels(part.get("labels") or part.get("tags")),
        description=first("description", values.text) or "",
        source_time=first("time", values.time),
        group_key=first("group_key", values.key) or "",
        raw=part,
    )


def _places(part: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The object itself and the objects in it where senders put the alert, with plainly written names."""
    outer = _plain(part)
    return [outer, *(_plain(outer[name]) for name in _INNER if isinstance(outer.get(name), Mapping))]


def _plain(part: Mapping[str, Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, value in part.items():
        named.setdefault(str(name).replace("_", "").replace("-", "").replace(" ", "").lower(), value)
    return named


def _truth(places: list[dict[str, Any]]) -> str | None:
    """The status that {"ok": false} or {"down": true} tells."""
    for place in places:
        for name, good in _TRUTHS.items():
            if isinstance(place.get(name), bool):
                return RESOLVED if place[name] is good else FIRING
    return None


def _mapped(word: object, words: object) -> str | None:
    if not isinstance(words, Mapping):
        return None
    written = str(word).lower() if isinstance(word, bool) else values.line(word)
    found = words.get(written)
    return found if isinstance(found, str) and found in (*values.STATUSES, *SEVERITIES) else None


def _search(field: str, expression: object, body: object) -> Any:
    try:
        return _compiled(field, expression).search(body)
    except (JMESPathError, TypeError, ValueError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
        raise Unreadable(f"The mapping of {field} cannot be applied: {str(error)[:200]}") from error


def _compiled(field: str, expression: object) -> Any:
    if not isinstance(expression, str) or len(expression) > MAX_EXPRESSION:
        raise Unreadable(f"The mapping of {field} is not an expression of at most {MAX_EXPRESSION} characters.")
    try:
        return jmespath.compile(expression)
    except (JMESPathError, ValueError, RecursionError) as error:
        raise Unreadable(f"The mapping of {field} is not a JMESPath expression: {str(error)[:200]}") from error


def _all_text(items: Iterable[object]) -> bool:
    return all(isinstance(item, str) for item in items)
