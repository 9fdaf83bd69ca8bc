"""The requester's side: the page behind the signed link, and the list of one's own requests."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from files.fields import FilesField
from files.models import File
from files.store import TooLarge, discard, save_file
from tickets.actions import conversation, progress
from tickets.errors import Refused
from tickets.forms import MAX_BODY
from tickets.links import read_requester_token, requester_token
from tickets.models import Event, Kind, Ticket, Verification
from tickets.states import DONE, Status

# What the requester reads as steps: (label, the statuses that mean "here").
STEPS = [
    ("Received", (Status.NEW,)),
    ("Being worked on", (Status.ACKNOWLEDGED, Status.DIAGNOSING, Status.WAITING, Status.ON_HOLD)),
    ("Resolved", (Status.RESOLVED,)),
    ("Closed", (Status.CLOSED,)),
]


class AnswerForm(forms.Form):
    """What the requester adds."""

    body = forms.CharField(required=False, max_length=MAX_BODY, widget=forms.Textarea, strip=True)
    files = FilesField()  # type: ignore[assignment]  # Django takes it off the class


class VerdictForm(forms.Form):
    """Fixed or not; "not" may say what is still wrong."""

    answer = forms.ChoiceField(choices=[("fixed", "Fixed"), ("not-fixed", "Not fixed")])
    comment = forms.CharField(required=False, max_length=MAX_BODY, strip=True)


class RatingForm(forms.Form):
    score = forms.IntegerField(min_value=1, max_value=5)
    comment = forms.CharField(required=False, max_length=2000, strip=True)


def find(token: str) -> tuple[Ticket, User]:
    """The ticket and person of a signed link; a duplicate of one's own request leads to where it went on."""
    found = read_requester_token(token)
    if found is None:
        raise Http404
    ticket, person = found
    main = ticket.merged_into
    if main is not None and Ticket.objects.visible_to(person).filter(pk=main.pk).exists():
        return main, person
    return found


def steps(ticket: Ticket) -> list[dict[str, Any]]:
    """The road of a request and where it stands."""
    here = next((i for i, (_, statuses) in enumerate(STEPS) if ticket.status in statuses), -1)
    dates = [ticket.opened_at, ticket.acknowledged_at, ticket.resolved_at, ticket.closed_at]
    return [
        {"label": label, "done": i < here or ticket.status == Status.CLOSED, "current": i == here, "at": at}
        for i, ((label, _), at) in enumerate(zip(STEPS, dates, strict=True))
    ]


def show(
    request: HttpRequest, token: str, ticket: Ticket, person: User, *, status: int = 200, **extra: Any
) -> HttpResponse:
    """The page: where it stands, the public conversation, and what the requester can do now."""
    events = list(Event.objects.public(ticket))
    with_files = [event.message for event in events if event.message and event.message.has_files]
    if with_files:
        prefetch_related_objects(with_files, "files")
    context = {
        "ticket": ticket,
        "person": person,
        "token": token,
        "events": [event for event in events if event.message or event.kind in (Kind.REOPENED, Kind.CLOSED)],
        "steps": steps(ticket),
        "is_done": ticket.status in DONE,
        "may_judge": ticket.status == Status.RESOLVED,
        "may_rate": ticket.status == Status.CLOSED,
        "asked": request.GET.get("answer", ""),
        "score": request.GET.get("score", ""),
        "csat": getattr(ticket, "csat", None),
        "live_path": f"/live/t/{token}",
        **extra,
    }
    return render(request, "tickets/requester/page.html", context, status=status)


@require_safe
@never_cache
def page(request: HttpRequest, token: str) -> HttpResponse:
    """GET /help/t/<token>: changes nothing, whatever the link in the mail says."""
    ticket, person = find(token)
    return show(request, token, ticket, person)


def back(token: str, ticket: Ticket, person: User) -> HttpResponse:
    return redirect("requester-page", requester_token(ticket, person) if ticket.token not in token else token)


@require_POST
def answers(request: HttpRequest, token: str) -> HttpResponse:
    """POST /help/t/<token>/answers: the requester writes, with files."""
    ticket, person = find(token)
    form = AnswerForm(request.POST, request.FILES)
    if not form.is_valid():
        told = " ".join(str(text) for texts in form.errors.values() for text in texts)
        return show(request, token, ticket, person, status=422, problem=told, body=form.data.get("body", ""))
    stored: list[File] = []
    now = timezone.now()
    try:
        for upload in form.cleaned_data["files"]:
            stored.append(save_file(stream=upload, name=upload.name, uploaded_by=person, at=now))
        message = conversation.receive(
            ticket=ticket, body=form.cleaned_data["body"], at=now, actor=person, via="form", files=stored
        )
    except (TooLarge, Refused) as stop:
        for file in stored:
            discard(file)
        body = form.cleaned_data["body"]
        return show(request, token, ticket, person, status=422, problem=str(stop), body=body)
    if message.ticket_id != ticket.pk:
        messages.success(
            request, f"#{ticket.pk} was closed long ago, so this became a new request: #{message.ticket_id}."
        )
        return redirect("requester-page", requester_token(message.ticket, person))
    messages.success(request, "Thank you, we have your message.")
    return back(token, ticket, person)


@require_POST
def verdict(request: HttpRequest, token: str) -> HttpResponse:
    """POST /help/t/<token>/verdict: fixed closes it, verified; not fixed goes on with the same clock."""
    ticket, person = find(token)
    form = VerdictForm(request.POST)
    if not form.is_valid():
        return show(request, token, ticket, person, status=422, problem="Choose fixed or not fixed.")
    what: dict[str, Any] = {"ticket": ticket, "at": timezone.now(), "actor": person, "via": "form"}
    comment = form.cleaned_data["comment"]
    try:
        if form.cleaned_data["answer"] == "fixed":
            progress.verify_and_close(how=Verification.REQUESTER, evidence=comment, **what)
            messages.success(request, "Glad to hear it. The request is closed.")
        elif comment:
            conversation.receive(body=comment, **what)
            messages.success(request, "Sorry about that. We are on it again.")
        else:
            progress.reopen(reason="The requester says it is not fixed.", **what)
            messages.success(request, "Sorry about that. We are on it again.")
    except Refused as refused:
        return show(request, token, ticket, person, status=422, problem=refused.message)
    return back(token, ticket, person)


@require_POST
def rating(request: HttpRequest, token: str) -> HttpResponse:
    """POST /help/t/<token>/rating: 1 to 5 and a comment, once closed."""
    ticket, person = find(token)
    form = RatingForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused("Choose 1 to 5 stars.", field="score")
        progress.rate(ticket=ticket, at=timezone.now(), actor=person, via="form", **form.cleaned_data)
    except Refused as refused:
        return show(request, token, ticket, person, status=422, problem=refused.message)
    messages.success(request, "Thank you for telling us.")
    return back(token, ticket, person)


@require_safe
@login_required
def requests(request: HttpRequest) -> HttpResponse:
    """GET /help/requests: one's own requests, and those one may follow, newest first."""
    assert isinstance(request.user, User)
    mine = Ticket.objects.visible_to(request.user)
    if request.user.is_desk:
        mine = mine.filter(requester=request.user)
    mine = mine.filter(merged_into=None).select_related("site", "requester").order_by("-opened_at", "-pk")
    numbered = Paginator(mine, 20).get_page(request.GET.get("page"))
    rows = [(ticket, requester_token(ticket, request.user)) for ticket in numbered]
    return render(request, "tickets/requester/list.html", {"rows": rows, "page": numbered})
