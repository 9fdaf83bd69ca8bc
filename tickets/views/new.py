"""A ticket that an agent opens for somebody: on the phone, at the counter, in a chat."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.actions.people import requester_for
from accounts.models import Team, User
from catalog.models import Component, Site
from files.fields import FilesField
from files.models import File
from files.store import TooLarge, discard, save_file
from tickets.actions.opening import NewTicket, open_ticket
from tickets.errors import Refused
from tickets.filters import teams
from tickets.forms import MAX_BODY
from tickets.models import Channel, Level, Ticket, TicketKind
from tickets.views.access import DeskRequest, desk

SPOKEN = [(c.value, c.label) for c in (Channel.PHONE, Channel.WALK_IN, Channel.CHAT)]
LEVELS = [("", "Not said"), *Level.choices]


class NewTicketForm(forms.Form):
    """What an agent takes down. Severity comes from impact × urgency; the team from the rules unless chosen here."""

    email = forms.EmailField(label="Requester's e-mail", max_length=254, help_text="Whoever asks. Made if unknown.")
    name = forms.CharField(label="Requester's name", max_length=200, required=False)
    channel = forms.ChoiceField(label="Came by", choices=SPOKEN)
    kind = forms.ChoiceField(choices=TicketKind.choices)
    site = forms.ModelChoiceField(Site.objects.filter(is_active=True), required=False, empty_label="None")
    component = forms.ModelChoiceField(Component.objects.all(), required=False, empty_label="None")
    subject = forms.CharField(max_length=300)
    body = forms.CharField(label="What happened", max_length=MAX_BODY, widget=forms.Textarea(attrs={"rows": 7}))
    impact = forms.ChoiceField(choices=LEVELS, required=False, help_text="How many are affected")
    urgency = forms.ChoiceField(choices=LEVELS, required=False, help_text="How soon it matters")
    team = forms.ModelChoiceField(Team.objects.none(), required=False, empty_label="As the routing rules say")
    files = FilesField(label="Attachments")  # type: ignore[assignment]  # Django takes it off the class

    def __init__(self, *args: Any, request: DeskRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team, component = self.fields["team"], self.fields["component"]
        assert isinstance(team, forms.ModelChoiceField) and isinstance(component, forms.ModelChoiceField)
        team.queryset = teams(request)
        by_site: dict[str, list[tuple[int, str]]] = {}
        parts = Component.objects.filter(site__is_active=True).select_related("site")
        for part in parts.order_by("site__name", "name"):
            by_site.setdefault(part.site.name, []).append((part.pk, part.name))
        component.choices = [("", "None"), *by_site.items()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        site, component = data.get("site"), data.get("component")
        if component and site and component.site_id != site.pk:
            self.add_error("component", f"{component} is not a part of {site}.")
        elif component:
            data["site"] = component.site
        return data


@require_http_methods(["GET", "POST"])
@desk
def new(request: DeskRequest) -> HttpResponse:
    """GET, POST /tickets/new. `?email=` fills in the requester."""
    if request.method == "GET":
        start = {"email": request.GET.get("email", "")[:254], "name": request.GET.get("name", "")[:200]}
        return page(request, NewTicketForm(request=request, initial=start))
    form = NewTicketForm(request.POST, request.FILES, request=request)
    if not form.is_valid():
        return page(request, form, status=422)
    try:
        ticket = take_down(form.cleaned_data, actor=request.user, at=timezone.now())
    except (Refused, TooLarge) as stop:
        field = stop.field if isinstance(stop, Refused) else "files"
        form.add_error(field if field in form.fields else None, str(stop))
        return page(request, form, status=422)
    if not Ticket.objects.visible_to(request.user).filter(pk=ticket.pk).exists():
        messages.success(request, f"#{ticket.pk} is open, with a team whose tickets you do not see.")
        return redirect("queue", "needs-me")
    messages.success(request, f"#{ticket.pk} is open.")
    return redirect("ticket", ticket.pk)


def page(request: DeskRequest, form: NewTicketForm, *, status: int = 200) -> HttpResponse:
    return render(request, "tickets/new/page.html", {"form": form}, status=status)


def take_down(data: dict[str, Any], *, actor: User, at: datetime) -> Ticket:
    """Open the ticket with its files; nothing is left behind when it is refused. Raises Refused, TooLarge."""
    stored: list[File] = []
    try:
        with transaction.atomic():
            stored.extend(store(data["files"], actor=actor, at=at))
            requester = requester_for(email=data["email"], name=data["name"])
            names = ("subject", "body", "kind", "channel", "site", "component", "impact", "urgency", "team")
            chosen = NewTicket(requester=requester, author=actor, files=stored, **{name: data[name] for name in names})
            return open_ticket(new=chosen, at=at, actor=actor, via="web")
    except (Refused, TooLarge):
        for file in stored:
            discard(file)
        raise


def store(uploads: Iterable[UploadedFile], *, actor: User, at: datetime) -> Iterable[File]:
    for upload in uploads:
        yield save_file(stream=upload, name=upload.name or "file", uploaded_by=actor, at=at)
