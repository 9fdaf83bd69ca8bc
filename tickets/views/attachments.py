"""Files of messages: whoever may read one of a file's messages may have the file."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from accounts.models import User
from files.models import File
from files.store import download, path_of
from tickets.links import read_requester_token
from tickets.models import Event, Message


def files_visible(user: User | AnonymousUser | None) -> QuerySet[File]:
    """Files of at least one message that this person may read."""
    return File.objects.filter(messages__in=Message.objects.visible_to(user)).distinct()


def hand_out(files: QuerySet[File], pk: int) -> FileResponse:
    file = files.filter(pk=pk, quarantine="").first()
    if file is None or not path_of(file).exists():
        raise Http404
    return download(file)


@require_safe
def attachment(request: HttpRequest, pk: int) -> FileResponse:
    """GET /files/7, for whoever is signed in."""
    return hand_out(files_visible(request.user), pk)


@require_safe
def requester_attachment(request: HttpRequest, token: str, pk: int) -> FileResponse:
    """GET /help/t/<token>/files/7: by the signed link, only what that page shows."""
    found = read_requester_token(token)
    if found is None:
        raise Http404
    ticket, _ = found
    shown = Event.objects.public(ticket).filter(message__isnull=False).values("message")
    return hand_out(File.objects.filter(messages__in=shown).distinct(), pk)
