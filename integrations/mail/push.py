"""Mail that a provider posts to us: the raw bytes, whichever way they are wrapped.

As they are (message/rfc822, or any type that is no envelope) · Mailgun: the field `body-mime` of a form ·
SendGrid: `email` of a form · Postmark: `RawEmail` in JSON · Amazon SES through SNS: `content` in the JSON string
`Message`, as text or Base64.
"""

import base64
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from integrations.mail import headers

FIELDS = ("body-mime", "email")
PARTS = 500
_BOUNDARY = re.compile(r'boundary="?([^";,]{1,200})', re.IGNORECASE)
_NAME = re.compile(r'(?:^|;)\s*name="?([^";]*)', re.IGNORECASE)


class Unfit(ValueError):
    """There is no raw mail in it; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Not a mail: a topic of Amazon's asks whether it may send. Somebody opens `url`."""

    url: str


def unpack(body: bytes, content_type: str) -> bytes | Confirm:
    """The mail in a posted body. Raises Unfit."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return from_form(parts_of(body, content_type))
    if kind == "application/x-www-form-urlencoded":
        return from_form(pairs_of(body))
    if kind == "application/json" or (kind == "text/plain" and body.lstrip()[:1] == b"{"):
        return from_json(body)
    if not body.strip():
        raise Unfit("The body is empty.")
    return body


def from_form(fields: dict[str, bytes]) -> bytes:
    """The raw mail among the fields of a form. Raises Unfit."""
    for name in FIELDS:
        if fields.get(name, b"").strip():
            return fields[name]
    raise Unfit("The form has no field body-mime (Mailgun: the address must end in /mime) or email (SendGrid: raw).")


def parts_of(body: bytes, content_type: str) -> dict[str, bytes]:
    """The fields of a multipart form to the byte; the first of each name."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise Unfit("The form names no boundary.")
    fields: dict[str, bytes] = {}
    line = b"--" + found[1].strip().encode("utf-8", "replace")
    for part in (b"\r\n" + body).split(b"\r\n" + line, PARTS)[1:]:
        if part.startswith(b"--"):
            break
        head, start = headers.read(part)
        named = _NAME.search(" ".join(head.unicode("content-disposition")))
        if named and named[1] in FIELDS:
            fields.setdefault(named[1], part[start:])
    return fields


def pairs_of(body: bytes) -> dict[str, bytes]:
    """The fields of a plain form to the byte."""
    fields: dict[str, bytes] = {}
    for pair in body.split(b"&", PARTS):
        name, _, value = pair.partition(b"=")
        plain = unquote_to_bytes(name).decode("utf-8", "replace")
        if plain in FIELDS:
            fields.setdefault(plain, unquote_to_bytes(value.replace(b"+", b" ")))
    return fields


def from_json(body: bytes) -> bytes | Confirm:
    """The raw mail in Postmark's or Amazon's JSON. Raises Unfit."""
    said = loaded(body)
    if isinstance(said.get("RawEmail"), str) and said["RawEmail"]:
        return octets(said["RawEmail"])
    if said.get("Type") == "SubscriptionConfirmation":
        return Confirm(str(said.get("SubscribeURL", ""))[:2000])
    inner = loaded(said["Message"].encode("utf-8", "replace")) if isinstance(said.get("Message"), str) else said
    content = inner.get("content")
    if isinstance(content, str) and content.strip():
        return from_base64(content) or octets(content)
    raise Unfit("The JSON has no RawEmail (Postmark: include the raw content) and no content (Amazon SES).")


def loaded(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises Unfit."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unfit("The body is not JSON.") from error
    if not isinstance(said, dict):
        raise Unfit("The body is not a JSON object.")
    return said


def octets(text: str) -> bytes:
    """The bytes of a mail that travelled as text."""
    return text.encode("utf-8", "replace")


def from_base64(text: str) -> bytes:
    """The bytes, or b"" when it is not Base64: a mail's first line has a colon, which Base64 has not."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        return b""
