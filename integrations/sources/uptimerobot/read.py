"""UptimeRobot's webhook alert contact: JSON, a form, or the query of a POST, with its *variables* as names.

Format: https://uptimerobot.com/integrations/webhooks/ – alertType 1 is down, 2 up, 3 an expiring certificate.
"""

from collections.abc import Mapping
from typing import Any

from integrations import values
from integrations.reading import FIRING, RESOLVED, SUPPRESSED, UPDATE, Reading, Unreadable
from integrations.sources.fields import Fields, reading, tags

TITLE = "UptimeRobot"

_TYPES = {"0": SUPPRESSED, "1": FIRING, "2": RESOLVED, "3": FIRING, "98": UPDATE, "99": UPDATE}

_WORDS = {"down": FIRING, "up": RESOLVED, "paused": SUPPRESSED, "started": UPDATE}


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one monitor of a body. `config` is not used. Raises Unreadable."""
    fields = Fields(body)
    if not fields.has("monitorid", "alerttype", "monitorfriendlyname", "alerttypefriendlyname"):
        raise Unreadable("UptimeRobot sends “monitorID”, “monitorFriendlyName” and “alertType”; none is there.")
    word, number = fields.line("alerttypefriendlyname"), fields.line("alerttype")
    certificate = number == "3" or "ssl" in word.lower()
    key = fields.key("monitor:", "monitorid")
    return [
        reading(
            # An expiring certificate is another matter than being down: "up" does not end it.
            key=f"{key}:certificate" if key and certificate else key,
            status=FIRING if certificate else _WORDS.get(word.lower()) or _TYPES.get(number, FIRING),
            severity="warning" if certificate else None,
            title=fields.line("monitorfriendlyname", "monitorurl"),
            links={"source": fields.link("monitorurl")},
            labels=tags(fields.get("monitortags")) | values.labels({"group": fields.line("monitorgroup")}),
            description=fields.text("alertdetails", "sslexpirydate"),
            source_time=fields.time("alertdatetime"),
            raw=fields.raw,
        )
    ]
