"""Forms, by page or by JSON: the same intake, stored first, then made a ticket."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.actions.people import requester_for
from accounts.models import User
from catalog.models import Component, Site
from files.models import File
from integrations.models import Inbound, State
from tickets.actions.opening import NewTicket, open_ticket
from tickets.errors import Refused
from tickets.models import Channel, Form, Ticket, TicketKind

HOUR = timedelta(hours=1)


def pack(*, fields: Mapping[str, Any], form: Form | None, user: User | None, files: Sequence[File] = ()) -> bytes:
    """The submission as it is stored: plain JSON, so that it can be read and replayed."""
    packed = {
        "form": form.slug if form else "",
        "kind": fields.get("kind") or (form.kind if form else TicketKind.INCIDENT),
        "site": fields["site"].slug if fields.get("site") else None,
        "component": fields["component"].slug if fields.get("component") else None,
        "subject": fields["subject"],
        "description": fields.get("description", ""),
        "impact": fields.get("impact") or "",
        "urgency": fields.get("urgency") or "",
        "name": fields.get("name", ""),
        "email": (user.email if user else fields.get("email", "")).strip().lower(),
        "user": user.pk if user else None,
        "files": [file.pk for file in files],
    }
    return json.dumps(packed, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def digest_of(submission: str, fields: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """The identity of one sending of a form page: the same page with the same words is the same request; going back
    and writing something else is another. None without a page."""
    if not submission:
        return None
    said = [submission, *(f"{name}={fields.get(name)}" for name in sorted(fields)), *names]
    return hashlib.sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()


def too_many(*, ip: str | None, email: str, at: datetime) -> str:
    """Why not now, or "". Counted in the database, so it holds whatever else is down."""
    recent = Inbound.objects.exclude(door="alert").filter(received_at__gt=at - HOUR)
    if ip and recent.filter(remote_ip=ip).count() >= settings.FORM_LIMIT_PER_IP:
        return "Too many requests came from your network within an hour. Please wait a while, then send it again."
    if email and recent.filter(sender=email.lower()).count() >= settings.FORM_LIMIT_PER_ADDRESS:
        return "Too many requests were sent for this address within an hour. Please wait a while, then send it again."
    return ""


def keep(inbound: Inbound) -> tuple[Inbound, bool]:
    """Save it: (the row, True), or (the row of the same sending that came first, False)."""
    try:
        with transaction.atomic():
            inbound.save(force_insert=True)
        return inbound, True
    except IntegrityError:
        return Inbound.objects.get(submission=inbound.submission), False


@transaction.atomic
def take(inbound: Inbound, *, at: datetime) -> Ticket:
    """Open the ticket and say so on the row, in one transaction. Raises Refused."""
    said = json.loads(bytes(inbound.raw))
    # No join here: after waiting for the lock, a joined ticket would be read as of before the wait.
    locked = Inbound.objects.select_for_update().get(pk=inbound.pk)
    if locked.ticket is not None:
        return locked.ticket
    form = Form.objects.select_related("team").filter(slug=said["form"]).first()
    user = User.objects.select_related("organisation").filter(pk=said["user"]).first() if said["user"] else None
    requester = user or requester_for(email=said["email"], name=said["name"])
    site = Site.objects.select_related("fallback_team").filter(slug=said["site"]).first() if said["site"] else None
    if not said["subject"].strip():
        raise Refused("Give it a subject.", field="subject")
    new = NewTicket(
        subject=said["subject"],
        body=said["description"],
        kind=said["kind"],
        channel=Channel.FORM,
        requester=requester,
        author=requester,
        site=site,
        component=Component.objects.filter(site=site, slug=said["component"]).first() if said["component"] else None,
        impact=said["impact"],
        urgency=said["urgency"],
        fallback_team=form.team if form else None,
        category=form.category if form else "",
        files=list(File.objects.filter(pk__in=said["files"])) if said["files"] else [],
    )
    ticket = open_ticket(new=new, at=at, actor=requester, via=Channel.FORM)
    inbound.ticket, inbound.state, inbound.reason, inbound.next_try_at = ticket, State.DONE, "", None
    inbound.save(update_fields=["ticket", "state", "reason", "next_try_at"])
    return ticket
