"""Replies and notes."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from files.models import File
from files.store import TooLarge, discard, save_file
from tickets.actions import conversation, progress
from tickets.errors import Moved, Refused
from tickets.forms import RESOLVED, ReplyForm, uploads_of
from tickets.models import Audience, Event, Ticket
from tickets.views.access import DeskRequest, desk, find
from tickets.views.answers import by, done, show
from tickets.views.context import ticket_context


@require_POST
@desk
def replies(request: DeskRequest, pk: int) -> HttpResponse:
    """POST /tickets/42/replies: body, files, audience, seen, then ("", diagnosing, resolved:<code>)."""
    return send(request, find(request, pk), request.POST.get("audience", Audience.PUBLIC))


@require_POST
@desk
def notes(request: DeskRequest, pk: int) -> HttpResponse:
    """POST /tickets/42/notes: body, files, seen. Never public, whatever the form says."""
    return send(request, find(request, pk), Audience.INTERNAL)


def send(request: DeskRequest, ticket: Ticket, audience: str) -> HttpResponse:
    """Say it. What was typed is never lost: a refused form comes back as it was, with the reason above it."""
    form = ReplyForm({**request.POST.dict(), "audience": audience})
    if not form.is_valid():
        return held(request, ticket, form, " ".join(str(text) for texts in form.errors.values() for text in texts))
    stored: list[File] = []
    try:
        for upload in uploads_of(request):
            name = upload.name or "file"
            stored.append(save_file(stream=upload, name=name, uploaded_by=request.user, at=by(request)["at"]))
        said = say(request, ticket, form.cleaned_data, stored)
    except (TooLarge, Refused) as stop:
        for file in stored:
            discard(file)
        news: Sequence[Event] = stop.news if isinstance(stop, Moved) else ()
        return held(request, ticket, form, stop.message if isinstance(stop, Refused) else str(stop), news=news)
    return sent(request, ticket, said)


def say(request: DeskRequest, ticket: Ticket, data: dict[str, Any], files: list[File]) -> str:
    """Call the one action the form asks for; answers what to tell its author."""
    what = {"ticket": ticket, "files": files, "seen": data["seen"], **by(request)}
    to = ticket.requester or "the requester"
    if data["audience"] == Audience.INTERNAL:
        conversation.note(body=data["body"], **what)
        return "Note added."
    if data["then"].startswith(RESOLVED):
        progress.resolve(code=data["then"].removeprefix(RESOLVED), text=data["body"], **what)
        return f"Sent to {to} as resolved."
    conversation.reply(body=data["body"], then=data["then"] or None, **what)
    return f"Sent to {to}."


def sent(request: DeskRequest, ticket: Ticket, said: str) -> HttpResponse:
    """An empty composer and what changed around it."""
    if not request.htmx:
        return done(request, ticket.pk, said)
    context = ticket_context(request, find(request, ticket.pk)) | {"said": said}
    return render(request, "tickets/ticket/_sent.html", context)


def held(
    request: DeskRequest, ticket: Ticket, form: ReplyForm, alert: str, *, news: Sequence[Event] = ()
) -> HttpResponse:
    """The send was stopped (422). With script only the notice above the text changes: text and chosen files stay."""
    ticket = find(request, ticket.pk)
    composer = {
        "alert": alert,
        "news": news,
        "body": form.data.get("body", ""),
        "audience": form.data.get("audience"),
        "lost_files": bool(request.FILES) and not request.htmx,
    }
    if not request.htmx:
        return show(request, ticket, status=422, **composer)
    context = ticket_context(request, ticket, **composer)
    return render(request, "tickets/ticket/_held.html", context, status=422)
