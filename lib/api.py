"""The frame of the API: strict input, limits before parsing, pages by cursor, versions, errors that name the field."""

import base64
import binascii
import json
import threading
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import IO, Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.views import APIView

from lib.http import drain
from lib.rows import ByKey

MAX_BODY = 10 * 1024 * 1024
LIMIT, MAX_LIMIT = 25, 100


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "This is being done right now."


class Unprocessable(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = "This does not fit what is there."


class PreconditionFailed(APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "It has changed since you read it. Read it again, then decide."


class BodyTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"At most {MAX_BODY // 1024 // 1024} MB are taken."


class SafeJSONParser(JSONParser):
    """JSON, refused with a reason also where Python would run out of stack or the database could not store it."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise BodyTooLarge
        try:
            found = super().parse(BytesIO(raw), media_type, parser_context)
            if b"\\ud" in raw.lower():  # half a character can be written in JSON, but neither stored nor answered
                json.dumps(found, ensure_ascii=False).encode()
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error
        except UnicodeEncodeError as error:
            raise ParseError("The body holds half of a character (a lone surrogate).") from error
        return found


class StrictSerializer(serializers.Serializer):
    """Refuses fields that it does not know, so that a misspelt one is never silently dropped."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := [str(name)[:100] for name in data if name not in self.fields]):
            raise ValidationError({name: ["Unknown field."] for name in unknown[:20]})
        return super().to_internal_value(data)


class ApiView(APIView):
    """Every resource's base."""

    parser_classes = [SafeJSONParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > MAX_BODY:
            drain(request._request)
            raise BodyTooLarge
        super().initial(request, *args, **kwargs)

    def read(self, serializer: type[serializers.Serializer[Any]], **context: Any) -> dict[str, Any]:
        """The body through its serializer. Raises ValidationError."""
        return read(serializer, self.request.data, request=self.request, **context)


class Kept(threading.local):
    """Serializers of this thread. DRF copies every field of a serializer each time one is made, which costs several
    times what reading a body with it does; one that is kept has only its context changed."""

    def __init__(self) -> None:
        self.made: dict[type[serializers.BaseSerializer[Any]], Any] = {}

    def of(self, serializer: type[serializers.BaseSerializer[Any]], **context: Any) -> Any:
        found = self.made.get(serializer)
        if found is None:
            found = self.made[serializer] = serializer()
        found._context = context
        return found


kept = Kept()


def read(serializer: type[serializers.Serializer[Any]], data: Any, **context: Any) -> dict[str, Any]:
    """What the serializer makes of `data`. Raises ValidationError."""
    try:
        return dict(kept.of(serializer, **context).run_validation(data))
    finally:
        kept.of(serializer)


def said(serializer: type[serializers.BaseSerializer[Any]], row: Any, **context: Any) -> Any:
    """A row as the serializer says it."""
    try:
        return kept.of(serializer, **context).to_representation(row)
    finally:
        kept.of(serializer)


class KeyField(serializers.SlugRelatedField):
    """Names a row by its key, found through a query that is compiled once."""

    def __init__(self, rows: ByKey[Any], **kwargs: Any) -> None:
        super().__init__(rows.field, queryset=rows.rows(), **kwargs)
        self.by_key = rows

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or "\0" in data:
            self.fail("invalid")
        found = self.by_key.find(data)
        if found is None:
            self.fail("does_not_exist", slug_name=self.slug_field, value=data)
        return found


def only(query: QueryDict, *names: str) -> None:
    """Raise unless every query parameter is one of `names`."""
    if unknown := [name for name in query if name not in names]:
        raise ValidationError({name[:100]: ["Unknown parameter."] for name in unknown[:20]})


def limit_of(query: QueryDict) -> int:
    """`?limit=` of a page: 1 to 100, 25 by default."""
    given = query.get("limit", str(LIMIT))
    if not (given.isascii() and given.isdecimal() and 1 <= int(given[:9]) <= MAX_LIMIT):
        raise ValidationError({"limit": [f"From 1 to {MAX_LIMIT}."]})
    return int(given)


def link(request: Request, **changes: str) -> str | None:
    """This address with other query parameters, from the configured base; None without a cursor."""
    if not changes.get("cursor"):
        return None
    query = {**{name: request.query_params.getlist(name) for name in request.query_params}, **changes}
    return f"{settings.BASE_URL}{request.path}?{urlencode(query, doseq=True)}"


def history_page(request: Request, rows: "QuerySet[Any]") -> tuple[list[Any], str | None]:
    """(one page, the next page's address) of rows that have `at` and `id`, oldest first."""
    limit, cursor = limit_of(request.query_params), request.query_params.get("cursor", "")
    if cursor:
        at, pk = _read_cursor(cursor)
        rows = rows.filter(at__gte=at).exclude(at=at, id__lte=pk)
    found = list(rows.order_by("at", "id")[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    packed = base64.urlsafe_b64encode(json.dumps([last.at.isoformat(), last.pk]).encode()).decode()
    return found[:limit], link(request, cursor=packed)


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        given, pk = json.loads(base64.urlsafe_b64decode(cursor[:300].encode("ascii")))
        at = parse_datetime(given)
        if at is None or at.tzinfo is None or not isinstance(pk, int) or not 0 <= pk < 2**63:
            raise ValueError
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise ValidationError({"cursor": ["This is no cursor of ours."]}) from error
    return at, pk


def etag(version: object) -> str:
    return f'"{version}"'


def must_match(request: Request, version: object) -> None:
    """Raise PreconditionFailed when If-Match names another version than this one."""
    wanted = request.headers.get("If-Match", "").strip()
    if wanted and wanted != "*" and etag(version) not in [tag.strip() for tag in wanted.split(",")]:
        raise PreconditionFailed
