"""Forms, by page or by JSON: the same intake, stored first, then made a ticket."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from accounts.actions.people import requester_for
from accounts.models import User
from catalog.models import Component, Site
from files.models import File
from integrations.models import Inbound, State
from lib import rows
from lib.rows import ByKey
from tickets.actions.opening import NewTicket, open_ticket
from tickets.errors import Refused
from tickets.models import Channel, Form, Ticket, TicketKind

HOUR = timedelta(hours=1)
FORMS = ByKey(lambda: Form.objects.select_related("team", "site"), "slug", "a-form")
SITES = ByKey(lambda: Site.objects.select_related("fallback_team"), "slug", "a-site")
PEOPLE = ByKey(lambda: User.objects.select_related("organisation"), "pk", 1)


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
    with connection.cursor() as cursor:  # every submission asks: plain SQL, which stops counting at the limit
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM (SELECT FROM integrations_inbound WHERE door <> 'alert' AND door <> 'mail'
                       AND remote_ip = %s AND received_at > %s LIMIT %s) AS network),
                   (SELECT count(*) FROM (SELECT FROM integrations_inbound WHERE door <> 'alert' AND door <> 'mail'
                       AND sender = %s AND received_at > %s LIMIT %s) AS address)
            """,
            [ip, at - HOUR, settings.FORM_LIMIT_PER_IP, email.lower(), at - HOUR, settings.FORM_LIMIT_PER_ADDRESS],
        )
        from_network, from_address = cursor.fetchone()
    if ip and from_network >= settings.FORM_LIMIT_PER_IP:
        return "Too many requests came from your network within an hour. Please wait a while, then send it again."
    if email and from_address >= settings.FORM_LIMIT_PER_ADDRESS:
        return "Too many requests were sent for this address within an hour. Please wait a while, then send it again."
    return ""


def keep(inbound: Inbound) -> tuple[Inbound, bool]:
    """Save it: (the row, True), or (the row of the same sending that came first, False)."""
    if inbound.submission is None:
        rows.insert([inbound])
        return inbound, True
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
    with connection.cursor() as cursor:
        # No join here: after waiting for the lock, a joined ticket would be read as of before the wait.
        cursor.execute("SELECT ticket_id FROM integrations_inbound WHERE id = %s FOR UPDATE", [inbound.pk])
        [done] = cursor.fetchone()
    if done is not None:
        inbound.refresh_from_db()
        return Ticket.objects.get(pk=done)
    form = FORMS.find(said["form"])
    user = PEOPLE.find(said["user"]) if said["user"] else None
    requester = user or requester_for(email=said["email"], name=said["name"])
    site = SITES.find(said["site"]) if said["site"] else None
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
