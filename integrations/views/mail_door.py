"""The door of pushed mail: `POST /api/v1/mailboxes/<token>`. Stored, answered with a receipt, interpreted later."""

import logging

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from integrations.mail import intake, push
from integrations.models import Inbound, Mailbox, State
from lib.http import BrokenOff, TooLarge, client_ip, problem, read_body

log = logging.getLogger(__name__)
WRAPPED = 2  # a form or JSON around a mail makes it that much larger at most


@csrf_exempt
def receive(request: HttpRequest, token: str, rest: str = "") -> HttpResponse:
    """202 and a receipt for a mail posted to a known address; else a problem document. `rest` is for providers that
    decide by the end of an address what they send."""
    if request.method != "POST":
        return problem(405, "Mail is posted here.", Allow="POST")
    try:
        mailbox = Mailbox.objects.of_token(token).first()
        if mailbox is None:
            return problem(404, "No mailbox has this address.")
        return take(request, mailbox)
    except BrokenOff:
        return problem(400, "The body ended before it was complete.")
    except (DatabaseError, InterfaceError):
        log.exception("a mail could not be stored")
        return problem(503, "The desk cannot store anything right now. Send it again.", Retry_After="5")


def take(request: HttpRequest, mailbox: Mailbox) -> HttpResponse:
    """Unwrap and store."""
    limit, at, ip = settings.MAIL_MAX_BYTES, timezone.now(), client_ip(request)
    try:
        body = read_body(request, limit=limit * WRAPPED)
        raw = push.unpack(body, request.META.get("CONTENT_TYPE", ""))
    except TooLarge:
        declared = request.META.get("CONTENT_LENGTH") or ""
        return refuse(mailbox, b"", size=int(declared) if declared.isdecimal() else limit * WRAPPED, ip=ip)
    except push.Unfit as error:
        return problem(422, str(error))
    if isinstance(raw, push.Confirm):
        why = f"Amazon asks whether its topic may send here. Open this address to say yes: {raw.url}"
        row, _ = intake.store_unfit(mailbox, body, at, why=why, via="http", state=State.IGNORED, remote_ip=ip)
        return receipt(row)
    if len(raw) > limit:
        return refuse(mailbox, raw[: 64 * 1024], size=len(raw), ip=ip)
    row, _ = intake.store(mailbox, raw, at, via="http", remote_ip=ip)
    return receipt(row)


def refuse(mailbox: Mailbox, head: bytes, *, size: int, ip: str | None) -> HttpResponse:
    """Too large: the sender is told, and so is the desk."""
    why = intake.too_large(size, settings.MAIL_MAX_BYTES)
    intake.store_unfit(mailbox, head, timezone.now(), why=why, size=size, via="http", remote_ip=ip)
    return problem(413, why)


def receipt(row: Inbound) -> HttpResponse:
    """202: it is ours now. The same mail sent again gets the same receipt."""
    return JsonResponse({"receipt": str(row.receipt), "state": row.state}, status=202)
