"""What a source's body says, in the desk's own words. Pure: bytes in, readings out, neither Django nor the network.

A body is `load`ed under limits, then read by its source's `read(body, headers, config)`, which gives one `Reading` for
each alert in it or raises `Unreadable`, and nothing else whatever the body holds.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isinf
from typing import Any
from urllib.parse import parse_qsl

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 100
MAX_FIELDS = 1_000

FIRING, ACKNOWLEDGED, RESOLVED = "firing", "acknowledged", "resolved"
# These change no ticket; they are kept and shown.
SUPPRESSED, MAINTENANCE, PENDING, NO_DATA = "suppressed", "maintenance", "pending", "no_data"
INSUFFICIENT_DATA, UPDATE, IGNORED = "insufficient_data", "update", "ignored"
CHANGE_EVENT, SUBSCRIPTION = "change_event", "subscription_confirmation"

SEVERITIES = ("critical", "error", "warning", "info")

# Quoted strings, also an unfinished one. Possessive, so no input makes it go back over itself.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NOT_BRACKET = re.compile(r"[^\[\]{}]+")
_FORM = re.compile(r"\s*[A-Za-z_*][\w.*%+\[\]-]{0,200}=")  # no JSON begins so
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Unreadable(Exception):
    """A body that cannot be interpreted; its text is the reason, written for the person who set up the sender."""

    @property
    def reason(self) -> str:
        """Why, in a sentence."""
        return str(self)


@dataclass(frozen=True)
class Reading:
    """One alert as its sender told it.

    `key` is the sender's own identity of the alert, "" when it gave none that can be used (the intake then makes one).
    `severity` is one of SEVERITIES, or None for the source's default. `title` may be "". `link` is the best of `links`
    (name → http(s) address). `source_time` is the sender's clock: to be shown, never trusted.
    """

    key: str
    status: str = FIRING
    severity: str | None = None
    title: str = ""
    link: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    source_time: datetime | None = None
    group_key: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


def load(raw: bytes, *, max_bytes: int = MAX_BYTES) -> object:
    """Decode and parse a JSON body, or a form as an object, checking size and nesting first. Strings come out fit for
    the database: NUL removed, lone surrogates replaced. Raises Unreadable."""
    if len(raw) > max_bytes:
        raise Unreadable(f"The body has {len(raw):,} bytes; at most {max_bytes:,} are read.")
    text = raw.decode(json.detect_encoding(raw), errors="replace").removeprefix("\ufeff")
    if not text.strip("\x00 \t\r\n"):
        raise Unreadable("The body is empty.")
    if _FORM.match(text):
        return _form(text)
    _refuse_deep(text)
    try:
        body = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, strict=False)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The body is not JSON: {str(error)[:200]}.") from error
    return _clean(body) if "\\u" in text or "\x00" in text else body


def _form(text: str) -> object:
    """A form's fields as an object; of the fields that JSON is sent in ("payload={…}"), what is in it."""
    try:
        fields = dict(parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise Unreadable(f"The form has more than {MAX_FIELDS:,} fields.") from error
    if len(fields) == 1 and (only := next(iter(fields.values()))).lstrip().startswith("{"):
        return load(only.encode("utf-8", "replace"))
    return _clean(fields)


def _refuse_deep(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _NOT_BRACKET.sub("", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise Unreadable(f"The body is nested more than {MAX_DEPTH} levels deep.")


def _refuse_constant(name: str) -> None:
    raise Unreadable(f"The body holds {name}, which is not a JSON number.")


def _finite(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise Unreadable(f"The body holds {digits[:40]}, which is too large a number.")
    return number


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value.replace("\x00", ""))
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(item) for name, item in value.items()}
    return value
