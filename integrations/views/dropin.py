"""What the doors that stand in for another service's have in common: a sender changes the host and the key.

The key is the token of a source of that kind. A body is stored as it came, then answered; the worker does the rest.
"""

import logging
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from integrations import inbound, proof
from integrations.models import Door, Inbound, Source
from integrations.views.receive import BY_DIGEST, KEPT, kept
from lib import crypto
from lib.http import BrokenOff, TooLarge, client_ip, kept_headers

log = logging.getLogger(__name__)
MAX_BYTES = 1024 * 1024  # PagerDuty takes half of it
View = Callable[..., HttpResponse]


def safe(view: View) -> View:
    """A door for machines: POST only, no cookie, and an answer in JSON whatever happens."""

    @csrf_exempt
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except TooLarge:
            return JsonResponse({"status": "Request Entity Too Large", "message": "The body is too large."}, status=413)
        except BrokenOff:
            return JsonResponse({"status": "invalid event", "message": "The body ended early."}, status=400)
        except (DatabaseError, InterfaceError):
            log.exception("an event could not be stored")
            answer = {"status": "error", "message": "It could not be stored. Send it again."}
            return JsonResponse(answer, status=503, headers={"Retry-After": "5"})

    return inner


def source_of(token: str, kind: str, request: HttpRequest) -> Source | None:
    """The source of that kind that has this token and takes from this address."""
    source = BY_DIGEST.find(crypto.digest(token)) if token else None
    if source is None or source.kind != kind or not proof.may_send_from(source, client_ip(request)):
        return None
    return source


def keep(request: HttpRequest, source: Source, body: bytes, *, path: str, given: str, receipt: uuid.UUID) -> Inbound:
    """Store a body; `given` is the key that we answer for one without a key of its own."""
    return inbound.store(
        door=Door.ALERT, raw=body, at=timezone.now(), source=source, receipt=receipt, path=kept(path, 200),
        content_type=kept(request.META.get("CONTENT_TYPE", ""), 120), remote_ip=client_ip(request),
        headers=kept_headers(request, KEPT) | {"path": kept(path, 4_000)} | ({"given-key": given} if given else {}),
    )  # fmt: skip
