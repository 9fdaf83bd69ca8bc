"""Healthchecks: its webhook, whose body people write from $CODE, $NAME, $STATUS …, and its PagerDuty-like events.

Format: https://healthchecks.io/docs/configuring_notifications/ – $JSON is the check as its own API shows it.
"""

from collections.abc import Mapping
from typing import Any

from integrations import values
from integrations.reading import FIRING, PENDING, RESOLVED, SUPPRESSED, UPDATE, Reading, Unreadable
from integrations.sources.fields import Fields, inner_json, reading, tags

TITLE = "Healthchecks"

_STATES = {
    "down": FIRING, "up": RESOLVED, "grace": PENDING, "new": PENDING, "paused": SUPPRESSED, "started": UPDATE,
}  # fmt: skip
_KNOWN = ("incidentkey", "code", "uuid", "checkid", "uniquekey", "pingurl", "slug", "check")


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one check of a body. `config` is not used. Raises Unreadable."""
    outer = Fields(body)
    check = outer.part("check") or outer.part("json") or Fields(inner_json(outer.get("json")))
    fields = Fields(dict(check.raw) | dict(outer.raw)) if check else outer
    if not (fields.has(*_KNOWN) or (fields.has("name") and fields.has("status"))):
        raise Unreadable("None of “code”, “uuid”, “incident_key” and “status” is there.")
    word = fields.line("status", "newstatus", "eventtype")
    return [
        reading(
            key=fields.key("", "incidentkey", "code", "uuid", "checkid", "uniquekey") or _at_end(fields),
            status=_STATES.get(word.lower()) or values.status(word) or FIRING,
            title=fields.line("title", "name", "checkname", "check", "description", "slug"),
            links={"source": fields.link("clienturl", "detailsurl", "url", "link")},
            labels=tags(values.line(fields.get("tags")).replace(" ", ",")),
            description=fields.text("description", "desc", "message", "body"),
            source_time=fields.time("now", "date", "timestamp"),
            raw=outer.raw,
        )
    ]


def _at_end(fields: Fields) -> str:
    """The check's id at the end of its ping address, else its slug or name."""
    address = fields.link("pingurl", "updateurl")
    return values.key(address.rstrip("/").rpartition("/")[2]) or fields.key("", "slug", "name")
