"""Opsgenie's Alert API, for whatever sends to it: create, and what is said about an alert by its alias or id.

Format: https://docs.opsgenie.com/docs/alert-api. What is done and to which alert stands in the path, which comes as the
header `path`: /v2/alerts/<identifier>/close?identifierType=alias. The header `given-key` is the key that the door
answered for an alert without an alias.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from integrations import values
from integrations.reading import ACKNOWLEDGED, FIRING, RESOLVED, SUPPRESSED, UPDATE, Reading, Unreadable
from integrations.sources.fields import Fields, reading

TITLE = "Opsgenie Alert API"

VERBS = {"close": RESOLVED, "acknowledge": ACKNOWLEDGED, "snooze": SUPPRESSED, "create": FIRING}
_PATH = re.compile(r"v2/alerts(?:/(?P<identifier>[^/?]+)(?:/(?P<verb>[a-z]+))?)?(?=[/?]|$)", re.IGNORECASE)


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one alert of a body and its path. `config` is not used. Raises Unreadable."""
    fields = Fields(body)
    path = headers.get("path", "")
    found = _PATH.search(path)
    if found and found["identifier"]:
        return [_about(fields, path, found["identifier"], (found["verb"] or "").lower())]
    action, alert = fields.line("action").lower(), fields.part("alert")
    if alert:  # what Opsgenie's own webhooks post
        return [_alert(alert, VERBS.get(action, UPDATE))]
    if not fields.has("message", "alias"):
        raise Unreadable("There is neither a “message” to create an alert nor one's identifier in the path.")
    return [_alert(fields, FIRING, given=headers.get("given-key", ""))]


def key_of(identifier: str, kind: str) -> str:
    """The key of an alert that is named by its alias, its id or its short number."""
    prefix = {"alias": "alias:", "tiny": "tiny:"}.get(kind, "id:")
    return values.key(prefix + identifier) if values.key(identifier) else ""


def _about(fields: Fields, path: str, identifier: str, verb: str) -> Reading:
    try:
        kind = parse_qs(urlsplit(path).query).get("identifierType", ["id"])[0]
    except ValueError:
        kind = "id"
    return reading(
        key=key_of(unquote(identifier), kind),
        status=VERBS.get(verb, UPDATE),
        title=fields.line("note"),
        links={},
        description=fields.text("note"),
        raw=fields.raw,
    )


def _alert(fields: Fields, status: str, given: str = "") -> Reading:
    own = {name: fields.line(name) for name in ("entity", "source")}
    words = fields.get("tags")
    tags = ", ".join(values.line(word) for word in words[:50]) if isinstance(words, list) else values.line(words)
    return reading(
        key=fields.key("alias:", "alias") or fields.key("id:", "alertid") or given,
        status=status,
        severity=fields.severity("priority"),
        title=fields.line("message"),
        links={},
        labels=values.labels(values.labels(fields.get("details")) | own | {"tags": tags}),
        description=fields.text("description", "note", "message"),
        source_time=fields.time("createdat"),
        raw=fields.raw,
    )
