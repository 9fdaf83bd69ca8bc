"""`Idempotency-Key`: a POST that is sent again gets the answer it got, and is not done again.

The key is claimed by a row of its own, so that a second one sees the first at work; the answer is kept in the very
transaction that did it. (draft-ietf-httpapi-idempotency-key-header: 422 for another body, 409 while the first runs.)
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import IdempotentRequest
from lib.api import ApiView, Conflict, Unprocessable
from lib.http import client_ip

ABANDONED = timedelta(minutes=2)  # longer than any request lives: whoever claimed it was killed
KEPT = ("Location", "ETag")
Method = Callable[..., Response]


def idempotent(method: Method) -> Method:
    """For a view's `post`: honours the header when it is there."""

    @wraps(method)
    def post(view: ApiView, request: Request, *args: Any, **kwargs: Any) -> Response:
        if "Idempotency-Key" not in request.headers:
            return method(view, request, *args, **kwargs)
        mine, answered = claim(request, at=timezone.now())
        if answered is not None:
            return answered
        try:
            with transaction.atomic():
                response = method(view, request, *args, **kwargs)
                body = JSONRenderer().render(response.data).decode()
                kept = {"body": body, "headers": {name: response[name] for name in KEPT if name in response}}
                IdempotentRequest.objects.filter(pk=mine.pk).update(status=response.status_code, body=kept)
        except BaseException:  # whatever it was, the key is free again: nothing was done
            IdempotentRequest.objects.filter(pk=mine.pk, status=None).delete()
            raise
        return response

    return post


def claim(request: Request, *, at: datetime) -> tuple[IdempotentRequest, Response | None]:
    """(the claimed row, None), or (the earlier row, the answer it got). Raises Conflict, Unprocessable."""
    key = request.headers["Idempotency-Key"]
    if not (1 <= len(key) <= 200 and key.isprintable()):
        raise ValidationError({"Idempotency-Key": ["Between 1 and 200 printable characters."]})
    owner = f"user:{request.user.pk}" if request.user.is_authenticated else f"ip:{client_ip(request)}"
    said = f"{request.method} {request.path}\n".encode() + request.body
    row = IdempotentRequest(owner=owner, key=key, fingerprint=hashlib.sha256(said).hexdigest(), created_at=at)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
        return row, None
    except IntegrityError:
        first = IdempotentRequest.objects.filter(owner=owner, key=key).first()
    if first is None:  # the first one failed this very moment
        raise Conflict
    if first.fingerprint != row.fingerprint:
        raise Unprocessable("This Idempotency-Key was used for another request.")
    if first.status is None:
        again = IdempotentRequest.objects.filter(pk=first.pk, status=None, created_at__lt=at - ABANDONED)
        if again.update(created_at=at):
            return first, None
        raise Conflict("The first request with this Idempotency-Key is still at work.")
    kept: dict[str, Any] = first.body or {}
    answer = Response(json.loads(kept["body"]), status=first.status, headers={"Idempotent-Replayed": "true"})
    for name, value in kept["headers"].items():
        answer[name] = value
    return first, answer
