"""`Idempotency-Key`: a POST that is sent again gets the answer it got, and is not done again.

The key is locked while its first request is at work, and the answer is kept in the very transaction that did it: who is
killed on the way leaves nothing behind. (draft-ietf-httpapi-idempotency-key-header: 422 for another body, 409 while the
first runs.)
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import IdempotentRequest
from lib import rows
from lib.api import ApiView, Conflict, Unprocessable
from lib.http import client_ip

KEPT = ("Location", "ETag")
Method = Callable[..., Response]


def idempotent(method: Method) -> Method:
    """For a view's `post`: honours the header when it is there."""

    @wraps(method)
    def post(view: ApiView, request: Request, *args: Any, **kwargs: Any) -> Response:
        if "Idempotency-Key" not in request.headers:
            return method(view, request, *args, **kwargs)
        with transaction.atomic():
            mine = asked(request, at=timezone.now())
            answered = earlier(mine)
            if answered is not None:
                return answered
            response = method(view, request, *args, **kwargs)
            body = JSONRenderer().render(response.data).decode()
            mine.status = response.status_code
            mine.body = {"body": body, "headers": {name: response[name] for name in KEPT if name in response}}
            try:
                rows.insert([mine])
            except IntegrityError as error:  # answered while we looked: this one is undone
                raise Conflict from error
        return response

    return post


def asked(request: Request, *, at: datetime) -> IdempotentRequest:
    """Whose key it is, and what was said under it. Raises ValidationError."""
    key = request.headers["Idempotency-Key"]
    if not (1 <= len(key) <= 200 and key.isprintable()):
        raise ValidationError({"Idempotency-Key": ["Between 1 and 200 printable characters."]})
    owner = f"user:{request.user.pk}" if request.user.is_authenticated else f"ip:{client_ip(request)}"
    said = f"{request.method} {request.path}\n".encode() + request.body
    return IdempotentRequest(owner=owner, key=key, fingerprint=hashlib.sha256(said).hexdigest(), created_at=at)


def earlier(mine: IdempotentRequest) -> Response | None:
    """The answer that this key got before; None when it is new, and locked until the transaction ends. Raises Conflict,
    Unprocessable."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0)), fingerprint, status, body"
            " FROM (SELECT) AS one LEFT JOIN accounts_idempotentrequest ON owner = %s AND key = %s",
            [f"{mine.owner} {mine.key}", mine.owner, mine.key],
        )
        locked, fingerprint, status, body = cursor.fetchone()
    if fingerprint is None:
        if not locked:
            raise Conflict("The first request with this Idempotency-Key is still at work.")
        return None
    if fingerprint != mine.fingerprint:
        raise Unprocessable("This Idempotency-Key was used for another request.")
    kept: dict[str, Any] = json.loads(body)
    answer = Response(json.loads(kept["body"]), status=status, headers={"Idempotent-Replayed": "true"})
    for name, value in kept["headers"].items():
        answer[name] = value
    return answer
