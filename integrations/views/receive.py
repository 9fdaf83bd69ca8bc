"""The door of alerts: stores the raw body, answers with a receipt; the worker does the rest."""

import logging

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from integrations import inbound, proof
from integrations.models import Door, Source
from integrations.reading import MAX_BYTES
from lib import crypto
from lib.http import BrokenOff, TooLarge, client_ip, kept_headers, problem, read_body
from lib.rows import ByKey

log = logging.getLogger(__name__)
BY_DIGEST = ByKey(lambda: Source.objects.only("is_active", "kind", "secret", "networks"), "token_digest", "0" * 64)
KEPT = (
    "user-agent", "content-encoding", "x-request-id", "x-amz-sns-message-type", "x-amz-sns-topic-arn",
    "sentry-hook-resource", "sentry-hook-timestamp", "x-grafana-alerting-signature", "x-zabbix-event",
)  # fmt: skip


@csrf_exempt
def receive(request: HttpRequest, token: str, rest: str = "") -> HttpResponse:
    """202 and a receipt for whatever is sent to a known address; else a problem document."""
    if request.method != "POST":
        return problem(405, "Alerts are posted here.", Allow="POST")
    try:
        source = BY_DIGEST.find(crypto.digest(token))
        if source is None:
            return problem(404, "No source has this address.")
        ip = client_ip(request)
        if not proof.may_send_from(source, ip):
            return problem(403, "This source takes nothing from your address.")
        body = read_body(request, limit=MAX_BYTES)
        if not body and request.META.get("QUERY_STRING"):  # some senders put their form there
            body = request.META["QUERY_STRING"].encode("utf-8", "replace")
        if why := proof.why_refused(source, body, request.headers):
            return problem(401, why)
        row = inbound.store(
            door=Door.ALERT,
            raw=body,
            at=timezone.now(),
            source=source,
            path=kept(rest, 200),
            content_type=kept(request.META.get("CONTENT_TYPE", ""), 120),
            headers=kept_headers(request, KEPT),
            remote_ip=ip,
        )
    except TooLarge:
        return problem(413, f"At most {MAX_BYTES // 1024 // 1024} MB are taken.")
    except BrokenOff:
        return problem(400, "The body ended before it was complete.")
    except (DatabaseError, InterfaceError):
        log.exception("an alert could not be stored")
        return problem(503, "The desk cannot store anything right now. Send it again.", Retry_After="5")
    return JsonResponse({"receipt": str(row.receipt), "state": row.state}, status=202)


def kept(text: str, limit: int) -> str:
    """Text that the database takes."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:limit]
