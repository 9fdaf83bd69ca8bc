"""Small words of HTTP: who asks, the body as it came, errors as problem documents."""

import ipaddress
import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from gunicorn.http.errors import ParseException

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


DRAINED, CHUNK = 64 * 1024 * 1024, 256 * 1024


class TooLarge(ValueError):
    """The body is larger than was allowed."""


class BrokenOff(ValueError):
    """The body ended before it was whole, or its chunks are no chunks."""


def client_ip(request: HttpRequest) -> str | None:
    """The caller's address; behind a trusted proxy, the one that the proxy saw. None when there is none (a socket)."""
    given = request.META.get("REMOTE_ADDR", "")
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        given = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or given
    try:
        return str(ipaddress.ip_address(given.partition("%")[0]))
    except ValueError:
        return None


def read_body(request: HttpRequest, *, limit: int) -> bytes:
    """The raw body, also when it comes in chunks without a length. Raises TooLarge; BrokenOff when it is not whole."""
    length = request.META.get("CONTENT_LENGTH") or ""
    declared = int(length) if length.isdecimal() else 0
    # Without a length Django itself reads nothing; gunicorn ends the stream where the last chunk does.
    stream = request.META["wsgi.input"] if not declared and "HTTP_TRANSFER_ENCODING" in request.META else request
    try:
        if declared > limit:
            drain(stream)
            raise TooLarge
        body: bytes = stream.read(limit + 1)
        if len(body) > limit:
            drain(stream)
            raise TooLarge
    except (OSError, ParseException) as error:
        raise BrokenOff from error
    if len(body) < declared:
        raise BrokenOff
    return body


def drain(stream: Any) -> None:
    """Read on and forget: a sender that still sends when we hang up never sees the answer. Bounded."""
    for _ in range(DRAINED // CHUNK):
        if not stream.read(CHUNK):
            return


def kept_headers(request: HttpRequest, names: Iterable[str]) -> dict[str, str]:
    """Those headers that are worth keeping, by lower-case name, cleaned and cut; never a secret unless it is named."""
    found = {name: _CONTROL.sub("", request.headers.get(name, ""))[:500] for name in names}
    return {name: value for name, value in found.items() if value}


def problem(status: int, title: str, *, detail: str = "", **headers: str) -> JsonResponse:
    """An RFC 9457 problem document, for views that are not of the API framework."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JsonResponse(body, status=status, content_type="application/problem+json", headers=named)
