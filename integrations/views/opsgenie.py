"""Opsgenie's Alert API: its addresses, status codes and answers."""

import uuid
from collections.abc import Callable
from time import monotonic
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, JsonResponse

from integrations.models import Inbound, Source, State
from integrations.reading import Unreadable, load
from integrations.sources.fields import Fields
from integrations.views.dropin import MAX_BYTES, keep, safe, source_of
from lib.http import BrokenOff, TooLarge, read_body


@safe
def alerts(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The Alert API: create, what is said about one alert, and what became of a request."""
    began, receipt = monotonic(), uuid.uuid4()

    def answer(status: int, **body: Any) -> HttpResponse:
        took = {"took": round(monotonic() - began, 3), "requestId": str(receipt)}
        return JsonResponse(body | took, status=status)

    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    source = source_of(key.strip(), "opsgenie", request) if scheme == "GenieKey" else None
    if source is None:
        return answer(401, message="Could not authenticate")
    if request.method == "GET" and rest.startswith("requests/"):
        return asked_about(source, rest.removeprefix("requests/"), answer)
    if request.method not in ("POST", "PUT", "PATCH", "DELETE"):
        return answer(405, message="Method not allowed")
    try:
        raw = read_body(request, limit=MAX_BYTES) or b"{}"
        fields = Fields(load(raw))
    except TooLarge:
        return answer(413, message="The body is too large.")
    except BrokenOff:
        return answer(400, message="The body ended before it was complete.")
    except Unreadable as error:
        return answer(400, message=f"Json is invalid: {error}")
    if not rest and not fields.says("message"):
        errors = {"message": "Message can not be empty."}
        return answer(422, message="Request body is not processable. Please check the errors.", errors=errors)
    # An alias may hold slashes, which the server has unquoted: the last part alone is the verb.
    alias, _, verb = (f"{rest}/delete" if request.method == "DELETE" else rest).rpartition("/")
    query = request.META.get("QUERY_STRING", "")
    path = f"v2/alerts/{quote(alias, safe='')}/{verb}?{query}" if rest else "v2/alerts"
    keep(request, source, raw, path=path, given="" if rest else f"id:{receipt}", receipt=receipt)
    return answer(202, result="Request will be processed")


def asked_about(source: Source, receipt: str, answer: Callable[..., HttpResponse]) -> HttpResponse:
    """What became of a request, by the id that was answered to it."""
    try:
        row = Inbound.objects.filter(source=source, receipt=uuid.UUID(receipt)).defer("raw").first()
    except ValueError:
        row = None
    if row is None or row.state == State.PENDING:
        return answer(404, message="Request not found. It might not be processed, yet.")
    done = row.state != State.FAILED
    said = next((line["outcome"] for line in row.outcomes), row.reason)
    key = str(next((line["key"] for line in row.outcomes), ""))
    alias = key.removeprefix("alias:") if key.startswith("alias:") else receipt
    data = {"success": done, "isSuccess": done, "status": said, "alertId": receipt, "alias": alias}
    return answer(200, data=data | {"processedAt": row.received_at.isoformat(), "integrationId": str(source.pk)})
