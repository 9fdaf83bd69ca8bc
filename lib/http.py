"""Small words of HTTP: who asks, the body as it came, errors as problem documents."""

import ipaddress
import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class TooLarge(ValueError):
    """The body is larger than was allowed."""


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
    """The raw body, also when it comes in chunks without a length. Raises TooLarge; OSError when it broke off."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and int(length) > 0:
        if int(length) > limit:
            raise TooLarge
        return request.read(limit + 1)
    if request.META.get("wsgi.input_terminated") and "HTTP_TRANSFER_ENCODING" in request.META:
        body = request.META["wsgi.input"].read(limit + 1)  # Django itself reads nothing without a length
        if len(body) > limit:
            raise TooLarge
        return body
    return b""


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
