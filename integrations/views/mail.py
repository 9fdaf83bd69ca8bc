"""/mail/: the flight recorder. What became of each mail and why, and its source."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.doors import SettingsRequest, desk, managers
from integrations.mail import receive
from integrations.models import Inbound, Mail, Mailbox, Outcome, State
from integrations.models.mail import MailQuerySet
from integrations.views.intake import original
from lib.numbers import read_number
from tickets.search import number_in

SIZE = 50
HELD_SHOWN = 20
READ = 2 * 1024 * 1024  # bytes; a larger mail is shown on a page of its own
EXCERPT = 2_000  # characters of a held mail
RELATED = ("inbound", "mailbox", "author", "ticket", "candidate", "message", "delivery", "moved_from", "decided_by")


def mail_of(request: SettingsRequest) -> MailQuerySet:
    """What this person may see, without the bytes."""
    return Mail.objects.visible_to(request.user).select_related(*RELATED).defer("inbound__raw")


@require_safe
@managers
def log(request: SettingsRequest) -> HttpResponse:
    """Newest first; `?outcome=`, `?mailbox=` and `?q=` (an address, or #number) narrow it, `?before=` goes on."""
    asked = {name: request.GET.get(name, "").replace("\0", "")[:254] for name in ("outcome", "mailbox", "q", "before")}
    rows = mail_of(request)
    if asked["outcome"] in Outcome.values:
        rows = rows.filter(outcome=asked["outcome"])
    if (number := number_in(asked["q"])) is not None:
        rows = rows.filter(ticket=number)
    elif asked["q"].strip():
        rows = rows.filter(from_address__iexact=asked["q"].strip())
    for name, column in (("mailbox", "mailbox"), ("before", "pk__lt")):
        if (given := read_number(asked[name])) is not None:
            rows = rows.filter(**{column: given})
    found = list(rows.order_by("-pk")[: SIZE + 1])
    query = request.GET.copy()
    if len(found) > SIZE:
        query["before"] = str(found[SIZE - 1].pk)
    context = {
        "rows": found[:SIZE], "asked": asked, "older": f"?{query.urlencode()}" if len(found) > SIZE else None,
        "newest": "/mail/" if asked["before"] else None, "outcomes": Outcome.choices,
        "mailboxes": Mailbox.objects.order_by("name"), "failed": Inbound.objects.visible_to(request.user)
        .filter(door="mail", state=State.FAILED)[:100].count(),
    }  # fmt: skip
    return render(request, "integrations/mail/log.html", context)


@require_safe
@desk
def held(request: SettingsRequest) -> HttpResponse:
    """GET /mail/held: mail that waits for a person's decision, oldest first; `?ticket=` for one ticket's."""
    rows = mail_of(request).held().order_by("received_at", "pk")
    ticket = read_number(request.GET.get("ticket", ""))
    if ticket is not None:
        rows = rows.filter(candidate=ticket)
    found = list(rows[: HELD_SHOWN + 1])
    shown = [{"mail": mail, **(words_of(mail) if mail.inbound.size < READ else {})} for mail in found[:HELD_SHOWN]]
    context = {"rows": shown, "more": len(found) > HELD_SHOWN, "ticket": ticket}
    return render(request, "integrations/mail/held.html", context)


def find(request: SettingsRequest, receipt: uuid.UUID) -> Mail:
    return get_object_or_404(mail_of(request), inbound__receipt=receipt)


@require_safe
@desk
def entry(request: SettingsRequest, receipt: uuid.UUID) -> HttpResponse:
    """GET /mail/<receipt>: what matched and why, the signs, what it says, what can be done about it."""
    mail = find(request, receipt)
    return render(request, "integrations/mail/entry.html", {"mail": mail, **words_of(mail, limit=20_000)})


@require_safe
@desk
def of_message(request: SettingsRequest, pk: int) -> HttpResponse:
    """GET /mail/messages/<message>: to the mail that a message came by."""
    mail = get_object_or_404(mail_of(request), message=pk)
    return redirect("mail-entry", mail.inbound.receipt)


@require_safe
@desk
def raw(request: SettingsRequest, receipt: uuid.UUID) -> HttpResponse:
    """GET /mail/<receipt>/raw: the mail as it came, as a download that no browser runs."""
    return original(bytes(find(request, receipt).inbound.raw), f"{receipt}.eml")


def words_of(mail: Mail, limit: int = EXCERPT) -> dict[str, Any]:
    """What a mail says, read from its source: text only."""
    letter, _ = receive.read_letter(bytes(mail.inbound.raw), mail.mailbox)
    return {
        "text": letter.text[:limit], "cut": len(letter.text) > limit, "to": letter.to[:10], "cc": letter.cc[:10],
        "files": [(one.name, one.size) for one in letter.attachments],
    }  # fmt: skip
