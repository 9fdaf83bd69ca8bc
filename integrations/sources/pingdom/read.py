"""Pingdom's webhook, for uptime and transaction checks.

Format: https://www.pingdom.com/resources/webhooks/:
`current_state` is UP or DOWN, of transactions SUCCESS or FAILING.
"""

from collections.abc import Mapping
from typing import Any

from integrations import values
from integrations.reading import FIRING, NO_DATA, PENDING, SUPPRESSED, Reading, Unreadable
from integrations.sources.fields import Fields, reading, tags

TITLE = "Pingdom"

_STATES = {"unknown": NO_DATA, "unconfirmed_down": PENDING, "paused": SUPPRESSED}
_IMPORTANCE = {"high": "critical", "low": "warning"}


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one check of a body. `config` is not used. Raises Unreadable."""
    fields = Fields(body)
    if not fields.has("checkid", "currentstate", "checkname"):
        raise Unreadable("Pingdom sends “check_id”, “check_name” and “current_state”; none is there.")
    params, probe = fields.part("checkparams"), fields.part("firstprobe")
    own = {"host": params.line("hostname"), "type": fields.line("checktype"), "probe": probe.line("location")}
    return [
        reading(
            key=fields.key("check:", "checkid"),
            status=_STATES.get(fields.line("currentstate").lower()) or fields.status("currentstate") or FIRING,
            severity=_IMPORTANCE.get(fields.line("importancelevel").lower()),
            title=fields.line("checkname"),
            links={"source": params.link("fullurl", "url")},
            labels=tags(fields.get("tags")) | values.labels(own),
            description=fields.text("longdescription", "description"),
            source_time=fields.time("statechangedtimestamp", "statechangedutctime"),
            raw=fields.raw,
        )
    ]
