"""Single values of foreign bodies turned into ours: text, keys, addresses, times, words for status and severity.

Every function takes whatever JSON can hold and answers; none raises.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from integrations import reading

MAX_TITLE = 250
MAX_TEXT = 100_000
MAX_LINK = 2_000
MAX_KEY = 255
MAX_LABELS = 100

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LINK = re.compile(r"https?://[^\s<>\"'`\\]+", re.IGNORECASE)
# Variables that the template left as they were: {{ x }} ${x} {EVENT.ID} {$X} {#X} <no value> $ALERT_ID %X% *x*.
_VARIABLE = re.compile(
    r"\{\{.*?\}\}|\$\{[^}]*\}|\{[#$]?[A-Za-z_][\w.:]*\}|<no value>"
    r"|\$(?!LATEST\b)[A-Z][A-Z0-9_]+|^\$[A-Za-z_][\w.]*$|^%[A-Za-z_][\w.]*%$|^\*[A-Za-z]\w*\*$",
    re.DOTALL,
)
_NOTHING = {"", "null", "none", "nil", "undefined", "n/a", "[no value]"}

_STATUS_WORDS = {
    reading.FIRING: "firing fire alerting alert alarm active activated open opened reopened trigger triggered"
    " retriggered problem down offline critical crit error err fail failed failing failure warning warn new created"
    " raised started unhealthy unavailable degraded outage bad breached",
    reading.ACKNOWLEDGED: "acknowledged acknowledge ack acked",
    reading.RESOLVED: "resolved resolve ok okay recovered recovery recover closed close cleared clear normal up online"
    " healthy inactive deactivated solved fixed success successful succeeded pass passed passing good green ended"
    " available operational",
    reading.SUPPRESSED: "suppressed silenced muted snoozed inhibited paused",
    reading.MAINTENANCE: "maintenance downtime",
    reading.PENDING: "pending",
    reading.NO_DATA: "nodata",
    reading.INSUFFICIENT_DATA: "insufficientdata",
    reading.UPDATE: "update updated",
    reading.IGNORED: "ignored ignore",
}
STATUSES = tuple(_STATUS_WORDS)
_STATUSES = {word: status for status, words in _STATUS_WORDS.items() for word in words.split()}

_SEVERITY_WORDS = {
    "critical": "critical crit fatal emergency emerg disaster page blocker panic p1 sev1 s1 highest",
    "error": "error err high major severe urgent p2 sev2 s2",
    "warning": "warning warn average medium moderate minor p3 sev3 s3",
    "info": "info informational information notice low lowest debug trivial p4 p5 sev4 sev5 s4",
}
_SEVERITIES = {word: severity for severity, words in _SEVERITY_WORDS.items() for word in words.split()}


def text(value: object, limit: int = MAX_TEXT) -> str:
    """A scalar as clean text of at most `limit` characters; "" for anything else and for a bare template variable."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, int) and value.bit_length() > 1_000:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    written = _CONTROL.sub("", str(value)[: limit * 2]).strip()
    return "" if len(written) < 200 and _VARIABLE.fullmatch(written) else written[:limit]


def line(value: object, limit: int = MAX_TITLE) -> str:
    """The first line of a text that says something, with single blanks."""
    for one in text(value).splitlines():
        if short := " ".join(one.split()):
            return short[:limit]
    return ""


def key(value: object) -> str:
    """A sender's key; "" when there is none or a template variable in it was never filled in. Long ones are hashed."""
    written = text(value)
    if written.lower() in _NOTHING or _VARIABLE.search(written[:5_000]):
        return ""
    return written if len(written) <= MAX_KEY else "sha256:" + sha256(written.encode()).hexdigest()


def key_of_group(value: object) -> str:
    """A group's key as it stands: braces are ordinary in it. Long ones are hashed."""
    written = text(value)
    return written if len(written) <= MAX_KEY else "sha256:" + sha256(written.encode()).hexdigest()


def link(value: object) -> str:
    """An http(s) address; "" for everything else, `javascript:` among it."""
    written = text(value)
    return written if len(written) <= MAX_LINK and _LINK.fullmatch(written) else ""


def labels(value: object) -> dict[str, str]:
    """An object's scalar members as text, at most 100."""
    if not isinstance(value, Mapping):
        return {}
    found = {line(name, 100): _label(item) for name, item in list(value.items())[:MAX_LABELS]}
    return {name: item for name, item in found.items() if name and item}


def time(value: object) -> datetime | None:
    """ISO 8601 text or seconds/milliseconds since 1970 as an aware instant; None when it is neither. A text without an
    offset is taken as UTC; years before 1970 are how some senders write "not yet"."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            at = datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
        else:
            at = datetime.fromisoformat(text(value, 64))
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.year >= 1970 else None


def severity(value: object) -> str | None:
    """critical, error, warning or info for a word that means it; None for any other."""
    return _SEVERITIES.get(_squeezed(line(value, 60)))


def status(value: object) -> str | None:
    """Our word for a sender's status ("Alarm", "INCIDENT_ACKNOWLEDGED", "[Recovered]"); None when it is not one."""
    written = line(value, 100)
    if found := _STATUSES.get(_squeezed(written)):
        return found
    words = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", written).lower())
    if len(words) > 4 or {"not", "no", "un", "non", "never"} & set(words):
        return None
    return next((_STATUSES[word] for word in reversed(words) if word in _STATUSES), None)


def _label(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value, 1_000)


def _squeezed(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())
