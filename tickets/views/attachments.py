"""Files of messages: whoever may read one of a file's messages may have the file."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.models import User
from files.models import File
from files.pdf import words_of
from files.store import download, path_of
from tickets.links import read_requester_token
from tickets.models import Event, Message
from tickets.views.access import DeskRequest, desk


def files_visible(user: User | AnonymousUser | None) -> QuerySet[File]:
    """Files of at least one message that this person may read."""
    return File.objects.filter(messages__in=Message.objects.visible_to(user)).distinct()


def kept(files: QuerySet[File], pk: int) -> File:
    """One of these files, its bytes at hand. Raises Http404."""
    file = files.filter(pk=pk, quarantine="").first()
    if file is None or not path_of(file).exists():
        raise Http404
    return file


def hand_out(files: QuerySet[File], pk: int) -> FileResponse:
    return download(kept(files, pk))


@require_safe
def attachment(request: HttpRequest, pk: int) -> FileResponse:
    """GET /files/7, for whoever is signed in."""
    return hand_out(files_visible(request.user), pk)


@require_safe
@desk
def attachment_text(request: DeskRequest, pk: int) -> HttpResponse:
    """GET /files/7/text: what a PDF says, without opening it. Any other file is handed out as it is."""
    file = kept(files_visible(request.user), pk)
    if not file.is_pdf:
        return redirect("file", file.pk)
    return render(request, "tickets/file_text.html", {"file": file, "words": words_of(path_of(file))})


@require_safe
def requester_attachment(request: HttpRequest, token: str, pk: int) -> FileResponse:
    """GET /help/t/<token>/files/7: by the signed link, only what that page shows."""
    found = read_requester_token(token)
    if found is None:
        raise Http404
    ticket, _ = found
    shown = Event.objects.public(ticket).filter(message__isnull=False).values("message")
    return hand_out(File.objects.filter(messages__in=shown).distinct(), pk)
